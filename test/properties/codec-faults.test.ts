import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asRecord, type JsonRecord } from '../../src/core/dialects/read-json.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { isGatewayError } from '../../src/core/ir/error.ts';
import { AGENT_REQUESTS, readRequest } from '../matrix/agent-requests.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';
import { providerFault } from '../matrix/provider-fault.ts';
import { encodeWhole, frameFor } from '../matrix/translate.ts';
import { answer } from '../support/arbitraries.ts';
import { assertOrder, decodeAll } from '../unit/codecs/support.ts';

/** JSON of the right dialect with something wrong in it: a sound answer or a plain word, never an exception. */

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, each]) => pathsOf(each, [...path, key]))];
}

const ODD: readonly unknown[] = [null, 0, -1, 1.5, 1e30, '', ' ', 'x', '{', true, [], {}, [null], [[]], { type: 'x' }, '__proto__'];
const GONE = Symbol('gone');

/** A copy with another value at a place; `GONE` takes it out. */
function changed(value: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to;
  if (Array.isArray(value)) {
    const copy = [...(value as unknown[])];
    if (rest.length === 0 && to === GONE) copy.splice(Number(key), 1);
    else copy[Number(key)] = changed(copy[Number(key)], rest, to);
    return copy;
  }
  const copy = { ...(value as Record<string, unknown>) };
  if (rest.length === 0 && to === GONE) delete copy[key];
  else copy[key] = changed(copy[key], rest, to);
  return copy;
}

/** One or two places of `value` changed; its own top stays an object. */
function faulty(value: JsonRecord): fc.Arbitrary<JsonRecord> {
  const place = fc.constantFrom(...pathsOf(value).filter((path) => path.length > 0));
  const change = fc.tuple(place, fc.constantFrom(GONE, ...ODD));
  return fc.array(change, { minLength: 1, maxLength: 2 }).map((changes) =>
    changes.reduce<JsonRecord>((result, [path, to]) => {
      // The first change may have taken away where the second was to be.
      const there = path.slice(0, -1).every((_, n) => isThere(result, path.slice(0, n + 1)));
      return there ? (asRecord(changed(result, path, to)) ?? result) : result;
    }, value),
  );
}

function isThere(value: unknown, path: Path): boolean {
  const found = path.reduce<unknown>((each, key) => (each as Record<string | number, unknown> | undefined)?.[key], value);
  return typeof found === 'object' && found !== null;
}

/** Models that take sampling values and thinking, and such as take none. */
const MODELS: Readonly<Record<DialectId, readonly string[]>> = {
  'openai-chat': ['gpt-5.6', 'gpt-4.1'],
  'openai-responses': ['gpt-5.5', 'gpt-4.1'],
  'anthropic-messages': ['claude-opus-5-5', 'claude-sonnet-4-5', 'claude-3-5-haiku-20241022'],
  gemini: ['gemini-3.1-pro-preview', 'gemini-2.5-flash'],
};

describe('faulty requests are refused with a word, or made sound', () => {
  for (const request of AGENT_REQUESTS) {
    it(request.name, function () {
      this.timeout(30_000);
      fc.assert(
        fc.property(faulty(request.body), (body) => {
          const read = readRequest(request, body);
          if (isGatewayError(read)) {
            assert.ok(read.message.length > 20 && read.message.length < 500, read.message);
            return;
          }
          for (const target of DIALECT_IDS) {
            for (const model of MODELS[target]) {
              const written = CODECS[target].writeRequest({ ...read.call, model }, { stream: true });
              const fault = providerFault(target, asRecord(JSON.parse(written.body)) ?? {}, model);
              assert.equal(fault, undefined, `${target}: ${written.body}`);
            }
          }
        }),
        { numRuns: 150 },
      );
    });
  }
});

describe('faulty answers are read as far as they go', () => {
  for (const dialect of DIALECT_IDS) {
    it(`${dialect}, whole`, () => {
      const bodies = answer('x@y').chain((parts) => faulty(encodeWhole(dialect, parts, frameFor(parts))));
      fc.assert(
        fc.property(bodies, (body) => {
          assertOrder(CODECS[dialect].decodeWhole(body, {}));
        }),
        { numRuns: 500 },
      );
    });
    it(`${dialect}: an error of any shape is an error`, () => {
      const error = {
        error: { type: 'x', code: 'rate_limit_exceeded', message: 'No.', status: 'X', details: [{ a: 1 }], param: null },
      };
      fc.assert(
        fc.property(
          fc.option(faulty(error), { nil: undefined }),
          fc.constantFrom(400, 401, 404, 413, 429, 500, 529),
          (body, status) => {
            const read = CODECS[dialect].readError(status, body);
            assert.ok(isGatewayError(read) && read.message !== '');
            assert.ok(read.status >= 400);
          },
        ),
        { numRuns: 300 },
      );
    });
    it(`${dialect}: any lines are a stream that ends`, () => {
      const line = fc.oneof(
        fc.json().map((json) => `data: ${json}\n\n`),
        fc.constantFrom('data: [DONE]\n\n', 'event: error\ndata: {}\n\n', ': x\n\n', 'data: {"type":"response.completed"}\n\n'),
      );
      fc.assert(
        fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
          assertOrder(decodeAll(CODECS[dialect].decoder({}), [Buffer.from(lines.join(''))]));
        }),
        { numRuns: 300 },
      );
    });
  }
});

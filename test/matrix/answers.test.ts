import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseRecord, recordAt, type JsonRecord } from '../../src/core/dialects/read-json.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { Part } from '../../src/core/ir/parts.ts';
import { framed } from '../properties/recorded-streams.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';
import { Golden, laidOut } from './golden.ts';
import { meaningOf, stopIn, usageIn, type Meaning } from './meaning.ts';
import { decodeStream, encodeStream, encodeWhole, endsWell } from './translate.ts';

interface Answer {
  readonly name: string;
  readonly dialect: DialectId;
  readonly stream: readonly Part[];
  readonly whole: readonly Part[] | undefined;
}

/** Answers about usage alone are looked at by their numbers, in the properties. */
const FILES = ['answers/*/*.chunks.txt', '../fixtures/{openai-*,anthropic-messages,gemini}/[!u]*.chunks.txt'];

const ANSWERS: readonly Answer[] = FILES.flatMap((pattern) => globSync(pattern, { cwd: import.meta.dirname }))
  .sort()
  .map((relative) => {
    const file = path.join(import.meta.dirname, relative);
    const dialect = path.basename(path.dirname(file)) as DialectId;
    const name = path.basename(file, '.chunks.txt');
    const payloads = readFileSync(file, 'utf8').trim().split('\n');
    const whole = path.join(path.dirname(file), `${name}.json`);
    return {
      name,
      dialect,
      stream: decodeStream(dialect, framed({ dialect, name, payloads })),
      whole:
        relative.startsWith('answers') && existsSync(whole)
          ? CODECS[dialect].decodeWhole(JSON.parse(readFileSync(whole, 'utf8')) as JsonRecord, {})
          : undefined,
    };
  });

/** One line a part, so that what was understood stands beside what was made of it. */
function described(parts: readonly Part[]): string {
  return parts.map((part) => laidOut(part)).join('\n');
}

/**
 * A stream as it stands in a golden file. Each Responses event of the whole answer repeats all of it, so only what has changed since
 * the first one is shown.
 */
function readable(text: string): string {
  let first: JsonRecord | undefined;
  const lines = text.trimEnd().split('\n');
  const shown = lines.map((line) => {
    const event = line.startsWith('data: {') ? parseRecord(line.slice(6)) : undefined;
    const response = recordAt(event, 'response');
    if (first === undefined || response === undefined) {
      first ??= response;
      return line;
    }
    return `data: ${JSON.stringify({ ...event, response: { '...': 'as before', ...changed(first, response) } })}`;
  });
  return shown.join('\n');
}

function changed(before: JsonRecord, now: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(now).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key])));
}

/** The last event of a Responses stream holds the whole answer, so this shows it only where it differs. */
function wholeOf(target: DialectId, parts: readonly Part[]): string {
  const whole = encodeWhole(target, parts);
  if (target !== 'openai-responses') return laidOut(whole);
  const last = encodeStream(target, parts).text.trimEnd().split('\ndata: ').at(-1) ?? '';
  const differs = changed(recordAt(parseRecord(last), 'response') ?? {}, whole);
  return Object.keys(differs).length === 0 ? '(as in the last event)' : laidOut(differs);
}

/** What any dialect can be told of an answer in another one. */
function sayable(meaning: Meaning, dialect: DialectId): object {
  const { text, calls, stop, usage } = meaning;
  return {
    text,
    calls,
    stop: stop === undefined ? undefined : stopIn(dialect, stop),
    usage: usageIn(dialect, usage),
  };
}

const golden = new Golden('answers');

describe('answers of providers, as agents of other dialects get them', () => {
  after('nothing is left over', () => golden.checkNothingLeftOver());

  for (const { name, dialect, stream, whole } of ANSWERS) {
    const others = DIALECT_IDS.filter((each) => each !== dialect);
    it(`${dialect}: ${name}`, () => {
      const sections = [`=== understood\n${described(stream)}\n`];
      for (const target of others) {
        const { text, cut } = encodeStream(target, stream);
        sections.push(`=== ${target}, streamed\n${readable(text)}\n${cut ? '(the connection is cut)\n' : ''}`);
        if (endsWell(stream)) sections.push(`=== ${target}, whole\n${wholeOf(target, stream)}\n`);
      }
      golden.check(`${dialect}--${name}.txt`, sections.join('\n'));
    });
    for (const target of others) {
      it(`${dialect}: ${name} means the same in ${target}`, () => {
        const meant = meaningOf(stream);
        const { text, cut } = encodeStream(target, stream);
        if (!endsWell(stream)) {
          const again = cut ? undefined : meaningOf(decodeStream(target, text));
          assert.ok(cut || again?.error !== undefined, 'a failure stays a failure');
          return;
        }
        const expected = sayable(meant, target);
        assert.deepEqual(sayable(meaningOf(decodeStream(target, text)), target), expected, 'streamed');
        assert.deepEqual(
          sayable(meaningOf(CODECS[target].decodeWhole(encodeWhole(target, stream), {})), target),
          expected,
          'whole',
        );
      });
    }
    if (whole === undefined) continue;
    it(`${dialect}: ${name} means the same where it comes whole`, () => {
      assert.deepEqual(meaningOf(whole), meaningOf(stream));
    });
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../../src/core/dialects/read-json.ts';
import { TAG_START, type Carry } from '../../src/core/ir/carry.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { isGatewayError } from '../../src/core/ir/error.ts';
import type { Part } from '../../src/core/ir/parts.ts';
import { answer } from '../support/arbitraries.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';
import { nextRequest } from './next-request.ts';
import { providerFault } from './provider-fault.ts';
import { encodeWhole } from './translate.ts';

/** Thinking goes to an agent of another dialect and comes back with its next request: the issuer gets its own words again. */

type Issuer = Exclude<DialectId, 'openai-chat'>;

const MODELS: Readonly<Record<DialectId, string>> = {
  'openai-chat': 'gpt-5.6',
  'openai-responses': 'gpt-5.6',
  'anthropic-messages': 'claude-sonnet-4-5',
  gemini: 'gemini-3.1-pro-preview',
};

/** What each provider issued in its answer, and the thinking that it vouches for. */
const ISSUED: Readonly<Record<Issuer, ReadonlyMap<string, string>>> = {
  'anthropic-messages': new Map([
    ['c2lnbmF0dXJl', 'Read a, list ünder it.'],
    ['cmVkYWN0ZWQ=', ''],
  ]),
  'openai-responses': new Map([['c2VhbGVk', '']]),
  gemini: new Map([['dGhvdWdodA==', '']]),
};

function answerOf(dialect: DialectId): JsonRecord {
  const file = path.join(import.meta.dirname, 'answers', dialect, 'reasoning-then-tools.json');
  return JSON.parse(readFileSync(file, 'utf8')) as JsonRecord;
}

/** The opaque part of a request, as its provider looks at it. */
function sealed(dialect: Issuer, body: JsonRecord): readonly unknown[] {
  const messages = listAt(body, dialect === 'gemini' ? 'contents' : dialect === 'anthropic-messages' ? 'messages' : 'input').map(
    asRecord,
  );
  if (dialect === 'openai-responses')
    return messages
      .filter((item) => item?.['type'] === 'reasoning')
      .map((item) => ({ summary: item?.['summary'], encrypted_content: item?.['encrypted_content'] }));
  if (dialect === 'anthropic-messages')
    return messages
      .filter((message) => message?.['role'] === 'assistant')
      .flatMap((message) => listAt(message, 'content'))
      .filter((block) => textAt(asRecord(block), 'type')?.includes('thinking'));
  return messages
    .flatMap((content) => listAt(content, 'parts').map(asRecord))
    .flatMap((part) =>
      part?.['thoughtSignature'] === undefined
        ? []
        : [{ signature: part['thoughtSignature'], name: recordAt(part, 'functionCall')?.['name'] }],
    );
}

/** What of an answer or of a turn bears a carry, in its order. */
type Borne = readonly (readonly [kind: string, carry: Carry | undefined])[];

function borneBy(parts: readonly Part[]): Borne {
  const kinds = new Map<number, string>();
  for (const part of parts) if (part.type === 'block-start') kinds.set(part.at, part.block.kind);
  return parts.flatMap((part) => (part.type === 'block-end' ? [[kinds.get(part.at) ?? '', part.carry] as const] : []));
}

const carried = (borne: Borne): string[] =>
  borne.flatMap(([kind, carry]) => (carry === undefined ? [] : [`${kind} ${carry.token}`]));

function borneIn(agent: DialectId, body: JsonRecord): string[] {
  const read = CODECS[agent].readCall(body, { model: 'm', stream: true });
  assert.ok(!isGatewayError(read), isGatewayError(read) ? read.message : '');
  const content = read.call.turns.flatMap((turn) => (turn.role === 'assistant' ? turn.content : []));
  assert.ok(content.every(({ carry }) => carry === undefined || carry.issuer === 'gemini@us'));
  return carried(content.map((part) => [part.kind, part.carry]));
}

describe('whatever an issuer sealed comes back', () => {
  for (const agent of DIALECT_IDS) {
    it(`from an agent that speaks ${agent} and keeps all it got`, () => {
      fc.assert(
        fc.property(answer('gemini@us'), (parts) => {
          const back = borneIn(agent, nextRequest(agent, encodeWhole(agent, parts)));
          const sent = borneBy(parts);
          // Chat has no place for the signature of a text, and tells thoughts and calls apart but not their order among each other.
          if (agent !== 'openai-chat') assert.deepEqual(back, carried(sent));
          else assert.deepEqual(back.toSorted(), carried(sent.filter(([kind]) => kind !== 'text')).toSorted());
        }),
        { numRuns: 300 },
      );
    });
  }

  it('from Gemini CLI, which leaves thoughts out, as far as a call follows them', () => {
    fc.assert(
      fc.property(answer('gemini@us'), (parts) => {
        const body = nextRequest('gemini', encodeWhole('gemini', parts), (part) => part['thought'] !== true);
        const sent = borneBy(parts);
        const lastCall = sent.findLastIndex(([kind]) => kind === 'tool-call');
        const expected = carried(sent.filter(([kind], at) => kind !== 'reasoning' || at < lastCall));
        // A call has one signature: its own comes before what was thought ahead of it.
        const missing = expected.filter((each) => !borneIn('gemini', body).includes(each));
        const signedCalls = sent.some(([kind, carry]) => kind === 'tool-call' && carry !== undefined);
        if (!signedCalls) assert.deepEqual(missing, []);
        else assert.ok(missing.every((each) => each.startsWith('reasoning')));
      }),
      { numRuns: 300 },
    );
  });
});

for (const issuer of Object.keys(ISSUED) as Issuer[]) {
  describe(`thinking of ${issuer}`, () => {
    const us = `${issuer}@us`;
    const parts = CODECS[issuer].decodeWhole(answerOf(issuer), { issuer: us });
    const original = sealed(issuer, nextRequest(issuer, answerOf(issuer)));

    for (const agent of DIALECT_IDS) {
      const request = () => nextRequest(agent, encodeWhole(agent, parts));
      const sent = (to: DialectId, as: string | undefined) => {
        const read = CODECS[agent].readCall(request(), { model: 'm', stream: true });
        assert.ok(!isGatewayError(read), isGatewayError(read) ? read.message : '');
        const options = as === undefined ? {} : { issuer: as };
        const call = { ...read.call, model: MODELS[to], maxOutputTokens: 40_000 };
        const written = CODECS[to].writeRequest(call, { stream: true, ...options });
        return { ...written, json: asRecord(JSON.parse(written.body)) ?? {} };
      };

      it(`comes back to it from an agent that speaks ${agent}`, () => {
        const { json } = sent(issuer, us);
        assert.deepEqual(sealed(issuer, json), original);
        assert.equal(providerFault(issuer, json, MODELS[issuer], ISSUED[issuer]), undefined);
      });
      it(`goes to no other from an agent that speaks ${agent}`, () => {
        for (const to of DIALECT_IDS)
          for (const as of [undefined, `${to}@other`]) {
            const { json, body, losses } = sent(to, as);
            assert.equal(providerFault(to, json, MODELS[to]), undefined);
            for (const token of ISSUED[issuer].keys()) assert.equal(body.includes(token), false);
            assert.equal(body.includes(TAG_START), false);
            assert.ok(losses.includes('dropped-reasoning'), to);
          }
      });
      it(`is taken out of what an agent that speaks ${agent} has relayed to another provider`, () => {
        const before = JSON.stringify(request());
        const relayed = CODECS[agent].untag(request(), `${agent}@other`, 'keep');
        assert.ok(before.includes(TAG_START), 'the tag travels');
        assert.ok(relayed);
        assert.equal(JSON.stringify(relayed).includes(TAG_START), false);
        assert.equal(CODECS[agent].untag(relayed, `${agent}@other`, 'keep'), undefined, 'nothing is left to change');
      });
    }

    it('is put back as it was where it is relayed to its issuer', () => {
      const relayed = CODECS[issuer].untag(nextRequest(issuer, encodeWhole(issuer, parts)), us, 'drop');
      assert.ok(relayed);
      assert.deepEqual(sealed(issuer, relayed), original);
    });
    it('stays in a relayed body when nobody tagged it, or is dropped when that is asked for', () => {
      const untouched = nextRequest(issuer, answerOf(issuer));
      assert.equal(CODECS[issuer].untag(untouched, us, 'keep'), undefined);
      const bare = CODECS[issuer].untag(untouched, us, 'drop');
      assert.ok(bare);
      for (const token of ISSUED[issuer].keys()) assert.equal(JSON.stringify(bare).includes(token), false);
      assert.equal(providerFault(issuer, bare, MODELS[issuer]), undefined);
    });
  });
}

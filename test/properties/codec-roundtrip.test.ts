import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemText } from '../../src/core/dialects/conversation.ts';
import { asRecord } from '../../src/core/dialects/read-json.ts';
import type { Call } from '../../src/core/ir/call.ts';
import { readTag, TAG_START, type Carry } from '../../src/core/ir/carry.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { isGatewayError } from '../../src/core/ir/error.ts';
import type { Block, Part } from '../../src/core/ir/parts.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';
import { meaningOf, stopIn, usageIn } from '../matrix/meaning.ts';
import { providerFault } from '../matrix/provider-fault.ts';
import { decodeStream, encodeStream, encodeWhole, frameFor } from '../matrix/translate.ts';
import { answer, call } from '../support/arbitraries.ts';

const ISSUER = 'gemini@elsewhere';

/** What comes back of an answer that went out in a dialect. */
function expected(dialect: DialectId, parts: readonly Part[]): object {
  const { text, reasoning, calls, stop, usage, order } = meaningOf(parts);
  return { text, reasoning, calls, stop: stop && stopIn(dialect, stop), usage: usageIn(dialect, usage), order };
}

function carriesOf(parts: readonly Part[]): Carry[] {
  return parts.flatMap((part) => (part.type === 'block-end' && part.carry !== undefined ? [part.carry] : []));
}

describe('answers come back as they went out', () => {
  for (const dialect of DIALECT_IDS) {
    it(`${dialect}, streamed`, () => {
      fc.assert(
        fc.property(answer(ISSUER), (parts) => {
          const { text, cut } = encodeStream(dialect, parts);
          assert.equal(cut, false);
          assert.deepEqual(expected(dialect, decodeStream(dialect, text)), expected(dialect, parts));
        }),
        { numRuns: 300 },
      );
    });

    it(`${dialect}, whole: the same as its stream`, () => {
      fc.assert(
        fc.property(answer(ISSUER), (parts) => {
          const streamed = meaningOf(decodeStream(dialect, encodeStream(dialect, parts).text));
          const whole = meaningOf(CODECS[dialect].decodeWhole(encodeWhole(dialect, parts), {}));
          // Chat gathers what an answer holds by its kind where it comes whole.
          assert.deepEqual(dialect === 'openai-chat' ? { ...whole, order: streamed.order } : whole, streamed);
        }),
        { numRuns: 300 },
      );
    });

    it(`${dialect}: opaque state goes along under its issuer's tag, and in its order`, () => {
      fc.assert(
        fc.property(answer(ISSUER), (parts) => {
          const sent = carriesOf(parts);
          const back = carriesOf(decodeStream(dialect, encodeStream(dialect, parts).text, { issuer: `${dialect}@us` }));
          const tags = back.flatMap(({ token }) => tagsIn(token));
          const place = (carry: Carry) => tags.findIndex((tag) => tag.issuer === carry.issuer && tag.token.includes(carry.token));
          // Chat has no place for the signature of a text.
          const kept = dialect === 'openai-chat' ? sent.filter((carry) => place(carry) !== -1) : sent;
          const places = kept.map(place);
          assert.ok(!places.includes(-1));
          assert.deepEqual(
            places,
            places.toSorted((a, b) => a - b),
          );
          assert.ok(back.every(({ issuer }) => issuer === `${dialect}@us`));
        }),
        { numRuns: 200 },
      );
    });

    // Chat and Gemini have no mark for the end of a block, so a decoder learns of it with what follows.
    it(`${dialect}: what was said is out when its block ends`, () => {
      fc.assert(
        fc.property(answer(ISSUER), (parts) => {
          const encoder = CODECS[dialect].encoder(frameFor(parts));
          let wire = '';
          let said = '';
          let calls = 0;
          let block: Block | undefined;
          for (const part of parts) {
            wire += encoder.push(part);
            if (part.type === 'block-start') block = part.block;
            if (part.type === 'block-delta' && block?.kind === 'text') said += part.text;
            if (part.type !== 'block-end') continue;
            if (block?.kind === 'tool-call') calls++;
            const seen = decodeStream(dialect, wire);
            assert.equal(textOf(seen), said);
            assert.equal(seen.filter((each) => each.type === 'block-start' && each.block.kind === 'tool-call').length, calls);
          }
        }),
        { numRuns: 100 },
      );
    });
  }

  it('from any dialect through any other and back', () => {
    fc.assert(
      fc.property(answer(ISSUER), fc.constantFrom(...DIALECT_IDS), fc.constantFrom(...DIALECT_IDS), (parts, one, other) => {
        const first = decodeStream(one, encodeStream(one, parts).text);
        const second = decodeStream(other, encodeStream(other, first).text);
        const third = decodeStream(one, encodeStream(one, second).text);
        // What the other dialect cannot say is gone; nothing else is, and nothing comes to it.
        const bySecond = meaningOf(second);
        assert.deepEqual(expected(one, third), expected(one, second));
        assert.equal(bySecond.text, meaningOf(parts).text);
        assert.deepEqual(bySecond.calls, meaningOf(parts).calls);
      }),
      { numRuns: 600 },
    );
  });
});

/** The tags that stand in what a provider of their dialect would take for its own. */
function tagsIn(token: string): readonly Carry[] {
  const tags = token.match(new RegExp(`${TAG_START}[a-zA-Z0-9+/=]*`, 'g')) ?? [];
  return tags.flatMap((tag) => readTag(tag) ?? []);
}

function textOf(parts: readonly Part[]): string {
  const texts = new Set(parts.flatMap((part) => (part.type === 'block-start' && part.block.kind === 'text' ? [part.at] : [])));
  return parts.flatMap((part) => (part.type === 'block-delta' && texts.has(part.at) ? [part.text] : [])).join('');
}

const MODELS: Readonly<Record<DialectId, readonly string[]>> = {
  'openai-chat': ['gpt-5.6', 'gpt-4.1', 'kimi-k2'],
  'openai-responses': ['gpt-5.6', 'gpt-4.1'],
  'anthropic-messages': ['claude-opus-5-5', 'claude-sonnet-4-5', 'claude-3-5-haiku-20241022'],
  gemini: ['gemini-3-pro-preview', 'gemini-2.5-flash', 'gemini-2.0-flash'],
};

/** What was said, called and given back, without how it was cut into turns. Gemini leaves ids out, so calls are told by their order. */
function conversationIn({ turns }: Call): object {
  const assistant: string[] = [];
  const calls: { readonly name: string; readonly arguments: unknown }[] = [];
  const order = new Map<string, number>();
  const results: string[] = [];
  for (const turn of turns) {
    for (const part of turn.content) {
      if (part.kind === 'text' && turn.role === 'assistant') assistant.push(part.text);
      if (part.kind === 'tool-result') results.push(`${order.get(part.callId)} ${part.name}`);
      if (part.kind !== 'tool-call') continue;
      order.set(part.callId, calls.length);
      calls.push({ name: part.name, arguments: JSON.parse(part.arguments) });
    }
  }
  return { assistant, calls, results: results.sort() };
}

describe('calls come back as they went out', () => {
  for (const dialect of DIALECT_IDS) {
    it(`${dialect}: what its provider gets, its own reader understands`, () => {
      fc.assert(
        fc.property(call, fc.constantFrom(...MODELS[dialect]), (asked, model) => {
          const { body } = CODECS[dialect].writeRequest({ ...asked, model }, { stream: true });
          const written = asRecord(JSON.parse(body));
          assert.ok(written);
          const again = CODECS[dialect].readCall(written, { model, stream: true });
          assert.ok(!isGatewayError(again), isGatewayError(again) ? again.message : '');
          assert.deepEqual(conversationIn(again.call), conversationIn(asked));
          // An answer format that the provider has no field for is asked for in words beside them.
          const told = systemText(again.call);
          for (const { text } of asked.system) assert.ok(told.includes(text), told);
          assert.deepEqual(
            again.call.tools.map(({ name, description }) => ({ name, description })),
            asked.tools.map(({ name, description }) => ({ name, description })),
          );
        }),
        { numRuns: 300 },
      );
    });

    it(`${dialect}: any call is one that its provider takes`, () => {
      fc.assert(
        fc.property(call, fc.constantFrom(...MODELS[dialect]), (asked, model) => {
          const { body, losses } = CODECS[dialect].writeRequest({ ...asked, model }, { stream: true });
          assert.equal(providerFault(dialect, asRecord(JSON.parse(body)) ?? {}, model), undefined, body);
          assert.equal(new Set(losses).size, losses.length);
        }),
        { numRuns: 500 },
      );
    });
  }

  it('from any dialect through any other, the provider at the end takes it', () => {
    fc.assert(
      fc.property(call, fc.constantFrom(...DIALECT_IDS), fc.constantFrom(...DIALECT_IDS), (asked, one, other) => {
        const first = CODECS[one].writeRequest({ ...asked, model: MODELS[one][0] ?? '' }, { stream: true });
        const read = CODECS[one].readCall(asRecord(JSON.parse(first.body)) ?? {}, { model: 'm', stream: true });
        assert.ok(!isGatewayError(read), isGatewayError(read) ? read.message : '');
        for (const model of MODELS[other]) {
          const second = CODECS[other].writeRequest({ ...read.call, model }, { stream: true });
          assert.equal(providerFault(other, asRecord(JSON.parse(second.body)) ?? {}, model), undefined, second.body);
        }
      }),
      { numRuns: 500 },
    );
  });
});

import assert from 'node:assert/strict';
import { createGoogle } from '@ai-sdk/google';
import { GoogleGenAI } from '@google/genai';
import { jsonSchema, stepCountIs, streamText, tool } from 'ai';
import fc from 'fast-check';
import type { AnswerFrame } from '../../../src/core/dialects/codec.ts';
import { geminiCodec } from '../../../src/core/dialects/gemini/codec.ts';
import type { Call } from '../../../src/core/ir/call.ts';
import { readTag, tagOf, type Carry } from '../../../src/core/ir/carry.ts';
import { gatewayError, isGatewayError } from '../../../src/core/ir/error.ts';
import type { Block, Part, StopReason } from '../../../src/core/ir/parts.ts';
import { NO_USAGE, type Usage } from '../../../src/core/ir/usage.ts';
import { decodeAll } from './support.ts';

// What was encoded is looked into freely; a missing field fails the assertion that reads it.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = Record<string, any>;

const CALL: Call = { model: 'm', system: [], turns: [], tools: [], toolChoice: 'auto', maxOutputTokens: undefined };
const FRAME: AnswerFrame = { id: 'abc', model: 'asked', createdAt: 1, call: CALL, includeUsage: true };
const HIDDEN: AnswerFrame = { ...FRAME, call: { ...CALL, reasoning: { mode: 'on', shown: false } } };
const CLAUDE: Carry = { issuer: 'anthropic-messages@anthropic', token: '{"type":"thinking","signature":"s"}' };
const USAGE: Usage = {
  ...NO_USAGE,
  input: 10,
  cacheRead: 5,
  cacheWrite5m: 3,
  output: 20,
  reasoningWithinOutput: 8,
  source: 'reported',
};

interface Said {
  readonly block: Block;
  readonly pieces: readonly string[];
  readonly carry?: Carry;
}

const text = (...pieces: string[]): Said => ({ block: { kind: 'text' }, pieces });
const thought = (carry: Carry | undefined, ...pieces: string[]): Said => ({
  block: { kind: 'reasoning', form: 'full' },
  pieces,
  ...(carry === undefined ? {} : { carry }),
});
const called = (callId: string, json: string, carry?: Carry): Said => ({
  block: { kind: 'tool-call', callId, name: 'f' },
  pieces: json === '' ? [] : [json],
  ...(carry === undefined ? {} : { carry }),
});

function answer(blocks: readonly Said[], reason: StopReason = 'end'): readonly Part[] {
  return [
    { type: 'response-start', id: 'upstream', model: 'served' },
    ...blocks.flatMap(({ block, pieces, carry }, at): Part[] => [
      { type: 'block-start', at, block },
      ...pieces.map((piece): Part => ({ type: 'block-delta', at, text: piece })),
      carry === undefined ? { type: 'block-end', at } : { type: 'block-end', at, carry },
    ]),
    { type: 'usage', usage: USAGE },
    { type: 'response-end', stop: { reason, raw: '' } },
  ];
}

function stream(parts: readonly Part[], frame = FRAME): string {
  const encoder = geminiCodec.encoder(frame);
  return parts.map((part) => encoder.push(part)).join('');
}

function chunks(parts: readonly Part[], frame = FRAME): readonly Body[] {
  return stream(parts, frame)
    .split('\n\n')
    .slice(0, -1)
    .map((event) => JSON.parse(event.slice('data: '.length)) as Body);
}

const wireParts = (parts: readonly Part[], frame = FRAME): Body[] =>
  chunks(parts, frame).flatMap((chunk) => chunk['candidates'][0].content.parts as Body[]);

describe('gemini encoder', () => {
  it('writes data lines only, each a whole response', () => {
    const out = stream(answer([text('a\n\nb', 'c')]));
    assert.match(out, /^(?:data: \{[^\n]*\}\n\n)+$/);
    for (const chunk of chunks(answer([text('a')]))) {
      assert.equal(chunk['responseId'], 'abc');
      assert.equal(chunk['modelVersion'], 'asked');
      assert.deepEqual([chunk['candidates'][0].index, chunk['candidates'][0].content.role], [0, 'model']);
    }
  });

  it('finish reasons by the table', () => {
    const table: Readonly<Record<StopReason, string>> = {
      end: 'STOP',
      'tool-use': 'STOP',
      'stop-sequence': 'STOP',
      pause: 'STOP',
      unknown: 'STOP',
      'max-tokens': 'MAX_TOKENS',
      'context-window': 'MAX_TOKENS',
      refusal: 'SAFETY',
    };
    for (const [reason, expected] of Object.entries(table)) {
      const parts = answer([text('x')], reason as StopReason);
      assert.equal(chunks(parts).at(-1)?.['candidates'][0].finishReason, expected);
      assert.equal((geminiCodec.renderWhole(parts, FRAME) as Body)['candidates'][0].finishReason, expected);
    }
  });

  it('usage: cached tokens inside the prompt, thoughts beside the candidates', () => {
    const expected = {
      promptTokenCount: 18,
      cachedContentTokenCount: 5,
      candidatesTokenCount: 12,
      thoughtsTokenCount: 8,
      totalTokenCount: 38,
    };
    assert.deepEqual(chunks(answer([text('x')])).at(-1)?.['usageMetadata'], expected);
    assert.deepEqual(geminiCodec.renderWhole(answer([text('x')]), FRAME)['usageMetadata'], expected);
  });

  it("another model's thoughts are signed for themselves, and on the next call for clients that send no thoughts back", () => {
    const parts = answer(
      [thought(CLAUDE, 'Let me ', 'see.'), text('Reading.'), called('1', '{"a":1}'), called('2', '')],
      'tool-use',
    );
    const written = wireParts(parts);
    const signature = written[3]?.['thoughtSignature'] as string;
    assert.deepEqual(written, [
      { text: 'Let me ', thought: true },
      { text: 'see.', thought: true, thoughtSignature: tagOf(CLAUDE) },
      { text: 'Reading.' },
      { functionCall: { id: '1', name: 'f', args: { a: 1 } }, thoughtSignature: signature },
      { functionCall: { id: '2', name: 'f', args: {} } },
      { text: '' },
    ]);
    for (const echoed of [written.slice(0, 5), [written[2], written[3], written[4]]]) {
      const read = geminiCodec.readCall({ contents: [{ role: 'model', parts: echoed }] }, { model: 'm', stream: true });
      assert.ok(!isGatewayError(read));
      const content = read.call.turns[0]?.content ?? [];
      assert.deepEqual(
        content.map((part) => part.kind),
        ['reasoning', 'text', 'tool-call', 'tool-call'],
      );
      assert.deepEqual(content[0]?.kind === 'reasoning' && content[0].carry, CLAUDE);
      assert.equal(content[2]?.kind === 'tool-call' && content[2].carry, undefined);
    }
  });

  it("a call's own signature comes before that of the thoughts before it", () => {
    const own = { issuer: 'gemini@google', token: 'c2ln' };
    const written = wireParts(answer([thought(CLAUDE, 'x'), called('1', '{}', own)]));
    assert.equal(written[1]?.['thoughtSignature'], tagOf(own));
  });

  it('thoughts that are not wanted are not said, but the call bears their state', () => {
    const written = wireParts(answer([thought(CLAUDE, 'secret'), called('1', '{}')]), HIDDEN);
    assert.equal(JSON.stringify(written).includes('secret'), false);
    assert.deepEqual(Object.keys(written[0] ?? {}), ['functionCall', 'thoughtSignature']);
  });

  it('arguments that are no object: the call is left out, and the answer ends as Gemini ends then', () => {
    for (const json of ['{"a":', '[1]', '"x"']) {
      const candidate = chunks(answer([called('1', json)], 'tool-use')).at(-1)?.['candidates'][0];
      assert.equal(candidate.finishReason, 'MALFORMED_FUNCTION_CALL');
      assert.match(candidate.finishMessage, /called f with arguments that are not a JSON object/);
      assert.equal(stream(answer([called('1', json)])).includes('functionCall'), false);
    }
    assert.equal(chunks(answer([called('1', '{"a":')], 'max-tokens')).at(-1)?.['candidates'][0].finishReason, 'MAX_TOKENS');
  });

  it('an error cuts the connection', () => {
    const encoder = geminiCodec.encoder(FRAME);
    assert.equal(encoder.fail(gatewayError('upstream-broken', 'x')), undefined);
    assert.equal(encoder.push({ type: 'response-error', error: gatewayError('upstream-broken', 'x') }), '');
  });

  it('a whole answer puts the pieces together', () => {
    const signed = { issuer: 'gemini@google', token: 'c2ln' };
    const whole = geminiCodec.renderWhole(
      answer([thought(undefined, 'h', 'm'), { ...text('Hel', 'lo'), carry: signed }, called('1', '{}')], 'tool-use'),
      FRAME,
    ) as Body;
    assert.deepEqual(whole['candidates'][0], {
      content: {
        parts: [
          { text: 'hm', thought: true },
          { text: 'Hello', thoughtSignature: tagOf(signed) },
          { functionCall: { id: '1', name: 'f', args: {} } },
        ],
        role: 'model',
      },
      finishReason: 'STOP',
      index: 0,
    });
    const empty = geminiCodec.renderWhole(
      answer([], 'refusal').filter((part) => part.type !== 'usage'),
      FRAME,
    ) as Body;
    assert.deepEqual([empty['candidates'][0].content.parts, empty['usageMetadata']], [[{ text: '' }], undefined]);
  });
});

const piece = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 });
const carry = fc.constantFrom(undefined, CLAUDE, { issuer: 'gemini@google', token: 'c2ln' });
const prose = (kind: 'text' | 'reasoning') =>
  fc.tuple(fc.array(piece, { minLength: 1, maxLength: 3 }), carry).map(([pieces, token]): Said => {
    const block: Block = kind === 'text' ? { kind } : { kind, form: 'full' };
    return token === undefined ? { block, pieces } : { block, pieces, carry: token };
  });
const args = fc.dictionary(fc.constantFrom('path', 'n', 'ünïcode', '__proto__'), fc.oneof(piece, fc.integer(), fc.constant(null)), {
  maxKeys: 3,
});
/** Neighbours of one kind are one block to a reader, unless a signature parts them: the streams here have none. */
const blocks = fc.array(fc.oneof(prose('text'), prose('reasoning'), fc.tuple(args, carry)), { maxLength: 6 }).map((all) => {
  const named = all.map((each, n) => (Array.isArray(each) ? called(`id${n}`, JSON.stringify(each[0]), each[1]) : each));
  return named.filter((each, n) => each.block.kind === 'tool-call' || each.block.kind !== named[n - 1]?.block.kind);
});

interface Folded {
  readonly kind: string;
  readonly said: string;
  readonly carry?: Carry | undefined;
}

function fold(parts: readonly Part[]): readonly Folded[] {
  const folded: { kind: string; said: string; carry?: Carry | undefined }[] = [];
  for (const part of parts) {
    if (part.type === 'block-start')
      folded.push({
        kind: part.block.kind === 'tool-call' ? `call ${part.block.callId} ${part.block.name}` : part.block.kind,
        said: '',
      });
    if (part.type === 'block-delta') folded.at(-1)!.said += part.text;
    if (part.type === 'block-end') folded.at(-1)!.carry = part.carry;
  }
  return folded;
}

/** As the decoder has it: signatures are tags of ours, and a call may bear those of the thoughts before it. */
function untagged(folded: readonly Folded[]): readonly Folded[] {
  return folded.map((each) => {
    const inner = each.carry === undefined ? undefined : readTag(each.carry.token);
    return { ...each, carry: inner?.token.startsWith('thoughts-before') === true ? undefined : inner };
  });
}

describe('gemini encoder and decoder', () => {
  it('what is encoded is decoded, streamed and whole', () => {
    fc.assert(
      fc.property(blocks, (said) => {
        const parts = answer(said);
        const expected = fold(parts);
        const streamed = decodeAll(geminiCodec.decoder({}), [Buffer.from(stream(parts))]);
        assert.deepEqual(untagged(fold(streamed)), expected);
        const whole = geminiCodec.decodeWhole(geminiCodec.renderWhole(parts, FRAME), {});
        assert.deepEqual(untagged(fold(whole)), expected);
        const list = chunks(parts) as unknown as Record<string, unknown>;
        assert.deepEqual(fold(geminiCodec.decodeWhole(list, {})), fold(streamed));
        for (const back of [streamed, whole]) {
          const usage = back.find((part) => part.type === 'usage');
          assert.deepEqual(usage?.usage, { ...USAGE, input: 13, cacheWrite5m: 0 });
          const end = back.at(-1);
          const hasCalls = said.some(({ block }) => block.kind === 'tool-call');
          assert.equal(end?.type === 'response-end' && end.stop.reason, hasCalls ? 'tool-use' : 'end');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('gemini encoder: the SDKs read it', () => {
  const saidOf = (said: readonly Said[], kind: string) =>
    said.flatMap(({ block, pieces }) => (block.kind === kind ? [pieces.join('')] : [])).join('');
  const callsOf = (said: readonly Said[]) =>
    said.flatMap(({ block, pieces }) =>
      block.kind === 'tool-call' ? [{ name: block.name, args: JSON.parse(pieces.join('')) as unknown }] : [],
    );
  // Keys that JavaScript knows are the SDKs' own affair.
  const tame = blocks.filter((all) => !JSON.stringify(all).includes('__proto__'));
  const reply = (body: string, type: string) => new Response(body, { headers: { 'content-type': type } });

  it('@google/genai', async () => {
    const before = globalThis.fetch;
    let next = (): Response => reply('{}', 'application/json');
    globalThis.fetch = () => Promise.resolve(next());
    try {
      const genai = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: 'http://127.0.0.1:1' } });
      await fc.assert(
        fc.asyncProperty(tame, async (said) => {
          next = () => reply(stream(answer(said)), 'text/event-stream');
          const streamed = await genai.models.generateContentStream({ model: 'm', contents: 'x' });
          const got = { text: '', thoughts: '', calls: [] as unknown[], finish: '', total: 0 };
          for await (const chunk of streamed) {
            for (const part of chunk.candidates?.[0]?.content?.parts ?? []) {
              if (part.thought === true) got.thoughts += part.text ?? '';
              else got.text += part.text ?? '';
              if (part.functionCall !== undefined) got.calls.push({ name: part.functionCall.name, args: part.functionCall.args });
            }
            got.finish = chunk.candidates?.[0]?.finishReason ?? got.finish;
            got.total = chunk.usageMetadata?.totalTokenCount ?? got.total;
          }
          assert.deepEqual(got, {
            text: saidOf(said, 'text'),
            thoughts: saidOf(said, 'reasoning'),
            calls: callsOf(said),
            finish: 'STOP',
            total: 38,
          });
          next = () => reply(JSON.stringify(geminiCodec.renderWhole(answer(said), FRAME)), 'application/json');
          const whole = await genai.models.generateContent({ model: 'm', contents: 'x' });
          assert.deepEqual(
            (whole.functionCalls ?? []).map(({ name, args: given }) => ({ name, args: given })),
            callsOf(said),
          );
        }),
        { numRuns: 60 },
      );
    } finally {
      globalThis.fetch = before;
    }
  });

  it('@ai-sdk/google, and what it sends back brings every thought to its issuer', async () => {
    let replies: string[] = [];
    let sent: Body = {};
    const google = createGoogle({
      apiKey: 'k',
      fetch: (_url, init) => {
        sent = JSON.parse(init?.body as string) as Body;
        return Promise.resolve(reply(replies.shift() ?? '', 'text/event-stream'));
      },
    });
    const inputSchema = jsonSchema<object>({ type: 'object', properties: {} });
    const tools = { f: tool({ inputSchema, execute: () => 'done' }) };
    await fc.assert(
      fc.asyncProperty(tame, async (said) => {
        replies = [stream(answer(said)), stream(answer([text('ok')]))];
        const result = streamText({
          model: google('gemini-2.5-pro'),
          prompt: 'x',
          tools,
          stopWhen: stepCountIs(2),
          maxRetries: 0,
          onError: ({ error }) => {
            throw error;
          },
        });
        const [step] = await result.steps;
        assert.equal(step?.text, saidOf(said, 'text'));
        assert.equal(step?.reasoningText ?? '', saidOf(said, 'reasoning'));
        const calls = step?.toolCalls ?? [];
        assert.deepEqual(
          calls.map(({ toolName, input }) => ({ name: toolName, args: input })),
          callsOf(said),
        );
        if (calls.length === 0) return;
        const read = geminiCodec.readCall(sent, { model: 'm', stream: true });
        assert.ok(!isGatewayError(read), 'is read');
        const carries = read.call.turns.flatMap(({ content }) =>
          content.flatMap((part) => (part.kind === 'reasoning' && part.carry !== undefined ? [part.carry.token] : [])),
        );
        for (const { block, carry: token } of said)
          if (block.kind === 'reasoning' && token !== undefined) assert.ok(carries.includes(token.token), JSON.stringify(sent));
      }),
      { numRuns: 60 },
    );
  });
});

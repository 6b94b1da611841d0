import assert from 'node:assert/strict';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText, tool, jsonSchema } from 'ai';
import fc from 'fast-check';
import OpenAI from 'openai';
import type { AnswerFrame } from '../../../src/core/dialects/codec.ts';
import { chatCodec } from '../../../src/core/dialects/openai-chat/codec.ts';
import type { Call } from '../../../src/core/ir/call.ts';
import { readTag } from '../../../src/core/ir/carry.ts';
import type { Block, Part, StopReason } from '../../../src/core/ir/parts.ts';
import { NO_USAGE, type Usage } from '../../../src/core/ir/usage.ts';
import { assertOrder, decodeAll, fold } from './support.ts';

// What was encoded is looked into freely; a missing field fails the assertion that reads it.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = Record<string, any>;

const CALL: Call = {
  model: 'm',
  system: [],
  turns: [],
  tools: [
    { name: 'read', description: '', parameters: { type: 'object', properties: {} } },
    { name: 'patch', description: '', parameters: { type: 'object' }, form: { kind: 'custom', name: 'patch' } },
  ],
  toolChoice: 'auto',
  maxOutputTokens: undefined,
};
const FRAME: AnswerFrame = { id: 'abc123', model: 'asked', createdAt: 1_700_000_000, call: CALL, includeUsage: true };
const USAGE: Usage = {
  ...NO_USAGE,
  input: 10,
  cacheRead: 20,
  cacheWrite5m: 5,
  output: 7,
  reasoningWithinOutput: 3,
  source: 'reported',
};
const CARRY = { issuer: 'gemini@google', token: 'c2ln' };

interface Piece {
  readonly block: Block;
  readonly deltas: readonly string[];
  readonly carry?: typeof CARRY;
}

function partsOf(pieces: readonly Piece[], reason: StopReason = 'end', usage: Usage | undefined = USAGE): Part[] {
  return [
    { type: 'response-start', id: 'r', model: 'served' },
    ...pieces.flatMap(({ block, deltas, carry }, at): Part[] => [
      { type: 'block-start', at, block },
      ...deltas.map((text): Part => ({ type: 'block-delta', at, text })),
      { type: 'block-end', at, ...(carry === undefined ? {} : { carry }) },
    ]),
    ...(usage === undefined ? [] : [{ type: 'usage', usage } as const]),
    { type: 'response-end', stop: { reason, raw: '' } },
  ];
}

const saying = (...deltas: string[]): Piece => ({ block: { kind: 'text' }, deltas });
const thinking = (...deltas: string[]): Piece => ({ block: { kind: 'reasoning', form: 'full' }, deltas });
const calling = (callId: string, name: string, ...deltas: string[]): Piece => ({
  block: { kind: 'tool-call', callId, name },
  deltas,
});

function encode(parts: readonly Part[], frame: AnswerFrame = FRAME): string {
  const encoder = chatCodec.encoder(frame);
  return parts.map((part) => encoder.push(part)).join('');
}

function chunksOf(stream: string): Body[] {
  assert.ok(stream.endsWith('data: [DONE]\n\n'));
  return stream
    .split('\n\n')
    .slice(0, -2)
    .map((event) => JSON.parse(event.slice('data: '.length)) as Body);
}

const deltasOf = (stream: string) =>
  chunksOf(stream).flatMap((chunk) => chunk['choices'].map((choice: Body) => choice['delta'])) as Body[];

/** The agent's side of `fetch`: one recorded answer. */
const answering = (body: string, type: string) => () =>
  Promise.resolve(new Response(body, { status: 200, headers: { 'content-type': type } }));

const sdk = (body: string, type = 'text/event-stream') =>
  new OpenAI({ apiKey: 'k', baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0, fetch: answering(body, type) });

const ASK = { model: 'm', messages: [{ role: 'user' as const, content: 'x' }] };

describe('encoder openai-chat', () => {
  it('chunks of one answer: role, thoughts, text, calls, end, usage', () => {
    const parts = partsOf(
      [thinking('Hm'), saying('He', 'llo'), calling('c1', 'read', '{"pa', 'th":"a"}'), calling('c2', 'read', '{}')],
      'tool-use',
    );
    const chunks = chunksOf(encode(parts));
    for (const chunk of chunks) {
      assert.deepEqual(
        [chunk['id'], chunk['object'], chunk['created'], chunk['model']],
        ['chatcmpl-abc123', 'chat.completion.chunk', 1_700_000_000, 'asked'],
      );
    }
    assert.deepEqual(deltasOf(encode(parts)), [
      { role: 'assistant', content: '' },
      { reasoning_content: 'Hm' },
      { content: 'He' },
      { content: 'llo' },
      { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'read', arguments: '{"pa' } }] },
      { tool_calls: [{ index: 0, function: { arguments: 'th":"a"}' } }] },
      { tool_calls: [{ index: 1, id: 'c2', type: 'function', function: { name: 'read', arguments: '{}' } }] },
      {},
    ]);
    assert.deepEqual(chunks.at(-2)?.['choices'][0].finish_reason, 'tool_calls');
    assert.deepEqual(
      [chunks.at(-1)?.['choices'], chunks.at(-1)?.['usage']],
      [
        [],
        {
          prompt_tokens: 35,
          completion_tokens: 7,
          total_tokens: 42,
          prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 5 },
          completion_tokens_details: { reasoning_tokens: 3 },
        },
      ],
    );
  });

  it('every reason to stop, in both forms', () => {
    const expected: Readonly<Record<StopReason, string>> = {
      end: 'stop',
      'max-tokens': 'length',
      'context-window': 'length',
      'tool-use': 'tool_calls',
      'stop-sequence': 'stop',
      refusal: 'content_filter',
      pause: 'stop',
      unknown: 'stop',
    };
    for (const [reason, finish] of Object.entries(expected)) {
      const parts = partsOf([saying('x')], reason as StopReason);
      assert.equal(chunksOf(encode(parts)).at(-2)?.['choices'][0].finish_reason, finish);
      assert.equal((chatCodec.renderWhole(parts, FRAME) as Body)['choices'][0].finish_reason, finish);
    }
  });

  it('usage streams only where it was asked for', () => {
    const silent = encode(partsOf([saying('x')]), { ...FRAME, includeUsage: false });
    assert.equal(silent.includes('usage'), false);
    assert.equal(chunksOf(silent).length, 3);
    assert.equal(chunksOf(encode(partsOf([saying('x')], 'end', undefined).filter((part) => part.type !== 'usage'))).length, 3);
  });

  it('no thoughts for an agent that asked for none', () => {
    const call: Call = { ...CALL, reasoning: { mode: 'on', shown: false } };
    const parts = partsOf([{ ...thinking('secret'), carry: CARRY }, saying('x')]);
    const hidden = encode(parts, { ...FRAME, call }) + JSON.stringify(chatCodec.renderWhole(parts, { ...FRAME, call }));
    assert.equal(/secret|reasoning_(?:content|details)"/.test(hidden), false);
  });

  it('two thoughts in a row are two paragraphs', () => {
    const parts = partsOf([thinking('A'), thinking('B', 'C'), saying('x'), thinking('D')]);
    const joined = deltasOf(encode(parts)).map((delta) => delta['reasoning_content'] ?? '');
    assert.equal(joined.join(''), 'A\n\nBCD');
    assert.equal((chatCodec.renderWhole(parts, FRAME) as Body)['choices'][0].message.reasoning_content, 'A\n\nBCD');
  });

  it('a signature comes with the first delta of a call that came whole, and behind one that streamed', () => {
    const whole = deltasOf(encode(partsOf([{ ...calling('c', 'read', '{"a":1}'), carry: CARRY }], 'tool-use')));
    const [call] = whole[1]!['tool_calls'] as Body[];
    assert.equal(call?.['id'], 'c');
    assert.deepEqual(readTag(call?.['extra_content'].google.thought_signature as string), CARRY);
    const streamed = deltasOf(encode(partsOf([{ ...calling('c', 'read', '{"a"', ':1}'), carry: CARRY }], 'tool-use')));
    const [last] = streamed[3]!['tool_calls'] as Body[];
    assert.deepEqual(readTag(last?.['extra_content'].google.thought_signature as string), CARRY);
    const thought = deltasOf(encode(partsOf([{ ...thinking('A', 'B'), carry: CARRY }])));
    const [detail] = thought[3]!['reasoning_details'] as Body[];
    assert.deepEqual(
      [detail?.['type'], detail?.['text'], readTag(detail?.['signature'] as string)],
      ['reasoning.text', 'AB', CARRY],
    );
  });

  it('what went out comes back: carries through the reader', () => {
    const parts = partsOf(
      [
        { ...thinking('A'), carry: CARRY },
        { block: { kind: 'reasoning', form: 'redacted' }, deltas: [], carry: CARRY },
        { ...calling('c', 'read', '{}'), carry: CARRY },
      ],
      'tool-use',
    );
    const { message } = (chatCodec.renderWhole(parts, FRAME) as Body)['choices'][0];
    const read = chatCodec.readCall({ messages: [message] }, { model: 'm', stream: false });
    assert.ok('call' in read);
    assert.deepEqual(read.call.turns[0]?.content, [
      { kind: 'reasoning', text: 'A', carry: CARRY },
      { kind: 'reasoning', text: '', carry: CARRY },
      { kind: 'tool-call', callId: 'c', name: 'read', arguments: '{}', carry: CARRY },
    ]);
  });

  it('the error of an answer that has begun is a cut connection', () => {
    const encoder = chatCodec.encoder(FRAME);
    assert.equal(encoder.fail({ code: 'internal', status: 500, message: 'x', retryable: true }), undefined);
  });
});

describe('encoder openai-chat: what agents make of it', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 });
  const json = fc
    .dictionary(fc.constantFrom('path', 'n', 'ünï'), fc.oneof(word, fc.integer(), fc.constant(null)), {
      maxKeys: 3,
      noNullPrototype: true,
    })
    .map((value) => JSON.stringify(value));
  /** A text cut into deltas, none of them empty. */
  const cut = (text: fc.Arbitrary<string>) =>
    fc.tuple(text, fc.array(fc.nat(20), { maxLength: 3 })).map(([whole, places]) => {
      const ends = [...new Set([...places.map((place) => Math.min(place, whole.length)), whole.length])].toSorted((a, b) => a - b);
      return ends.map((end, n) => whole.slice(ends[n - 1] ?? 0, end)).filter((each) => each !== '');
    });
  const prose = cut(fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' ')));
  const piece = fc.oneof(
    prose.map((deltas) => saying(...deltas)),
    prose.map((deltas) => thinking(...deltas)),
    cut(json).map((deltas) => calling('', 'read', ...deltas)),
  );
  /** Well-formed as decoders write it: texts and thoughts alternate, calls have ids of their own, calls are why it stopped. */
  const pieces = fc
    .array(piece, { maxLength: 7 })
    .map((all) =>
      all
        .filter((each, n) => each.block.kind === 'tool-call' || each.block.kind !== all[n - 1]?.block.kind)
        .map((each, n): Piece =>
          each.block.kind === 'tool-call' ? { ...each, block: { ...each.block, callId: `call_${n}` } } : each,
        ),
    );
  const reasonOf = (all: readonly Piece[]): StopReason =>
    all.some((each) => each.block.kind === 'tool-call') ? 'tool-use' : 'end';
  const textOf = (all: readonly Piece[], kind: Block['kind']) =>
    all
      .filter((each) => each.block.kind === kind)
      .map((each) => each.deltas.join(''))
      .join('');
  const callsOf = (all: readonly Piece[]) =>
    all.flatMap(({ block, deltas }) =>
      block.kind === 'tool-call' ? [{ id: block.callId, name: block.name, json: deltas.join('') }] : [],
    );

  it('decoded again it is the same', () => {
    fc.assert(
      fc.property(pieces, (all) => {
        const parts = partsOf(all, reasonOf(all));
        const back = decodeAll(chatCodec.decoder({}), [Buffer.from(encode(parts))]);
        assertOrder(back);
        const { end: _, model: __, ...meant } = fold(parts);
        const { end, model, ...said } = fold(back);
        assert.deepEqual(said, meant);
        assert.equal(model, 'asked');
        assert.match(end, all.some((each) => each.block.kind === 'tool-call') ? /^tool-use/ : /^end/);
        const whole = chatCodec.decodeWhole(JSON.parse(JSON.stringify(chatCodec.renderWhole(parts, FRAME))) as Body, {});
        assertOrder(whole);
        assert.equal(fold(whole).end, end);
      }),
      { numRuns: 500 },
    );
  });

  it('the OpenAI SDK gathers it', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (all) => {
        const parts = partsOf(all, reasonOf(all));
        const streamed = await sdk(encode(parts)).chat.completions.stream(ASK).finalChatCompletion();
        const whole = await sdk(JSON.stringify(chatCodec.renderWhole(parts, FRAME)), 'application/json').chat.completions.create(
          ASK,
        );
        for (const answer of [streamed, whole]) {
          const { message, finish_reason: finish } = answer.choices[0]!;
          assert.equal(message.content ?? '', textOf(all, 'text'));
          const calls = (message.tool_calls ?? []).map(
            (call) => call.type === 'function' && { id: call.id, name: call.function.name, json: call.function.arguments },
          );
          assert.deepEqual(calls, callsOf(all));
          assert.equal(finish, calls.length > 0 ? 'tool_calls' : 'stop');
          assert.equal(answer.usage?.total_tokens, 42);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('the AI SDK gathers it', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (all) => {
        const parts = partsOf(all, reasonOf(all));
        const provider = createOpenAICompatible({
          name: 'gw',
          baseURL: 'http://127.0.0.1:9/v1',
          includeUsage: true,
          fetch: answering(encode(parts), 'text/event-stream'),
        });
        const result = streamText({
          model: provider('m'),
          prompt: 'x',
          tools: { read: tool({ inputSchema: jsonSchema({ type: 'object' }) }) },
          onError: ({ error }) => assert.fail(String(error)),
        });
        assert.equal(await result.text, textOf(all, 'text'));
        assert.equal((await result.reasoningText) ?? '', textOf(all, 'reasoning'));
        assert.deepEqual(
          (await result.toolCalls).map((call) => ({ id: call.toolCallId, name: call.toolName, input: call.input as unknown })),
          callsOf(all).map((call) => ({ id: call.id, name: call.name, input: JSON.parse(call.json) as unknown })),
        );
        assert.equal((await result.totalUsage).totalTokens, 42);
      }),
      { numRuns: 40 },
    );
  });

  it('the AI SDK takes a signature and the OpenAI SDK a free-form call', async () => {
    const signed = encode(partsOf([{ ...calling('c', 'read', '{"a":1}'), carry: CARRY }], 'tool-use'));
    const provider = createOpenAICompatible({
      name: 'gw',
      baseURL: 'http://127.0.0.1:9/v1',
      fetch: answering(signed, 'text/event-stream'),
    });
    const result = streamText({
      model: provider('m'),
      prompt: 'x',
      tools: { read: tool({ inputSchema: jsonSchema({ type: 'object' }) }) },
    });
    const [call] = await result.toolCalls;
    assert.deepEqual(readTag(call?.providerMetadata?.['gw']?.['thoughtSignature'] as string), CARRY);

    const parts = partsOf([calling('c', 'patch', '{"inp', 'ut":"a\\n\\"b\\""}'), calling('d', 'patch', '{"broken')], 'tool-use');
    const expected = [
      { id: 'c', type: 'custom', custom: { name: 'patch', input: 'a\n"b"' } },
      { id: 'd', type: 'custom', custom: { name: 'patch', input: '{"broken' } },
    ];
    const streamed = await sdk(encode(parts)).chat.completions.stream(ASK).finalChatCompletion();
    assert.deepEqual(streamed.choices[0]?.message.tool_calls, expected);
    assert.deepEqual((chatCodec.renderWhole(parts, FRAME) as Body)['choices'][0].message.tool_calls, expected);
  });
});

import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { anthropicCodec } from '../../../src/core/dialects/anthropic-messages/codec.ts';
import type { AnswerFrame } from '../../../src/core/dialects/codec.ts';
import type { Call } from '../../../src/core/ir/call.ts';
import { readTag, tagOf } from '../../../src/core/ir/carry.ts';
import { gatewayError } from '../../../src/core/ir/error.ts';
import type { Block, Part, StopReason } from '../../../src/core/ir/parts.ts';
import type { Usage } from '../../../src/core/ir/usage.ts';
import { assertOrder, decodeAll } from './support.ts';

// What was written is looked into freely; a missing field fails the assertion that reads it.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = Record<string, any>;

const CARRY = { issuer: 'openai-responses@openai', token: '{"id":"rs_1"}' };
const USAGE: Usage = {
  input: 20,
  cacheRead: 300,
  cacheWrite5m: 5,
  cacheWrite1h: 7,
  output: 40,
  reasoningWithinOutput: 10,
  units: {},
  source: 'reported',
};

function frameOf(call: Partial<Call> = {}): AnswerFrame {
  const asked: Call = { model: 'm', system: [], turns: [], tools: [], toolChoice: 'auto', maxOutputTokens: undefined, ...call };
  return { id: 'abc123', model: 'claude-asked', createdAt: 0, call: asked, includeUsage: true };
}

interface Written {
  readonly block: Block;
  readonly texts: readonly string[];
  readonly carry?: { readonly issuer: string; readonly token: string } | undefined;
}

function partsOf(blocks: readonly Written[], reason: StopReason = 'end', usage: Usage | undefined = USAGE): Part[] {
  return [
    { type: 'response-start', id: 'r1', model: 'served' },
    ...blocks.flatMap(({ block, texts, carry }, at): Part[] => [
      { type: 'block-start', at, block },
      ...texts.map((text): Part => ({ type: 'block-delta', at, text })),
      carry === undefined ? { type: 'block-end', at } : { type: 'block-end', at, carry },
    ]),
    ...(usage === undefined ? [] : [{ type: 'usage', usage } as const]),
    { type: 'response-end', stop: { reason, raw: 'x' } },
  ];
}

function encode(parts: readonly Part[], frame = frameOf()): string {
  const encoder = anthropicCodec.encoder(frame);
  return parts.map((part) => encoder.push(part)).join('');
}

function eventsOf(bytes: string): Body[] {
  return bytes
    .split('\n\n')
    .filter((each) => each !== '')
    .map((each) => {
      const [, name, data] = /^event: (\S+)\ndata: (.+)$/s.exec(each) ?? [];
      const event = JSON.parse(data ?? '') as Body;
      assert.equal(event['type'], name);
      return event;
    });
}

/** The life of a block, as Anthropic's clients insist on it. */
function assertLife(events: readonly Body[]): void {
  const deltas: Readonly<Record<string, readonly string[]>> = {
    text: ['text_delta'],
    thinking: ['thinking_delta', 'signature_delta'],
    redacted_thinking: [],
    tool_use: ['input_json_delta'],
  };
  let open: string | undefined;
  let next = 0;
  for (const [n, event] of events.entries()) {
    const type = event['type'] as string;
    assert.equal(type === 'message_start', n === 0);
    assert.equal(type === 'message_delta', n === events.length - 2);
    assert.equal(type === 'message_stop', n === events.length - 1);
    if (type === 'content_block_start') {
      assert.equal(open, undefined);
      assert.equal(event['index'], next);
      open = event['content_block'].type;
    } else if (type === 'content_block_delta') {
      assert.equal(event['index'], next);
      assert.ok(deltas[open ?? '']?.includes(event['delta'].type), `${event['delta'].type} in ${open}`);
    } else if (type === 'content_block_stop') {
      assert.equal(event['index'], next++);
      assert.notEqual(open, undefined);
      open = undefined;
    }
  }
  assert.equal(open, undefined);
}

/** What the vendor's own client makes of the bytes. */
async function accumulated(bytes: string): Promise<Body> {
  const client = new Anthropic({
    apiKey: 'k',
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(bytes, { headers: { 'content-type': 'text/event-stream' } })),
  });
  const stream = client.messages.stream({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] });
  return JSON.parse(JSON.stringify(await stream.finalMessage())) as Body;
}

describe('encoder anthropic-messages', () => {
  const text = (...texts: string[]): Written => ({ block: { kind: 'text' }, texts });
  const thought = (carry: Written['carry'], ...texts: string[]): Written => ({
    block: { kind: 'reasoning', form: 'summary' },
    texts,
    carry,
  });
  const redacted = (carry: Written['carry']): Written => ({ block: { kind: 'reasoning', form: 'redacted' }, texts: [], carry });
  const call = (callId: string, ...texts: string[]): Written => ({ block: { kind: 'tool-call', callId, name: 'read' }, texts });

  it('writes thoughts, words and calls in turn, with usage that leaves the cached out of the input', () => {
    const bytes = encode(
      partsOf([thought(CARRY, 'Let ', 'me.'), text('Reading.'), call('c1', '{"a"', ':1}'), call('c2', '{}')], 'tool-use'),
    );
    const usage = {
      input_tokens: 20,
      cache_creation_input_tokens: 12,
      cache_read_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 7 },
      output_tokens: 40,
      output_tokens_details: { thinking_tokens: 10 },
    };
    const start = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
    const delta = (index: number, each: object) => ({ type: 'content_block_delta', index, delta: each });
    const stop = (index: number) => ({ type: 'content_block_stop', index });
    const [first, ...rest] = eventsOf(bytes);
    assert.equal(first?.['message'].id, 'msg_abc123');
    assert.equal(first?.['message'].model, 'claude-asked');
    assert.deepEqual(first?.['message'].content, []);
    assert.equal(first?.['message'].usage.input_tokens, 0);
    assert.deepEqual(rest, [
      start(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Let ' }),
      delta(0, { type: 'thinking_delta', thinking: 'me.' }),
      delta(0, { type: 'signature_delta', signature: tagOf(CARRY) }),
      stop(0),
      start(1, { type: 'text', text: '' }),
      delta(1, { type: 'text_delta', text: 'Reading.' }),
      stop(1),
      start(2, { type: 'tool_use', id: 'c1', name: 'read', input: {} }),
      delta(2, { type: 'input_json_delta', partial_json: '{"a"' }),
      delta(2, { type: 'input_json_delta', partial_json: ':1}' }),
      stop(2),
      start(3, { type: 'tool_use', id: 'c2', name: 'read', input: {} }),
      delta(3, { type: 'input_json_delta', partial_json: '{}' }),
      stop(3),
      { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage },
      { type: 'message_stop' },
    ]);
  });
  it('leaves no gap for what it does not write: empty words, thoughts that nobody may see', () => {
    const blocks = [
      text(),
      redacted(undefined),
      redacted(CARRY),
      thought(CARRY, 'x'),
      thought(undefined, 'y'),
      thought(undefined),
      text('z'),
    ];
    const kinds = (shown?: boolean) =>
      eventsOf(encode(partsOf(blocks), frameOf(shown === undefined ? {} : { reasoning: { mode: 'on', shown } })))
        .filter((event) => event['type'] === 'content_block_start')
        .map((event) => `${event['index']} ${event['content_block'].type}`);
    assert.deepEqual(kinds(), ['0 redacted_thinking', '1 thinking', '2 thinking', '3 text']);
    assert.deepEqual(kinds(false), ['0 redacted_thinking', '1 thinking', '2 text']);
    const silent = encode(partsOf([thought(CARRY, 'secret')]), frameOf({ reasoning: { mode: 'on', shown: false } }));
    assert.equal(silent.includes('secret'), false);
    assert.ok(silent.includes(tagOf(CARRY)));
    assert.deepEqual(
      anthropicCodec.renderWhole(partsOf([thought(CARRY, 'x')]), frameOf({ reasoning: { mode: 'on', shown: false } }))['content'],
      [{ type: 'thinking', thinking: '', signature: tagOf(CARRY) }],
    );
  });
  it('gives every stop its name', async () => {
    const table: Readonly<Record<StopReason, string>> = {
      end: 'end_turn',
      'max-tokens': 'max_tokens',
      'tool-use': 'tool_use',
      'stop-sequence': 'stop_sequence',
      refusal: 'refusal',
      pause: 'pause_turn',
      'context-window': 'model_context_window_exceeded',
      unknown: 'end_turn',
    };
    for (const [reason, name] of Object.entries(table) as [StopReason, string][]) {
      const message = await accumulated(encode(partsOf([], reason, undefined)));
      assert.deepEqual([message['stop_reason'], message['content']], [name, []]);
      assert.equal(anthropicCodec.renderWhole(partsOf([], reason), frameOf())['stop_reason'], name);
    }
    const stopped = eventsOf(encode(partsOf([], 'stop-sequence'), frameOf({ stop: ['END'] })));
    assert.equal(stopped.at(-2)?.['delta'].stop_sequence, 'END');
  });
  it('an error is an event, and the last one', () => {
    const encoder = anthropicCodec.encoder(frameOf());
    const error = gatewayError('upstream-overloaded', 'Too busy.');
    const expected = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Too busy."}}\n\n';
    assert.equal(encoder.fail(error), expected);
    encoder.push({ type: 'response-start', id: 'r', model: 'm' });
    assert.equal(encoder.push({ type: 'response-error', error }), expected);
    assert.equal(encoder.push({ type: 'response-end', stop: { reason: 'end', raw: '' } }), '');
  });
  it('ids that Anthropic would refuse later are others, each its own', () => {
    const ids = ['call_1|fc_2', 'call_1/fc_2', 'a b', 'fine-1'].map(
      (id) => eventsOf(encode(partsOf([call(id, '{}')])))[1]?.['content_block'].id as string,
    );
    for (const id of ids) assert.match(id, /^[a-zA-Z0-9_-]+$/);
    assert.equal(new Set(ids).size, 4);
    const [id] = ids;
    const read = anthropicCodec.readCall(
      {
        messages: [
          { role: 'assistant', content: [{ type: 'tool_use', id, name: 'read', input: {} }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'ok' }] },
        ],
      },
      { model: 'm', stream: true },
    );
    assert.deepEqual(JSON.stringify(read).match(/"callId":"[^"]+"/g), ['"callId":"call_1|fc_2"', '"callId":"call_1|fc_2"']);
    assert.equal(ids[3], 'fine-1');
  });

  it('a signed call comes back with its signature, wherever the agent puts it, and no text is followed by a thought', () => {
    const carry = { issuer: 'gemini@google', token: 'dGhvdWdodA==' };
    const parts = partsOf([{ ...text('Reading.'), carry }, { ...call('c|1', '{}'), carry }, call('c2', '{}')], 'tool-use');
    assertLife(eventsOf(encode(parts)));
    const { content } = anthropicCodec.renderWhole(parts, frameOf()) as { content: Body[] };
    assert.deepEqual(
      content.map((block) => block['type'] as string),
      ['text', 'tool_use', 'redacted_thinking', 'tool_use'],
    );
    const read = (blocks: readonly Body[]) => {
      const result = anthropicCodec.readCall({ messages: [{ role: 'assistant', content: blocks }] }, { model: 'm', stream: true });
      assert.ok('call' in result);
      return [result.call.turns[0]?.content, result.losses];
    };
    const tool = (callId: string) => ({ kind: 'tool-call', callId, name: 'read', arguments: '{}' });
    const signed = [{ kind: 'text', text: 'Reading.' }, { ...tool('c|1'), carry }, tool('c2')];
    assert.deepEqual(read(content), [signed, []]);
    assert.deepEqual(read([content[0]!, content[2]!, content[1]!, content[3]!]), [signed, []]);
    assert.deepEqual(read([content[2]!]), [[], ['dropped-reasoning']]);
    const bare = anthropicCodec.untag({ messages: [{ role: 'assistant', content }] }, 'gemini@google', 'keep');
    assert.equal(JSON.stringify(bare).includes('redacted_thinking'), false);
  });

  const piece = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 });
  const carry = fc.constantFrom(CARRY, { issuer: 'gemini@google', token: 'Ü\n🧱' });
  const block: fc.Arbitrary<Written> = fc.oneof(
    fc.array(piece, { minLength: 1, maxLength: 3 }).map((texts) => text(...texts)),
    fc
      .record({ texts: fc.array(piece, { minLength: 1, maxLength: 3 }), carry: fc.option(carry, { nil: undefined }) })
      .map((each) => ({
        block: { kind: 'reasoning', form: 'full' } as const,
        ...each,
      })),
    carry.map((each): Written => ({ block: { kind: 'reasoning', form: 'full' }, texts: [], carry: each })),
    carry.map(redacted),
    fc.record({ json: fc.json(), cut: fc.nat(20) }).map(({ json, cut }) => {
      const all = `{"value":${json}}`;
      return call('', ...[all.slice(0, cut + 1), all.slice(cut + 1)].filter((each) => each !== ''));
    }),
  );
  const count = fc.nat(100_000);
  const usage: fc.Arbitrary<Usage> = fc
    .record({ input: fc.integer({ min: 1, max: 1000 }), cacheRead: count, cacheWrite5m: count, cacheWrite1h: count, output: count })
    .map((each) => ({ ...each, reasoningWithinOutput: each.output >> 1, units: {}, source: 'reported' as const }));
  const answer = fc
    .record({
      blocks: fc.array(block, { maxLength: 6 }),
      usage,
      reason: fc.constantFrom<StopReason>('end', 'max-tokens', 'refusal', 'pause', 'context-window', 'stop-sequence'),
    })
    .map((each) => {
      const blocks = each.blocks.map((one, n): Written =>
        one.block.kind === 'tool-call' ? { ...one, block: { ...one.block, callId: `call_${n}` } } : one,
      );
      const calls = blocks.some((one) => one.block.kind === 'tool-call');
      const reason: StopReason = calls && (each.reason === 'end' || each.reason === 'stop-sequence') ? 'tool-use' : each.reason;
      return partsOf(blocks, reason, each.usage);
    });

  /** Deltas joined, tags read: what must be the same on both sides. */
  const meaning = (parts: readonly Part[]) => {
    const blocks: { block: Block; text: string; carry?: unknown }[] = [];
    const rest: unknown[] = [];
    for (const part of parts) {
      if (part.type === 'block-start') blocks.push({ block: part.block, text: '' });
      else if (part.type === 'block-delta') blocks.at(-1)!.text += part.text;
      else if (part.type === 'block-end') blocks.at(-1)!.carry = part.carry;
      else if (part.type === 'usage') rest.push(part.usage);
      else if (part.type === 'response-end') rest.push(part.stop.reason);
    }
    return { blocks, rest };
  };
  /** A tag comes back as a signature of ours; its token is the block that holds it. */
  const untagged = (carried: unknown): unknown => {
    if (carried === undefined) return undefined;
    const own = JSON.parse((carried as { token: string }).token) as Body;
    return readTag((own['signature'] ?? own['data']) as string);
  };

  it('whatever comes, blocks live as they should, and the decoder reads what was written', () => {
    fc.assert(
      fc.property(answer, (parts) => {
        const bytes = encode(parts);
        assertLife(eventsOf(bytes));
        const decoded = decodeAll(anthropicCodec.decoder({}), [Buffer.from(bytes)]);
        assertOrder(decoded);
        const { blocks, rest } = meaning(decoded);
        assert.deepEqual({ blocks: blocks.map((each) => ({ ...each, carry: untagged(each.carry) })), rest }, meaning(parts));
      }),
      { numRuns: 500 },
    );
  });
  it("the vendor's client and the whole message say the same", async () => {
    await fc.assert(
      fc.asyncProperty(answer, async (parts) => {
        const message = await accumulated(encode(parts));
        const whole = JSON.parse(JSON.stringify(anthropicCodec.renderWhole(parts, frameOf()))) as Body;
        assert.deepEqual(message['content'], whole['content']);
        assert.deepEqual(message['stop_reason'], whole['stop_reason']);
        for (const key of ['id', 'model', 'role', 'type']) assert.equal(message[key], whole[key]);
        for (const key of ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'])
          assert.equal(message['usage'][key], whole['usage'][key], key);
        const streamed = meaning(decodeAll(anthropicCodec.decoder({ issuer: 'i' }), [Buffer.from(encode(parts))]));
        assert.deepEqual(meaning(anthropicCodec.decodeWhole(whole, { issuer: 'i' })).rest, streamed.rest);
      }),
      { numRuns: 100 },
    );
  });
});

import assert from 'node:assert/strict';
import { createOpenAI } from '@ai-sdk/openai';
import { streamText } from 'ai';
import fc from 'fast-check';
import OpenAI from 'openai';
import type { AnswerFrame } from '../../../src/core/dialects/codec.ts';
import { responsesCodec } from '../../../src/core/dialects/openai-responses/codec.ts';
import type { Call, ToolForm } from '../../../src/core/ir/call.ts';
import { readTag, type Carry } from '../../../src/core/ir/carry.ts';
import { gatewayError } from '../../../src/core/ir/error.ts';
import type { Block, Part, StopReason } from '../../../src/core/ir/parts.ts';
import { assertOrder, decodeAll } from './support.ts';

const tool = (name: string, form?: ToolForm) => ({
  name,
  description: '',
  parameters: { type: 'object' },
  ...(form === undefined ? {} : { form }),
});
const call: Call = {
  model: 'm',
  system: [],
  turns: [],
  tools: [
    tool('plain'),
    tool('apply_patch', { kind: 'custom', name: 'apply_patch' }),
    tool('functions__exec', { kind: 'custom', name: 'exec', namespace: 'functions' }),
    tool('mcp__go', { kind: 'function', name: 'go', namespace: 'mcp' }),
    tool('tool_search', { kind: 'tool-search', name: 'tool_search' }),
  ],
  toolChoice: 'auto',
  maxOutputTokens: undefined,
};
const frame: AnswerFrame = { id: 'abc', model: 'gpt-5.5', createdAt: 1_700_000_000, call, includeUsage: true };

interface Said {
  readonly block: Block;
  readonly deltas: readonly string[];
  readonly carry?: Carry;
}

function partsOf(said: readonly Said[], reason: StopReason): Part[] {
  const parts: Part[] = [{ type: 'response-start', id: 'x', model: 'm' }];
  said.forEach(({ block, deltas, carry }, at) => {
    parts.push({ type: 'block-start', at, block });
    for (const text of deltas) parts.push({ type: 'block-delta', at, text });
    parts.push(carry === undefined ? { type: 'block-end', at } : { type: 'block-end', at, carry });
  });
  parts.push({
    type: 'usage',
    usage: {
      input: 5,
      cacheRead: 3,
      cacheWrite5m: 2,
      cacheWrite1h: 0,
      output: 9,
      reasoningWithinOutput: 4,
      units: {},
      source: 'reported',
    },
  });
  const calls = said.some(({ block }) => block.kind === 'tool-call');
  const stop = calls && reason === 'end' ? 'tool-use' : reason;
  parts.push({ type: 'response-end', stop: { reason: stop, raw: '' } });
  return parts;
}

const encode = (parts: readonly Part[]): string => {
  const encoder = responsesCodec.encoder(frame);
  return parts.map((part) => encoder.push(part)).join('');
};
type Event = Record<string, unknown> & { readonly type: string };
const eventsOf = (bytes: string): Event[] =>
  bytes
    .split('\n\n')
    .filter((each) => each !== '')
    .map((each) => {
      const [name, data] = each.split('\n');
      const event = JSON.parse(data?.slice('data: '.length) ?? '') as Event;
      assert.equal(name, `event: ${event.type}`);
      return event;
    });
const fetchOf = (bytes: string) => () => Promise.resolve(new Response(bytes, { headers: { 'content-type': 'text/event-stream' } }));

const word = fc.constantFrom('a', ' ', 'ü', '"x"\n', '\u{1f600}');
const deltas = fc.array(word, { minLength: 1, maxLength: 3 });
const carry = fc.constantFrom<Carry>({ issuer: 'anthropic-messages@a', token: 'sig' }, { issuer: 'gemini@g', token: '{"x":1}' });
const pieces = (json: string) => fc.nat(json.length).map((at) => [json.slice(0, at), json.slice(at)].filter((each) => each !== ''));
const args = (name: string) => {
  const value = /patch|exec/.test(name)
    ? word.map((input) => ({ input }))
    : fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(word, fc.integer()), { noNullPrototype: true });
  return value.chain((each) => pieces(JSON.stringify(each)));
};
const toolCall = fc
  .constantFrom(...call.tools.map(({ name }) => name), 'unknown')
  .chain((name) => args(name).map((json) => ({ block: { kind: 'tool-call', callId: '', name } as const, deltas: json })));
const said: fc.Arbitrary<Said[]> = fc
  .array(
    fc.oneof(
      deltas.map((each): Said => ({ block: { kind: 'text' }, deltas: each })),
      fc.tuple(deltas, fc.option(carry, { nil: undefined })).map(([each, own]): Said => ({
        block: { kind: 'reasoning', form: 'summary' },
        deltas: each,
        ...(own === undefined ? {} : { carry: own }),
      })),
      carry.map((own): Said => ({ block: { kind: 'reasoning', form: 'redacted' }, deltas: [], carry: own })),
      toolCall,
    ),
    { maxLength: 6 },
  )
  .map((list) =>
    list.map((each, at) => (each.block.kind === 'tool-call' ? { ...each, block: { ...each.block, callId: `call_${at}` } } : each)),
  );
/** Signed texts and calls, too: their signatures come in items of their own. */
const signed = fc
  .tuple(said, fc.array(fc.option(carry, { nil: undefined }), { minLength: 6, maxLength: 6 }))
  .map(([list, carries]) =>
    list.map((each, at): Said => {
      const own = carries[at];
      return each.carry !== undefined || own === undefined ? each : { ...each, carry: own };
    }),
  );
const reason = fc.constantFrom<StopReason>('end', 'max-tokens', 'refusal', 'unknown', 'pause');

/** Deltas joined; carries taken out of the item that this dialect's own decoder made of them. */
function meaning(parts: readonly Part[], unwrap: boolean): unknown[] {
  const blocks: { block: Block; text: string; carry?: Carry | undefined }[] = [];
  for (const part of parts) {
    if (part.type === 'block-start') blocks.push({ block: part.block, text: '' });
    const last = blocks.at(-1);
    if (part.type === 'block-delta' && last) last.text += part.text;
    if (part.type === 'block-end' && last) {
      const encrypted = part.carry && (JSON.parse(unwrap ? part.carry.token : '{}') as { encrypted_content?: string });
      last.carry = unwrap && encrypted ? readTag(encrypted.encrypted_content ?? '') : part.carry;
    }
  }
  return blocks.map(({ block, text, carry: own }) => {
    if (block.kind !== 'tool-call') return [block, text, own];
    const value: unknown = JSON.parse(text);
    return [block, value, own];
  });
}

describe('openai-responses answers agents', () => {
  it('what is decoded of an answer is what was encoded', () => {
    fc.assert(
      fc.property(said, reason, (each, stop) => {
        const parts = partsOf(each, stop);
        const decoded = decodeAll(responsesCodec.decoder({}), [Buffer.from(encode(parts))]);
        assertOrder(decoded);
        assert.deepEqual(meaning(decoded, true), meaning(parts, false));
        assert.deepEqual(
          decoded.find((part) => part.type === 'usage'),
          parts.find((part) => part.type === 'usage'),
        );
        const end = decoded.at(-1);
        assert.equal(end?.type, 'response-end');
        const calls = each.some(({ block }) => block.kind === 'tool-call');
        const expected = stop === 'max-tokens' || stop === 'refusal' ? stop : calls ? 'tool-use' : 'end';
        assert.equal(end?.type === 'response-end' && end.stop.reason, expected);
        assert.deepEqual(responsesCodec.renderWhole(parts, frame), eventsOf(encode(parts)).at(-1)?.['response'], 'whole');
        const whole = responsesCodec.decodeWhole(responsesCodec.renderWhole(parts, frame), {});
        assert.deepEqual(meaning(whole, true), meaning(parts, false));
      }),
      { numRuns: 500 },
    );
  });

  it('events are numbered, and ids and indexes hold together', () => {
    fc.assert(
      fc.property(signed, reason, (each, stop) => {
        const events = eventsOf(encode(partsOf(each, stop)));
        assert.deepEqual(
          events.map((event) => event['sequence_number']),
          events.map((_, n) => n),
        );
        const ids: string[] = [];
        for (const event of events) {
          if (event.type === 'response.output_item.added') {
            assert.equal(event['output_index'], ids.length);
            ids.push((event['item'] as { id: string }).id);
          }
          if (event['item_id'] !== undefined) assert.equal(event['item_id'], ids[event['output_index'] as number]);
        }
        assert.equal(new Set(ids).size, ids.length);
      }),
      { numRuns: 200 },
    );
  });

  it("the SDK's strict reader takes every answer", async () => {
    await fc.assert(
      fc.asyncProperty(signed, reason, async (each, stop) => {
        const bytes = encode(partsOf(each, stop));
        const client = new OpenAI({ apiKey: 'k', baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0, fetch: fetchOf(bytes) });
        const stream = client.responses.stream({ model: 'gpt-5.5', input: 'x' });
        let seen = 0;
        for await (const event of stream) if (event.type !== undefined) seen += 1;
        assert.equal(seen, eventsOf(bytes).length);
        const final = await stream.finalResponse();
        const texts = each.flatMap(({ block, deltas: given }) => (block.kind === 'text' ? [given.join('')] : []));
        assert.equal(final.output_text, texts.join(''));
        assert.equal(final.usage?.total_tokens, 19);
        for (const item of final.output)
          if (item.type === 'function_call') assert.doesNotThrow(() => JSON.parse(item.arguments) as unknown);
      }),
      { numRuns: 60 },
    );
  });

  it('the AI SDK takes every answer', async () => {
    await fc.assert(
      fc.asyncProperty(signed, reason, async (each, stop) => {
        const openai = createOpenAI({ apiKey: 'k', baseURL: 'http://127.0.0.1:9/v1', fetch: fetchOf(encode(partsOf(each, stop))) });
        const errors: unknown[] = [];
        const { fullStream } = streamText({
          model: openai.responses('gpt-5.5'),
          prompt: 'x',
          maxRetries: 0,
          onError: ({ error }) => void errors.push(error),
        });
        let words = '';
        let thoughts = '';
        const names: string[] = [];
        for await (const part of fullStream) {
          if (part.type === 'text-delta') words += part.text;
          if (part.type === 'reasoning-delta') thoughts += part.text;
          if (part.type === 'tool-call') names.push(part.toolName);
        }
        assert.deepEqual(errors, []);
        const all = (kind: string) =>
          each.flatMap(({ block, deltas: given }) => (block.kind === kind ? [given.join('')] : [])).join('');
        assert.equal(words, all('text'));
        assert.equal(thoughts, all('reasoning'));
        assert.equal(names.length, each.filter(({ block }) => block.kind === 'tool-call').length);
      }),
      { numRuns: 60 },
    );
  });

  it('calls a tool in the form in which it was declared', () => {
    const input = (name: string, json: string) => ({ block: { kind: 'tool-call', callId: name, name } as const, deltas: [json] });
    const output = responsesCodec.renderWhole(
      partsOf(
        [
          input('functions__exec', '{"input":"await 1"}'),
          input('apply_patch', 'no JSON'),
          input('mcp__go', ''),
          input('tool_search', '{"query":"w"}'),
        ].map((each) => ({ ...each, deltas: each.deltas.filter((text) => text !== '') })),
        'end',
      ),
      frame,
    )['output'];
    assert.deepEqual(output, [
      {
        id: 'ctc_abc_0',
        type: 'custom_tool_call',
        call_id: 'functions__exec',
        name: 'exec',
        namespace: 'functions',
        status: 'completed',
        input: 'await 1',
      },
      {
        id: 'ctc_abc_1',
        type: 'custom_tool_call',
        call_id: 'apply_patch',
        name: 'apply_patch',
        status: 'completed',
        input: 'no JSON',
      },
      {
        id: 'fc_abc_2',
        type: 'function_call',
        call_id: 'mcp__go',
        name: 'go',
        namespace: 'mcp',
        status: 'completed',
        arguments: '{}',
      },
      {
        id: 'tsc_abc_3',
        type: 'tool_search_call',
        call_id: 'tool_search',
        execution: 'client',
        status: 'completed',
        arguments: { query: 'w' },
      },
    ]);
  });

  it('state of a signed call comes back with the next request', () => {
    const state: Carry = { issuer: 'gemini@g', token: 'thought' };
    const parts = partsOf(
      [
        { block: { kind: 'text' }, deltas: ['hi'], carry: { issuer: 'gemini@g', token: 'words' } },
        { block: { kind: 'tool-call', callId: 'c1', name: 'plain' }, deltas: ['{}'], carry: state },
        { block: { kind: 'tool-call', callId: 'c2', name: 'plain' }, deltas: ['{}'] },
      ],
      'end',
    );
    const { output } = responsesCodec.renderWhole(parts, frame) as { output: unknown[] };
    const asked = responsesCodec.readCall(
      { model: 'm', input: [{ role: 'user', content: 'x' }, ...output] },
      { model: 'm', stream: true },
    );
    assert.ok('call' in asked);
    assert.deepEqual(asked.call.turns[1]?.content, [
      { kind: 'text', text: 'hi', carry: { issuer: 'gemini@g', token: 'words' } },
      { kind: 'tool-call', callId: 'c1', name: 'plain', arguments: '{}', carry: state },
      { kind: 'tool-call', callId: 'c2', name: 'plain', arguments: '{}' },
    ]);
  });

  it('ends with an error that agents heed', () => {
    const encoder = responsesCodec.encoder(frame);
    const begun = partsOf([{ block: { kind: 'text' }, deltas: ['a'] }], 'end').slice(0, 3);
    const before = eventsOf(begun.map((part) => encoder.push(part)).join(''));
    const [failed, ...none] = eventsOf(encoder.fail(gatewayError('upstream-broken', 'Cut.')) ?? '');
    assert.deepEqual(none, []);
    assert.equal(failed?.type, 'response.failed');
    assert.equal(failed?.['sequence_number'], before.length);
    const response = failed?.['response'] as Record<string, unknown>;
    assert.equal(response['id'], 'resp_abc');
    assert.deepEqual(response['error'], { code: 'server_error', message: 'Cut.' });
    assert.equal(encoder.fail(gatewayError('internal', 'again')), '');
  });
});

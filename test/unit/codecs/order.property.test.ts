import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Part } from '../../../src/core/ir/parts.ts';
import { CODECS } from '../../../src/core/dialects/codecs.ts';
import { assertOrder, decodeAll, fold } from './support.ts';

/** Whatever a provider sends, parts come in the promised order, and what a closed tool call holds is what was sent. */
describe('decoders keep the order of parts, whatever comes', () => {
  const word = fc.constantFrom('a', 'b c', '"', '{', '}', '\\n', '');

  const chatDelta = fc.oneof(
    fc.record({ content: fc.oneof(word, fc.constant(null)) }),
    fc.record({ reasoning_content: word }),
    fc.record({ refusal: word }),
    fc.record({
      tool_calls: fc.array(
        fc.record(
          {
            index: fc.oneof(fc.nat(2), fc.constant(null)),
            id: fc.constantFrom('x', 'y', '', null),
            function: fc.record(
              { name: fc.constantFrom('f', 'g', '', null), arguments: fc.oneof(word, fc.constantFrom('{}', '{"a":', '1}', null)) },
              { requiredKeys: [] },
            ),
          },
          { requiredKeys: [] },
        ),
        { maxLength: 3 },
      ),
    }),
  );
  const chat = fc.oneof(
    {
      weight: 8,
      arbitrary: chatDelta.map((delta) => ({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: null }] })),
    },
    fc
      .constantFrom('stop', 'tool_calls', 'length', 'error', '', '__proto__')
      .map((finish) => ({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: finish }] })),
    fc.constant({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } }),
    fc.constant({ error: { message: 'x' } }),
    fc.constant({}),
  );

  const at = fc.nat(3);
  const block = fc.oneof(
    fc.constantFrom(
      { type: 'text', text: '' },
      { type: 'thinking', thinking: 'h' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'server_tool_use', id: 's' },
    ),
    fc.record({
      type: fc.constant('tool_use'),
      id: fc.constantFrom('x', 'y', ''),
      name: fc.constant('f'),
      input: fc.constantFrom({}, { a: 1 }),
    }),
  );
  const delta = fc.oneof(
    fc.record({ type: fc.constant('text_delta'), text: word }),
    fc.record({ type: fc.constant('thinking_delta'), thinking: word }),
    fc.record({ type: fc.constant('signature_delta'), signature: word }),
    fc.record({ type: fc.constant('input_json_delta'), partial_json: fc.oneof(word, fc.constantFrom('{"a":', '1}')) }),
  );
  const anthropic = fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant('content_block_start'), index: at, content_block: block }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('content_block_delta'), index: at, delta }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('content_block_stop'), index: at }) },
    fc.constantFrom<object[]>(
      { type: 'message_start', message: { id: 'm', model: 'c', usage: { input_tokens: 1, output_tokens: 0 } } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_delta', delta: { stop_reason: '__proto__' } },
      { type: 'message_stop' },
      { type: 'ping' },
      { type: 'error', error: { type: 'api_error', message: 'x' } },
    ),
  );

  const functionCall = fc.record(
    {
      name: fc.constantFrom('f', 'g'),
      args: fc.constantFrom({}, { a: 1 }),
      willContinue: fc.boolean(),
      partialArgs: fc.array(fc.record({ jsonPath: fc.constantFrom('$.a', '$.b[0]', '$.b.c', 'x'), stringValue: word }), {
        maxLength: 2,
      }),
    },
    { requiredKeys: [] },
  );
  const piece = fc.oneof(
    fc.record({ text: word, thought: fc.boolean() }),
    functionCall.map((call) => ({ functionCall: call, thoughtSignature: 's' })),
    fc.constant({ inlineData: {} }),
  );
  const gemini = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .record({
          parts: fc.array(piece, { maxLength: 3 }),
          finishReason: fc.constantFrom(undefined, undefined, 'STOP', 'SAFETY', 'MALFORMED_FUNCTION_CALL', '__proto__'),
        })
        .map(({ parts, finishReason }) => ({ candidates: [{ content: { parts }, finishReason }], responseId: 'r' })),
    },
    fc.constantFrom<object[]>(
      { error: { code: 500, message: 'x' } },
      { usageMetadata: { promptTokenCount: 1 } },
      { promptFeedback: { blockReason: 'OTHER' } },
      {},
    ),
  );

  const output = fc.nat(3);
  const item = fc.oneof(
    fc.record({
      type: fc.constant('function_call'),
      id: fc.constantFrom('fc_1', 'fc_2'),
      call_id: fc.constantFrom('x', 'y', ''),
      name: fc.constantFrom('f', 'g', ''),
      arguments: fc.constantFrom('', '{}', '{"a":1}'),
    }),
    fc.record({
      type: fc.constant('custom_tool_call'),
      call_id: fc.constantFrom('x', 'z'),
      name: fc.constantFrom('f', ''),
      input: word,
    }),
    fc.record({
      type: fc.constant('reasoning'),
      id: fc.constant('rs_1'),
      summary: fc.array(
        word.map((text) => ({ type: 'summary_text', text })),
        { maxLength: 2 },
      ),
      encrypted_content: fc.constantFrom(undefined, 'sealed'),
    }),
    fc.record({
      type: fc.constant('message'),
      content: fc.array(
        fc.oneof(
          word.map((text) => ({ type: 'output_text', text })),
          word.map((refusal) => ({ type: 'refusal', refusal })),
        ),
        { maxLength: 2 },
      ),
    }),
    fc.constant({ type: 'web_search_call', id: 'ws_1' }),
  );
  const responseEnd = (type: string, response: object) => ({ type, response: { id: 'r', model: 'm', ...response } });
  const responses = fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant('response.output_item.added'), output_index: output, item }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('response.output_item.done'), output_index: output, item }) },
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constantFrom(
          'response.output_text.delta',
          'response.refusal.delta',
          'response.function_call_arguments.delta',
          'response.custom_tool_call_input.delta',
          'response.reasoning_summary_text.delta',
          'response.reasoning_text.delta',
        ),
        output_index: output,
        content_index: fc.nat(1),
        summary_index: fc.nat(1),
        delta: fc.oneof(word, fc.constantFrom('{"a":', '1}')),
      }),
    },
    fc.record({
      type: fc.constantFrom('response.function_call_arguments.done', 'response.output_text.done', 'response.content_part.done'),
      output_index: output,
      arguments: fc.constantFrom('{}', '{"a":1}'),
      text: word,
    }),
    fc.constantFrom<object[]>(
      responseEnd('response.created', { status: 'in_progress', output: [] }),
      responseEnd('response.completed', { status: 'completed', usage: { input_tokens: 3, output_tokens: 2 } }),
      responseEnd('response.incomplete', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }),
      responseEnd('response.incomplete', { status: 'incomplete', incomplete_details: { reason: '__proto__' } }),
      responseEnd('response.failed', { status: 'failed', error: { code: 'server_error', message: 'x' } }),
      { type: 'error', code: 'server_error', message: 'x' },
      { type: 'response.novelty' },
    ),
  );

  for (const [dialect, event] of [
    ['openai-chat', chat],
    ['openai-responses', responses],
    ['anthropic-messages', anthropic],
    ['gemini', gemini],
  ] as const) {
    const decode = (events: readonly unknown[], done: boolean): Part[] => {
      const text = events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('') + (done ? 'data: [DONE]\n\n' : '');
      return decodeAll(CODECS[dialect].decoder({}), [Buffer.from(text)]);
    };
    it(dialect, () => {
      fc.assert(
        fc.property(fc.array(event as fc.Arbitrary<unknown>, { maxLength: 14 }), fc.boolean(), (events, done) => {
          const withDone = done && dialect === 'openai-chat';
          const parts = decode(events, withDone);
          assertOrder(parts);
          const names = parts.flatMap((part) =>
            part.type === 'block-start' && part.block.kind === 'tool-call' ? [part.block.name] : [],
          );
          assert.ok(
            names.every((name) => name !== ''),
            'no call without a name',
          );
          const last = parts.at(-1);
          if (last?.type === 'response-end') assert.equal(typeof last.stop.reason, 'string');
          assert.deepEqual(fold(decode(events, withDone)), fold(parts), 'pure');
        }),
        { numRuns: 2000 },
      );
    });
  }

  it('openai-chat: any interleaving of parallel calls comes out whole and in the order in which the calls began', () => {
    const args = fc.dictionary(fc.constantFrom('path', 'n', 'ünïcode'), fc.oneof(fc.string({ maxLength: 12 }), fc.integer()), {
      maxKeys: 3,
    });
    fc.assert(
      fc.property(
        fc.array(args, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat(3)),
        fc.integer({ min: 1, max: 9 }),
        (calls, order, size) => {
          const left = calls.map((call) => JSON.stringify(call));
          const begun: number[] = [];
          const events: object[] = [];
          const send = (call: object) =>
            events.push({ id: 'c', model: 'm', choices: [{ index: 0, delta: { tool_calls: [call] } }] });
          while (left.some((json) => json !== '')) {
            const index = Number(order.next().value) % calls.length;
            const json = left[index] ?? '';
            if (json === '') continue;
            left[index] = json.slice(size);
            const piece = { index, function: { arguments: json.slice(0, size) } };
            if (begun.includes(index)) send(piece);
            else send({ ...piece, id: `id${index}`, function: { ...piece.function, name: 'f' } });
            if (!begun.includes(index)) begun.push(index);
          }
          events.push({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] });
          const text = events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('');
          const { blocks, end } = fold(decodeAll(CODECS['openai-chat'].decoder({}), [Buffer.from(text)]));
          assert.equal(end, 'tool-use (tool_calls)');
          assert.deepEqual(
            blocks,
            begun.map((index) => `id${index} f ${JSON.stringify(calls[index])}`),
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { responsesCodec } from '../../../src/core/dialects/openai-responses/codec.ts';
import type { JsonRecord } from '../../../src/core/dialects/read-json.ts';
import type { Part } from '../../../src/core/ir/parts.ts';
import { assertOrder, CORPUS, corpusStreams, cuts, decodeAll, fold, hasCorpus } from './support.ts';

const DIALECT = 'openai-responses';
const decode = (events: readonly object[], options = {}): readonly Part[] =>
  decodeAll(responsesCodec.decoder(options), [Buffer.from(events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join(''))]);
const created = { type: 'response.created', response: { id: 'resp_1', model: 'gpt' } };
const completed = { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: [] } };
const done = (output_index: number, item: object) => ({ type: 'response.output_item.done', output_index, item });
const message = (text: string) => ({ type: 'message', id: 'msg_1', content: [{ type: 'output_text', text }] });
const callItem = (callId: string, json: string) => ({ type: 'function_call', call_id: callId, name: 'f', arguments: json });

describe('openai-responses decodes what providers send', () => {
  for (const [name, bytes] of corpusStreams(DIALECT)) {
    it(name, () => {
      // Some files hold several answers, one after the other: each is a stream of its own.
      const payloads = bytes
        .toString()
        .split('\n\n')
        .filter((each) => each !== '');
      const starts = payloads.flatMap((each, n) => (each.includes('"response.created"') ? [n] : []));
      const answers = starts.map((from, n) =>
        payloads
          .slice(from, starts[n + 1])
          .map((each) => `${each}\n\n`)
          .join(''),
      );
      for (const text of answers) {
        const folded = fold(decodeAll(responsesCodec.decoder({}), [Buffer.from(text)]));
        assert.equal(
          name.includes('error') ? folded.end.includes('quota') : /^(?:end|tool-use) /.test(folded.end),
          true,
          folded.end,
        );
        const all = Buffer.from(text);
        if (all.length > 20_000) continue;
        for (const chunks of cuts(all)) assert.deepEqual(fold(decodeAll(responsesCodec.decoder({}), chunks)), folded);
      }
    });
  }

  it('whole answers say the same as streams', function () {
    if (!hasCorpus) this.skip();
    for (const name of readdirSync(`${CORPUS}/${DIALECT}`).filter((each) => each.endsWith('.json'))) {
      const body = JSON.parse(readFileSync(`${CORPUS}/${DIALECT}/${name}`, 'utf8')) as JsonRecord;
      const parts = responsesCodec.decodeWhole(body, {});
      assertOrder(parts);
      assert.equal(parts.at(-1)?.type, body['error'] ? 'response-error' : 'response-end', name);
    }
  });

  it('a reduced stream, and one that says everything only at its end', () => {
    const items = [message('hi'), callItem('c1', '{"a":1}')];
    const blocks = ['text: hi', 'c1 f {"a":1}'];
    assert.deepEqual(fold(decode([created, ...items.map((item, n) => done(n, item)), completed])).blocks, blocks);
    const last = { ...completed, response: { ...completed.response, output: items } };
    assert.deepEqual(fold(decode([created, last])).blocks, blocks);
    assert.deepEqual(fold(decode([last])).blocks, blocks);
  });

  it('nothing twice where everything is said four times, and nothing missing where deltas are', () => {
    const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const added = { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'msg_1', content: [] } };
    const rest = [
      { type: 'response.output_text.done', ...at, text: 'hello' },
      { type: 'response.content_part.done', ...at, part: { type: 'output_text', text: 'hello' } },
      done(0, message('hello')),
      completed,
    ];
    const delta = (text: string) => ({ type: 'response.output_text.delta', ...at, delta: text });
    for (const given of [[], [delta('hel')], [delta('hel'), delta('lo')]])
      for (const from of [0, 1, 2])
        assert.deepEqual(fold(decode([created, added, ...given, ...rest.slice(from)])).blocks, ['text: hello']);
  });

  it('parallel calls in any interleaving', () => {
    const add = (n: number) => ({ type: 'response.output_item.added', output_index: n, item: callItem(`c${n}`, '') });
    const delta = (n: number, text: string) => ({ type: 'response.function_call_arguments.delta', output_index: n, delta: text });
    const parts = decode([
      created,
      add(0),
      add(1),
      delta(1, '{"b":'),
      delta(0, '{"a":'),
      delta(1, '2}'),
      delta(0, '1}'),
      done(1, callItem('c1', '{"b":2}')),
      done(0, callItem('c0', '{"a":1}')),
      completed,
    ]);
    assert.deepEqual(fold(parts).blocks, ['c0 f {"a":1}', 'c1 f {"b":2}']);
    assert.equal(fold(parts).end, 'tool-use (completed)');
  });

  it('encrypted reasoning is carried as the item that it is', () => {
    const item = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'gAAA' };
    const parts = decode([created, done(0, { ...item, status: 'completed' }), done(1, message('x')), completed], {
      issuer: 'openai-responses@o',
    });
    const end = parts.find((part) => part.type === 'block-end');
    assert.deepEqual(end?.type === 'block-end' && end.carry, { issuer: 'openai-responses@o', token: JSON.stringify(item) });
    const hidden = decode([created, done(0, { ...item, summary: [] }), completed]);
    assert.deepEqual(
      hidden.find((part) => part.type === 'block-start'),
      { type: 'block-start', at: 0, block: { kind: 'reasoning', form: 'redacted' } },
    );
  });

  it('custom and search calls become calls with arguments; what the provider ran itself is left out', () => {
    const parts = decode([
      created,
      done(0, { type: 'web_search_call', id: 'ws_1', status: 'completed' }),
      done(1, { type: 'custom_tool_call', call_id: 'c1', name: 'exec', namespace: 'functions', input: 'a"b' }),
      done(2, { type: 'tool_search_call', call_id: 'c2', execution: 'client', arguments: { q: 1 } }),
      done(3, { type: 'tool_search_call', call_id: null, execution: 'server', arguments: {} }),
      completed,
    ]);
    assert.deepEqual(fold(parts).blocks, ['c1 functions__exec {"input":"a\\"b"}', 'c2 tool_search {"q":1}']);
  });

  it('how an answer ends', () => {
    const end = (event: object) => fold(decode([created, event])).end;
    const incomplete = (reason: string) => ({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason } },
    });
    assert.equal(end(completed), 'end (completed)');
    assert.equal(end(incomplete('max_output_tokens')), 'max-tokens (max_output_tokens)');
    assert.equal(end(incomplete('content_filter')), 'refusal (content_filter)');
    assert.match(
      end({ type: 'response.failed', response: { error: { code: 'rate_limit_exceeded', message: 'slow' } } }),
      /^upstream-rate-limited: .*slow/,
    );
    assert.match(end({ type: 'error', code: 'server_error', message: 'oh' }), /^upstream-error: .*oh/);
    assert.match(end({ type: 'ping' }), /^upstream-broken: .*cut off/);
    const refused = [created, done(0, { type: 'message', id: 'm', content: [{ type: 'refusal', refusal: 'no' }] }), completed];
    assert.deepEqual([fold(decode(refused)).blocks, fold(decode(refused)).end], [['text: no'], 'refusal (completed)']);
  });

  it('keeps the order of parts, whatever comes', () => {
    const index = fc.constantFrom(0, 1, 2, undefined);
    const text = fc.constantFrom('a', '{"a":', '1}', '', '{}');
    const item = fc.oneof(
      text.map(message),
      fc.record({
        type: fc.constant('function_call'),
        call_id: fc.constantFrom('x', 'y', ''),
        name: fc.constantFrom('f', ''),
        arguments: text,
      }),
      fc.record({ type: fc.constant('custom_tool_call'), call_id: fc.constantFrom('x', 'z'), name: fc.constant('g'), input: text }),
      fc.record({
        type: fc.constant('reasoning'),
        id: fc.constant('r'),
        encrypted_content: fc.constantFrom('e', null),
        summary: fc.constant([{ text: 's' }]),
      }),
      fc.constantFrom({ type: 'web_search_call' }, {}),
    );
    const event = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          type: fc.constantFrom('response.output_item.added', 'response.output_item.done'),
          output_index: index,
          item,
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({
          type: fc.constantFrom(
            'response.output_text.delta',
            'response.refusal.delta',
            'response.reasoning_summary_text.delta',
            'response.reasoning_text.delta',
            'response.function_call_arguments.delta',
            'response.custom_tool_call_input.delta',
          ),
          output_index: index,
          content_index: fc.nat(1),
          delta: text,
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          type: fc.constantFrom('response.output_text.done', 'response.content_part.done', 'response.function_call_arguments.done'),
          output_index: index,
          text,
          arguments: text,
        }),
      },
      fc.constantFrom<object>(created, completed, { type: 'error', message: 'x' }, { type: 'response.incomplete' }, {}),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 14 }), (events) => assertOrder(decode(events))),
      { numRuns: 2000 },
    );
  });
});

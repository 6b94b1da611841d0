import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../../src/core/dialects/by-id.ts';
import { CODECS } from '../../../src/core/dialects/codecs.ts';
import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';
import type { Part } from '../../../src/core/ir/parts.ts';
import type { SseEvent } from '../../../src/core/wire/sse-event.ts';
import { SseScanner } from '../../../src/core/wire/sse-scanner.ts';
import { corpusStreams, framed, ownStreams, type RecordedStream } from '../../properties/recorded-streams.ts';

const event = (data: unknown, name = ''): SseEvent => ({
  raw: new Uint8Array(),
  name,
  data: typeof data === 'string' ? data : JSON.stringify(data),
});

function eventsOf(stream: RecordedStream): readonly SseEvent[] {
  const events: SseEvent[] = [];
  const scanner = new SseScanner();
  scanner.push(framed(stream), (each) => events.push(each));
  return events;
}

/** Something that a reader would see, or an agent act upon. */
function isOutput(part: Part): boolean {
  return (part.type === 'block-delta' && part.text !== '') || (part.type === 'block-start' && part.block.kind === 'tool-call');
}

interface Opening {
  /** Index of the event at which the stream is let go, and of the first with output; -1 where there is none. */
  readonly letGo: number;
  readonly output: number;
}

function openingOf(stream: RecordedStream, nameless: boolean): Opening {
  const events = eventsOf(stream).map((each) => (nameless ? event(each.data) : each));
  const dialect = DIALECTS[stream.dialect];
  const decoder = CODECS[stream.dialect].decoder({});
  return {
    letGo: events.findIndex((each) => !dialect.isPreamble(each)),
    output: events.findIndex((each) => decoder.push(each).some(isOutput)),
  };
}

function check(streams: readonly RecordedStream[]): void {
  for (const stream of streams) {
    const where = `${stream.dialect}/${stream.name}`;
    const opening = openingOf(stream, false);
    if (opening.output !== -1) assert.ok(opening.letGo !== -1 && opening.letGo <= opening.output, `${where} holds output back`);
    assert.deepEqual(openingOf(stream, true), opening, `${where} depends on the event line`);
  }
}

type Cases = Readonly<Record<DialectId, readonly unknown[]>>;

/** In the order in which a stream may begin with them. */
const PREAMBLE: Cases = {
  'anthropic-messages': [
    { type: 'message_start', message: { id: 'msg_1', role: 'assistant', content: [], usage: { input_tokens: 3 } } },
    { type: 'ping' },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  ],
  'openai-responses': [
    { type: 'response.created', response: { id: 'resp_1', output: [] } },
    { type: 'response.queued', response: { id: 'resp_1' } },
    { type: 'response.in_progress', response: { id: 'resp_1', output: [] } },
    { type: 'response.output_item.added', item: { type: 'reasoning', summary: [], encrypted_content: 'c2VhbGVk' } },
    { type: 'response.reasoning_summary_part.added', part: { type: 'summary_text', text: '' } },
    { type: 'response.output_item.added', item: { type: 'message', role: 'assistant', content: [] } },
    { type: 'response.content_part.added', part: { type: 'output_text', text: '', annotations: [] } },
    { type: 'response.failed', response: { error: { code: 'server_is_overloaded', message: 'x' } } },
    { type: 'error', code: 'rate_limit_exceeded', message: 'x' },
  ],
  'openai-chat': [
    { choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
    { choices: [{ index: 0, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null }] },
    { choices: [{ index: 0, delta: { role: 'assistant', content: null, tool_calls: [] } }], usage: null },
    { choices: [{ index: 0, delta: {}, finish_reason: null, content_filter_results: { hate: { filtered: false } } }] },
    { error: { message: 'overloaded', code: 503 } },
    { error: 'overloaded' },
    { object: 'error', message: 'older vLLM', code: 400 },
    { error: { code: 502, message: 'x' }, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] },
  ],
  gemini: [
    {},
    { usageMetadata: { promptTokenCount: 3 }, modelVersion: 'gemini-3' },
    { candidates: [{ content: { role: 'model' }, index: 0 }] },
    { candidates: [{ content: { role: 'model', parts: [] }, finishReason: 'FINISH_REASON_UNSPECIFIED' }] },
    { candidates: [{ content: { parts: [{ text: '', thought: true }] } }], promptFeedback: {} },
    { error: { code: 503, status: 'UNAVAILABLE', message: 'x' } },
  ],
};

const OUTPUT: Cases = {
  'anthropic-messages': [
    { type: 'message_start', message: { content: [{ type: 'text', text: 'Hi' }] } },
    { type: 'content_block_start', content_block: { type: 'text', text: 'Hi' } },
    { type: 'content_block_start', content_block: { type: 'tool_use', id: 't', name: 'Bash', input: {} } },
    { type: 'content_block_start', content_block: { type: 'redacted_thinking', data: 'x' } },
    { type: 'content_block_start', content_block: { type: 'not_invented_yet' } },
    { type: 'content_block_delta', delta: { type: 'text_delta', text: 'H' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    { type: 'message_stop' },
    { type: 'not_invented_yet' },
  ],
  'openai-responses': [
    { type: 'response.created', response: { output: [{ type: 'message' }] } },
    { type: 'response.output_item.added', item: { type: 'function_call', name: 'x', arguments: '' } },
    { type: 'response.output_item.added', item: { type: 'web_search_call' } },
    { type: 'response.output_item.added', item: { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] } },
    { type: 'response.output_item.added', item: { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] } },
    { type: 'response.output_item.added' },
    { type: 'response.content_part.added', part: { type: 'refusal', refusal: 'No' } },
    { type: 'response.content_part.added' },
    { type: 'response.output_text.delta', delta: 'H' },
    { type: 'response.incomplete', response: {} },
    { type: 'response.completed', response: {} },
    { type: 'response.not_invented_yet' },
    '[DONE]',
  ],
  'openai-chat': [
    { choices: [{ delta: { content: 'H' } }] },
    { choices: [{ delta: { content: ' ' } }] },
    { choices: [{ delta: { content: [{ type: 'thinking', thinking: [] }] } }] },
    { choices: [{ delta: { reasoning_content: 'H' } }] },
    { choices: [{ delta: { tool_calls: [{ index: 0 }] } }] },
    { choices: [{ delta: { not_invented_yet: 1 } }] },
    { choices: [{ delta: {}, finish_reason: 'stop' }] },
    { choices: [{ delta: {} }, { index: 1, delta: { content: 'H' } }] },
    { choices: [{ message: { content: 'H' } }] },
    { choices: ['H'] },
    '[DONE]',
  ],
  gemini: [
    { candidates: [{ content: { parts: [{ text: 'H' }] } }] },
    { candidates: [{ content: { parts: [{ functionCall: { name: 'x' } }] } }] },
    { candidates: [{ content: { parts: [{ text: '', thoughtSignature: 'x' }] } }] },
    { candidates: [{ finishReason: 'STOP' }] },
    { candidates: [{ content: { parts: [] }, finishReason: 'SAFETY' }] },
    { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } },
    { candidates: [7] },
    '[DONE]',
  ],
};

describe('isPreamble', () => {
  for (const id of DIALECT_IDS) {
    const isPreamble = (each: SseEvent): boolean => DIALECTS[id].isPreamble(each);

    it(`${id}: holds back what says nothing yet`, () => {
      for (const each of PREAMBLE[id]) assert.equal(isPreamble(event(each)), true, JSON.stringify(each));
    });

    it(`${id}: lets go what was said, what ends, and what is not known`, () => {
      for (const each of OUTPUT[id]) assert.equal(isPreamble(event(each)), false, JSON.stringify(each));
      for (const each of ['not JSON', '[]', '"text"', '7']) assert.equal(isPreamble(event(each)), false, each);
    });

    it(`${id}: holds back comments, blank lines and names without data`, () => {
      for (const each of [event(''), event(' \n'), event('', 'ping')]) assert.equal(isPreamble(each), true);
    });
  }

  it('takes the type from the event line where the data has none', () => {
    assert.equal(DIALECTS['anthropic-messages'].isPreamble(event({ message: {} }, 'message_start')), true);
    assert.equal(DIALECTS['openai-responses'].isPreamble(event({ message: 'x' }, 'error')), true);
    assert.equal(DIALECTS['openai-chat'].isPreamble(event({ message: 'x' }, 'error')), true);
  });

  it('never holds output back, with or without the names of events', () => {
    check(ownStreams());
    for (const id of DIALECT_IDS) {
      const openings = ownStreams().filter(({ dialect }) => dialect === id);
      assert.ok(
        openings.some((stream) => openingOf(stream, false).output !== -1),
        `no stream of ${id} says anything`,
      );
    }
  });

  it('never holds output of a recorded stream back', () => check(corpusStreams() ?? []));
});

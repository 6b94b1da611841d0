import type { DialectId } from '../../../src/core/ir/dialect.ts';
import type { StepError } from '../fake-providers/script.ts';
import { breaking, EVENTS, type Fault, failing, harmless, OPENAI, WITH_OPENING } from './fault.ts';

const PAGE = '<!doctype html><html><head><title>Sign in</title></head><body><h1>Welcome to the network</h1></body></html>';

/** Bytes of text in one event. */
const HUGE = 5_000_000;

/** A provider that is too busy, in the words of its streams. */
const BUSY: Readonly<Record<DialectId, Omit<StepError, 'headers' | 'moments' | 'body'>>> = {
  'openai-chat': { status: 503, type: 'server_error', code: 'server_is_overloaded', message: 'The server is overloaded.' },
  'openai-responses': { status: 503, type: 'server_error', code: 'server_is_overloaded', message: 'The server is overloaded.' },
  'anthropic-messages': { status: 529, message: 'Overloaded' },
  gemini: { status: 503, message: 'The model is overloaded. Please try again later.' },
};

const BROKEN = '{"error":{"message":"upstream failed","type":"server_error","param":null,"code":null}}';

const JSON_ERRORS: Readonly<Record<DialectId, string>> = {
  'openai-chat': BROKEN,
  'openai-responses': BROKEN,
  'anthropic-messages': '{"type":"error","error":{"type":"api_error","message":"upstream failed"}}',
  gemini: '{"error":{"code":500,"message":"upstream failed","status":"INTERNAL"}}',
};

type Counts = Readonly<Record<DialectId, Readonly<Record<string, unknown>>>>;

/** The counters of each dialect, all with one value. */
function usageWith(input: unknown, output: unknown): Counts {
  const chat = { prompt_tokens: input, completion_tokens: output, total_tokens: input };
  const named = { input_tokens: input, output_tokens: output };
  return {
    'openai-chat': chat,
    'openai-responses': { ...named, total_tokens: input },
    'anthropic-messages': { ...named, cache_read_input_tokens: input, cache_creation_input_tokens: output },
    gemini: { promptTokenCount: input, candidatesTokenCount: output, totalTokenCount: input },
  };
}

const strangeUsage = (name: string, counts: Counts, rest: { dialects?: readonly DialectId[]; only?: 'stream' } = {}): Fault =>
  harmless({ name, ...rest, steps: (dialect) => [{ usage: { wire: counts[dialect] } }] });

export const BODY_FAULTS: readonly Fault[] = [
  failing('transient', {
    name: 'html-with-200',
    steps: () => [{ raw: { headers: { 'content-type': 'text/html; charset=utf-8' }, chunks: [PAGE] } }],
  }),
  failing('transient', {
    name: 'html-with-502',
    steps: () => [{ raw: { status: 502, headers: { 'content-type': 'text/html' }, chunks: [PAGE] } }],
  }),
  failing('transient', {
    name: 'json-error-with-200',
    steps: (dialect) => [{ raw: { headers: { 'content-type': 'application/json' }, chunks: [JSON_ERRORS[dialect]] } }],
  }),
  failing('transient', {
    name: 'empty-body',
    steps: (_dialect, stream) => [
      { raw: { headers: { 'content-type': stream ? 'text/event-stream' : 'application/json' }, chunks: [] } },
    ],
  }),
  harmless({ name: 'wrong-content-type', steps: () => [{ headers: { 'content-type': 'text/plain; charset=utf-8' } }] }),
  harmless({ name: 'gzip-unasked', steps: () => [{ encoding: 'gzip' }] }),
  harmless({ name: 'huge-event', steps: () => [{ text: 'long ', repeatText: HUGE / 5 }] }),
  harmless({ name: 'crlf-line-ends', only: 'stream', steps: () => [{ newline: '\r\n' }] }),
  harmless({ name: 'lf-line-ends', only: 'stream', steps: () => [{ newline: '\n' }] }),
  // Gemini's first event is output: twice would be twice the words, and nobody could tell.
  harmless({ name: 'duplicate-opening', dialects: WITH_OPENING, only: 'stream', steps: () => [{ repeat: 'first' }] }),
  harmless({ name: 'duplicate-end', dialects: WITH_OPENING, only: 'stream', steps: () => [{ repeat: 'last' }] }),
  breaking({ name: 'missing-end', steps: (dialect) => [{ cut: 'eof', afterEvents: EVENTS[dialect].text }] }),
  // The chunk with `finish_reason` has ended the answer; what comes after it is only a mark.
  harmless({
    name: 'missing-done-mark',
    dialects: ['openai-chat'],
    only: 'stream',
    steps: () => [{ cut: 'eof', afterEvents: -1 }],
  }),
  failing('overloaded', {
    name: 'error-event-first',
    only: 'stream',
    steps: (dialect) => [{ errorEvent: BUSY[dialect] }],
  }),
  failing('overloaded', {
    name: 'error-event-after-opening',
    dialects: OPENAI,
    only: 'stream',
    steps: (dialect) => [{ errorEvent: BUSY[dialect], afterEvents: EVENTS[dialect].opening }],
  }),
  // Anthropic's opening tells the tokens of the prompt, so this was worked on.
  failing('overloaded', {
    name: 'error-event-after-message-start',
    dialects: ['anthropic-messages'],
    only: 'stream',
    billable: true,
    steps: (dialect) => [{ errorEvent: BUSY[dialect], afterEvents: EVENTS[dialect].opening }],
  }),
  breaking({
    name: 'error-event-after-output',
    steps: (dialect) => [{ errorEvent: BUSY[dialect], afterEvents: EVENTS[dialect].output }],
  }),

  harmless({ name: 'usage-absent', steps: () => [{ usage: 'absent' }] }),
  strangeUsage('usage-negative', usageWith(-7, -1)),
  strangeUsage('usage-no-number', usageWith(null, 'NaN')),
  strangeUsage('usage-fractional', usageWith(12.5, 1e300)),
  // Bare, it spoils the JSON around it. In chat that is a chunk of its own; elsewhere it would be the answer itself.
  strangeUsage('usage-nan', usageWith(Number.NaN, Number.NaN), { dialects: ['openai-chat'], only: 'stream' }),
];

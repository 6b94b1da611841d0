import { gatewayError, isGatewayError, type GatewayError } from '../../ir/error.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import type { AnswerFrame } from '../codec.ts';
import { estimateText } from '../count-tokens.ts';
import { cutOff, notJson } from '../decoder.ts';
import { parseRecord, type JsonRecord } from '../read-json.ts';
import type { CompletionCall } from './completion-call.ts';
import { COMPLETION_FORMS, type CompletionForm } from './forms.ts';
import { readPiece, type CompletionFinish } from './read-answer.ts';

/** What an answer needs besides its text. `model` is the agent's name of it. */
export interface CompletionFrame extends Pick<AnswerFrame, 'id' | 'model' | 'createdAt'> {
  /** As it was read. */
  readonly call: CompletionCall;
}

/** Writes the stream of one answer in the agent's form. */
export interface CompletionStream {
  /** Bytes for the agent; empty where there is nothing to say yet. */
  push(event: SseEvent): string;
  /** The provider's stream is over. */
  end(): string;
  /** Set once the provider has failed or was cut off. Neither form has an error event: the connection must be cut. */
  readonly failure: GatewayError | undefined;
}

/** From any form to `to`. The end waits for `[DONE]`, because usage may follow the finish reason. */
export function completionStream(to: CompletionForm, frame: CompletionFrame): CompletionStream {
  const chunks = COMPLETION_FORMS[to].answer === 'text' ? textChunks(frame) : chatChunks(frame);
  let finish: CompletionFinish | undefined;
  let usage: JsonRecord | undefined;
  let failure: GatewayError | undefined;
  let ended = false;

  const endAnswer = (): string => {
    ended = true;
    // A server that gives no reason and says [DONE] has finished.
    return [...chunks.last(finish ?? 'stop', usage).map(frameOf), 'data: [DONE]\n\n'].join('');
  };
  const fail = (error: GatewayError): string => {
    ended = true;
    failure = error;
    return '';
  };

  return {
    push(event) {
      const data = event.data.trim();
      if (ended || data === '') return '';
      if (data === '[DONE]') return endAnswer();
      const chunk = parseRecord(data);
      if (chunk === undefined) return fail(notJson());
      const piece = readPiece(event.name === 'error' ? { error: chunk['error'] ?? chunk } : chunk);
      if (isGatewayError(piece)) return fail(piece);
      finish = piece.finish ?? finish;
      usage = piece.usage ?? usage;
      return piece.text === '' ? '' : frameOf(chunks.text(piece.text));
    },
    end() {
      if (ended) return '';
      return finish === undefined ? fail(cutOff()) : endAnswer();
    },
    get failure() {
      return failure;
    },
  };
}

/** The same for an answer that came whole. */
export function convertCompletion(
  body: JsonRecord,
  to: CompletionForm,
  frame: CompletionFrame,
): Record<string, unknown> | GatewayError {
  const piece = readPiece(body);
  if (isGatewayError(piece)) return piece;
  if (!Array.isArray(body['choices']) || body['choices'].length === 0)
    return gatewayError('upstream-broken', 'The provider answered without a completion. Try again.');
  const { text, usage } = piece;
  const finish = piece.finish ?? 'stop';
  if (COMPLETION_FORMS[to].answer === 'text') {
    const choices = [{ text, index: 0, logprobs: null, finish_reason: finish }];
    return { ...headOf(frame, 'text'), choices, ...(usage === undefined ? {} : { usage }) };
  }
  const choices = [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: finish }];
  return { ...headOf(frame, 'chat'), object: 'chat.completion', choices, usage: usage ?? estimated(frame.call, text) };
}

interface Chunks {
  text(text: string): JsonRecord;
  last(finish: CompletionFinish, usage: JsonRecord | undefined): readonly JsonRecord[];
}

/** OpenAI: where usage was asked for it comes in a chunk of its own, and every other chunk says null. */
function textChunks(frame: CompletionFrame): Chunks {
  const { includeUsage } = frame.call;
  const chunk = (text: string, finish: CompletionFinish | null): JsonRecord => ({
    ...headOf(frame, 'text'),
    choices: [{ text, index: 0, logprobs: null, finish_reason: finish }],
    ...(includeUsage ? { usage: null } : {}),
  });
  return {
    text: (text) => chunk(text, null),
    last: (finish, usage) => [
      chunk('', finish),
      ...(includeUsage && usage !== undefined ? [{ ...headOf(frame, 'text'), choices: [], usage }] : []),
    ],
  };
}

/** Mistral: usage comes unasked, with the finish reason. */
function chatChunks(frame: CompletionFrame): Chunks {
  let begun = false;
  const chunk = (content: string, finish: CompletionFinish | null): JsonRecord => {
    const delta = begun ? { content } : { role: 'assistant', content };
    begun = true;
    return { ...headOf(frame, 'chat'), choices: [{ index: 0, delta, finish_reason: finish }] };
  };
  return {
    text: (text) => chunk(text, null),
    last: (finish, usage) => [{ ...chunk('', finish), ...(usage === undefined ? {} : { usage }) }],
  };
}

function headOf(frame: CompletionFrame, answer: 'text' | 'chat'): JsonRecord {
  const { id, model, createdAt: created } = frame;
  return answer === 'text'
    ? { id: `cmpl-${id}`, object: 'text_completion', created, model }
    : { id, object: 'chat.completion.chunk', created, model };
}

function frameOf(chunk: JsonRecord): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** Mistral's client refuses a whole answer without usage. */
function estimated(call: CompletionCall, text: string): JsonRecord {
  const prompt = estimateText(call.prompt) + estimateText(call.suffix ?? '');
  const completion = estimateText(text);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

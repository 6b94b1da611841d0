import { gatewayError } from '../../ir/error.ts';
import type { StopReason } from '../../ir/parts.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { AnswerParts } from '../answer-parts.ts';
import { decoderOf } from '../decoder-of.ts';
import { cutOff, isWholeObject, notJson, providerError, type Decoder } from '../decoder.ts';
import type { DialectQuirks } from '../dialect.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { streamMeter } from './meter.ts';

const STOPS: Readonly<Record<string, StopReason>> = {
  stop: 'end',
  length: 'max-tokens',
  tool_calls: 'tool-use',
  function_call: 'tool-use',
  content_filter: 'refusal',
};

/** A call whose name may still be on its way; until then its arguments wait. */
interface PendingCall {
  readonly id: string | undefined;
  json: string;
  call: ReturnType<AnswerParts['openCall']> | undefined;
}

export function decoder(quirks: DialectQuirks = {}): Decoder {
  const meter = streamMeter(quirks);
  const parts = new AnswerParts(meter);
  const byIndex = new Map<number, PendingCall>();
  const pending: PendingCall[] = [];
  let finish: string | undefined;
  let refused = false;

  function read(event: SseEvent): void {
    const data = event.data.trim();
    if (data === '') return;
    // Usage may follow the finish reason, so only this event (or the end of the stream) closes the answer.
    if (data === '[DONE]') return finishAnswer();
    const chunk = parseRecord(data);
    if (chunk === undefined) return parts.fail(notJson());
    // Older vLLM: the error is the chunk itself.
    if ((chunk['error'] ?? undefined) !== undefined || event.name === 'error' || chunk['object'] === 'error') return fail(chunk);

    const choice = choiceOf(chunk);
    const id = textAt(chunk, 'id');
    // Azure's first chunk has neither: it tells only how the prompt was filtered.
    if (id !== undefined || choice !== undefined) parts.start(id ?? '', textAt(chunk, 'model') ?? '');
    if (choice === undefined) return;
    readDelta(recordAt(choice, 'delta') ?? recordAt(choice, 'message') ?? {});
    finish = textAt(choice, 'finish_reason') ?? finish;
    if (finish === 'error') fail(chunk);
  }

  function readDelta(delta: JsonRecord): void {
    const reasoning = textAt(delta, 'reasoning_content') ?? textAt(delta, 'reasoning');
    if (reasoning !== undefined) parts.prose({ kind: 'reasoning', form: 'full' }, reasoning);
    if (typeof delta['content'] === 'string') parts.prose({ kind: 'text' }, delta['content']);
    for (const piece of listAt(delta, 'content')) readPiece(asRecord(piece));
    const refusal = textAt(delta, 'refusal');
    if (refusal !== undefined) {
      refused = true;
      parts.prose({ kind: 'text' }, refusal);
    }
    for (const fragment of listAt(delta, 'tool_calls')) readFragment(asRecord(fragment) ?? {});
  }

  /** Mistral writes its content as a list of typed pieces when it reasons. */
  function readPiece(piece: JsonRecord | undefined): void {
    if (piece?.['type'] === 'text') parts.prose({ kind: 'text' }, textAt(piece, 'text') ?? '');
    if (piece?.['type'] !== 'thinking') return;
    for (const thought of listAt(piece, 'thinking')) {
      parts.prose({ kind: 'reasoning', form: 'full' }, textAt(asRecord(thought), 'text') ?? '');
    }
  }

  function readFragment(fragment: JsonRecord): void {
    const index = typeof fragment['index'] === 'number' ? fragment['index'] : undefined;
    const id = textAt(fragment, 'id');
    const told = recordAt(fragment, 'function') ?? {};
    const name = textAt(told, 'name');
    const json = argumentText(told['arguments']);
    let call = currentCall(index, id, name);
    if (call === undefined || isAnotherCall(call, id, name, json)) {
      call = { id, json: '', call: undefined };
      pending.push(call);
      if (index !== undefined) byIndex.set(index, call);
    }
    if (call.call !== undefined) return parts.addToCall(call.call, json);
    call.json += json;
    if (name === undefined) return;
    call.call = parts.openCall(call.id ?? id, name);
    parts.addToCall(call.call, call.json);
  }

  function currentCall(index: number | undefined, id: string | undefined, name: string | undefined): PendingCall | undefined {
    if (index !== undefined) return byIndex.get(index);
    if (id !== undefined) return pending.find((call) => call.id === id);
    return name === undefined ? pending.at(-1) : undefined;
  }

  function fail(chunk: JsonRecord): void {
    parts.fail(providerError(recordAt(chunk, 'error') ?? textAt(chunk, 'error') ?? chunk));
  }

  function finishAnswer(): void {
    if (pending.some((call) => call.call === undefined)) {
      return parts.fail(gatewayError('upstream-broken', 'The provider sent a tool call without the name of the tool. Try again.'));
    }
    const raw = finish ?? '';
    parts.end(refused ? 'refusal' : (STOPS[raw] ?? 'unknown'), raw);
  }

  return decoderOf(parts, meter, read, () => {
    // Some servers leave [DONE] out; an answer with its finish reason is whole all the same.
    if (!parts.ended && finish !== undefined) finishAnswer();
    else parts.fail(cutOff());
  });
}

/** The first choice: nobody here asks for more than one, and an empty list is no choice. */
function choiceOf(chunk: JsonRecord): JsonRecord | undefined {
  const choices = listAt(chunk, 'choices').map(asRecord);
  return choices.find((choice) => choice !== undefined && (choice['index'] ?? 0) === 0);
}

/**
 * Some providers give every parallel call the index 0. A fragment with a name then begins another call when its id is another
 * one, or, without ids, when the call so far is whole. A name alone proves nothing: some repeat it in each fragment.
 */
function isAnotherCall(call: PendingCall, id: string | undefined, name: string | undefined, json: string): boolean {
  if (name === undefined) return false;
  if (id !== undefined && call.id !== undefined) return id !== call.id;
  return id === undefined && json.trim() !== '' && call.call !== undefined && isWholeObject(call.call.json);
}

/** Ollama and some others send the arguments as an object. */
function argumentText(value: unknown): string {
  if (typeof value === 'string') return value;
  return asRecord(value) === undefined ? '' : JSON.stringify(value);
}

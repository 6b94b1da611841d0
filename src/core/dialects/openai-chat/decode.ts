import { gatewayError } from '../../ir/error.ts';
import type { Part, StopReason } from '../../ir/parts.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { AnswerParts } from '../answer-parts.ts';
import type { DecodeOptions } from '../codec.ts';
import { decoderOf } from '../decoder-of.ts';
import { cutOff, isWholeObject, notJson, providerError, type Decoder } from '../decoder.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { Carries } from './carries.ts';
import { streamMeter } from './meter.ts';
import { detailText } from './reasoning-details.ts';

const STOPS: ReadonlyMap<string, StopReason> = new Map([
  ['stop', 'end'],
  ['length', 'max-tokens'],
  ['tool_calls', 'tool-use'],
  ['function_call', 'tool-use'],
  ['content_filter', 'refusal'],
]);

/** A call whose name may still be on its way; until then its arguments wait. */
interface PendingCall {
  readonly id: string | undefined;
  json: string;
  call: ReturnType<AnswerParts['openCall']> | undefined;
  /** Google's endpoint: the signature of the thought that led to the call. */
  extra: JsonRecord | undefined;
}

export function decoder(options: DecodeOptions = {}): Decoder {
  return chatDecoder(options, 'streamed');
}

/** One chunk with a `message` for its delta; that it came whole stands for the finish reason that some servers leave out. */
export function decodeWhole(body: JsonRecord, options: DecodeOptions): readonly Part[] {
  const answer = chatDecoder(options, 'whole');
  return [...answer.push({ raw: new Uint8Array(), name: '', data: JSON.stringify(body) }), ...answer.end()];
}

function chatDecoder(options: DecodeOptions, came: 'streamed' | 'whole'): Decoder {
  const meter = streamMeter(options.quirks ?? {});
  const parts = new AnswerParts(meter, options.usedCallIds);
  const carries = new Carries(options, parts.blocks);
  const byIndex = new Map<number, PendingCall>();
  const pending: PendingCall[] = [];
  let finish: string | undefined;
  let refused = false;
  let thinksPlainly = false;

  function read(event: SseEvent): void {
    const data = event.data.trim();
    if (data === '') return;
    // Usage may follow the finish reason, so only this event (or the end of the stream) closes the answer.
    if (data === '[DONE]') return finishAnswer();
    const chunk = parseRecord(data);
    if (chunk === undefined) {
      // After the finish reason comes nothing but counts, and some servers write a NaN among them: the answer is whole without.
      if (finish === undefined) parts.fail(notJson());
      return;
    }
    // Older vLLM: the error is the chunk itself.
    if ((chunk['error'] ?? undefined) !== undefined || event.name === 'error' || chunk['object'] === 'error') return fail(chunk);

    const choice = choiceOf(chunk);
    const id = textAt(chunk, 'id');
    // Azure's first chunk has neither: it tells only how the prompt was filtered.
    if (id !== undefined || choice !== undefined) parts.start(id ?? '', textAt(chunk, 'model') ?? '');
    if (choice === undefined) return;
    readDelta(recordAt(choice, 'delta') ?? recordAt(choice, 'message') ?? {});
    finish = textAt(choice, 'finish_reason') ?? finish ?? (came === 'whole' ? '' : undefined);
    if (finish === 'error') fail(chunk);
  }

  function readDelta(delta: JsonRecord): void {
    const details = listAt(delta, 'reasoning_details');
    const plain = ['reasoning_content', 'reasoning'].find((field) => textAt(delta, field) !== undefined);
    thinksPlainly ||= plain !== undefined;
    // The details repeat what the plain field says, where there is one; in a stream perhaps in a later chunk, all at once.
    const thought = thinksPlainly ? textAt(delta, plain ?? '') : details.map((each) => detailText(asRecord(each) ?? {})).join('');
    think(thought ?? '');
    carries.addReasoning(plain, details);
    if (typeof delta['content'] === 'string') say(delta['content']);
    for (const piece of listAt(delta, 'content')) readPiece(asRecord(piece));
    const refusal = textAt(delta, 'refusal');
    if (refusal !== undefined) {
      refused = true;
      say(refusal);
    }
    for (const fragment of listAt(delta, 'tool_calls')) readFragment(asRecord(fragment) ?? {});
    const legacy = recordAt(delta, 'function_call');
    if (legacy !== undefined) readFragment({ index: 0, function: legacy });
  }

  function think(text: string): void {
    if (text !== '') carries.beginThought();
    parts.prose({ kind: 'reasoning', form: 'full' }, text);
  }

  function say(text: string): void {
    if (text !== '') carries.endThought();
    parts.prose({ kind: 'text' }, text);
  }

  /** Mistral writes its content as a list of typed pieces when it reasons. */
  function readPiece(piece: JsonRecord | undefined): void {
    if (piece?.['type'] === 'text') say(textAt(piece, 'text') ?? '');
    if (piece?.['type'] !== 'thinking') return;
    for (const thought of listAt(piece, 'thinking')) think(textAt(asRecord(thought), 'text') ?? '');
  }

  function readFragment(fragment: JsonRecord): void {
    const index = typeof fragment['index'] === 'number' ? fragment['index'] : undefined;
    const id = textAt(fragment, 'id');
    const told = recordAt(fragment, 'function') ?? {};
    const name = textAt(told, 'name');
    const json = argumentText(told['arguments']);
    let call = currentCall(index, id, name);
    if (call === undefined || isAnotherCall(call, id, name, json)) {
      call = { id, json: '', call: undefined, extra: undefined };
      pending.push(call);
      if (index !== undefined) byIndex.set(index, call);
    }
    call.extra = recordAt(fragment, 'extra_content') ?? call.extra;
    if (call.call === undefined) {
      call.json += json;
      if (name === undefined) return;
      carries.endProse();
      call.call = parts.openCall(call.id ?? id, name);
      parts.addToCall(call.call, call.json);
    } else {
      parts.addToCall(call.call, json);
    }
    carries.addExtra(call.call.open.block, call.extra);
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
    carries.endProse();
    parts.end(refused ? 'refusal' : (STOPS.get(raw) ?? 'unknown'), raw);
  }

  const bare = decoderOf(parts, meter, read, () => {
    // Some servers leave [DONE] out; an answer with its finish reason is whole all the same.
    if (!parts.ended && finish !== undefined) finishAnswer();
    else parts.fail(cutOff());
  });
  return {
    push: (event) => carries.attach(bare.push(event)),
    end: () => carries.attach(bare.end()),
  };
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

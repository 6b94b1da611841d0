import type { Part, StopReason } from '../../ir/parts.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { AnswerParts } from '../answer-parts.ts';
import type { DecodeOptions } from '../codec.ts';
import { decoderOf } from '../decoder-of.ts';
import { cutOff, notJson, providerError, type Decoder } from '../decoder.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { answerItem, type Answer, type AnswerItem } from './answer-items.ts';
import { streamMeter } from './meter.ts';

const INCOMPLETE: ReadonlyMap<string, StopReason> = new Map([
  ['max_output_tokens', 'max-tokens'],
  ['content_filter', 'refusal'],
]);

interface Seen {
  readonly item: AnswerItem;
  readonly id: string | undefined;
  ended: boolean;
}

export function decoder(options: DecodeOptions = {}): Decoder {
  const meter = streamMeter(options.quirks);
  const parts = new AnswerParts(meter, options.usedCallIds);
  const answer: Answer = { parts, issuer: options.issuer ?? 'openai-responses', refused: false };
  const items = new Map<unknown, Seen>();

  function read(event: SseEvent): void {
    const text = event.data.trim();
    // Imitations end like Chat does; whether the answer was whole is known by then.
    if (text === '' || text === '[DONE]') return;
    const data = parseRecord(text);
    if (data === undefined) return parts.fail(notJson());
    const delta = textAt(data, 'delta') ?? '';
    switch (data['type'] ?? event.name) {
      case 'response.created':
      case 'response.in_progress':
        return start(recordAt(data, 'response'));
      case 'response.output_item.added':
        return void open(data, recordAt(data, 'item') ?? {});
      case 'response.output_item.done':
        return end(data, recordAt(data, 'item') ?? {});
      case 'response.output_text.delta':
        return (at(data) ?? unannounced(data))?.text(partOf(data), delta, false);
      case 'response.output_text.done':
        return at(data)?.text(partOf(data), textAt(data, 'text') ?? '', true);
      case 'response.refusal.delta':
        return at(data)?.refusal(partOf(data), delta, false);
      case 'response.refusal.done':
        return at(data)?.refusal(partOf(data), textAt(data, 'refusal') ?? '', true);
      case 'response.content_part.done':
        return at(data)?.endPart(partOf(data), recordAt(data, 'part'));
      case 'response.reasoning_summary_text.delta':
        return at(data)?.text(summaryOf(data), delta, false);
      case 'response.reasoning_summary_text.done':
        return at(data)?.text(summaryOf(data), textAt(data, 'text') ?? '', true);
      case 'response.reasoning_text.delta':
        return at(data)?.text(partOf(data), delta, false);
      case 'response.reasoning_text.done':
        return at(data)?.text(partOf(data), textAt(data, 'text') ?? '', true);
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return at(data)?.arguments(delta, false);
      case 'response.function_call_arguments.done':
        return at(data)?.arguments(textAt(data, 'arguments') ?? '', true);
      case 'response.custom_tool_call_input.done':
        return at(data)?.arguments(textAt(data, 'input') ?? '', true);
      case 'response.completed':
      case 'response.incomplete':
        return finish(recordAt(data, 'response') ?? {});
      case 'response.failed':
      case 'response.cancelled':
        return fail(recordAt(recordAt(data, 'response'), 'error') ?? data);
      case 'error':
        return fail(recordAt(data, 'error') ?? data);
      default:
        return; // Progress of the provider's own tools, annotations, and what is yet to be invented.
    }
  }

  function start(response: JsonRecord | undefined): void {
    parts.start(textAt(response, 'id') ?? '', textAt(response, 'model') ?? '');
  }

  /** Copilot gives an item another id in each event; the index stays. */
  function keyOf(data: JsonRecord): unknown {
    return data['output_index'] ?? data['item_id'] ?? textAt(recordAt(data, 'item'), 'id');
  }

  function at(data: JsonRecord): AnswerItem | undefined {
    const seen = items.get(keyOf(data));
    return seen === undefined || seen.ended ? undefined : seen.item;
  }

  /** Some imitations bring a text without the item around it. */
  function unannounced(data: JsonRecord): AnswerItem | undefined {
    return items.has(keyOf(data)) ? undefined : open(data, { type: 'message' }).item;
  }

  function open(data: JsonRecord, item: JsonRecord): Seen {
    const key = keyOf(data);
    const before = items.get(key);
    if (before !== undefined) close(before, undefined);
    const seen: Seen = { item: answerItem(item, answer), id: identity(item), ended: false };
    items.set(key, seen);
    return seen;
  }

  function end(data: JsonRecord, item: JsonRecord): void {
    const seen = items.get(keyOf(data));
    const isSame = seen !== undefined && seen.item.type === item['type'];
    // Said twice by some; what comes under a taken index with another call's id is another call.
    if (isSame && seen.ended && seen.id === identity(item)) return;
    close(isSame && !seen.ended ? seen : open(data, item), item);
  }

  function close(seen: Seen, item: JsonRecord | undefined): void {
    if (seen.ended) return;
    seen.ended = true;
    seen.item.end(item);
  }

  function finish(response: JsonRecord): void {
    start(response);
    const output = listAt(response, 'output').map((each) => asRecord(each) ?? {});
    // Reduced streams bring the items only here.
    if (items.size === 0) output.forEach((item, index) => end({ output_index: index }, item));
    for (const [key, seen] of items) {
      const whole = typeof key === 'number' ? output[key] : undefined;
      close(seen, whole?.['type'] === seen.item.type ? whole : undefined);
    }
    const reason = textAt(recordAt(response, 'incomplete_details'), 'reason');
    const raw = reason ?? textAt(response, 'status') ?? 'completed';
    if (reason !== undefined || raw === 'incomplete') parts.end(INCOMPLETE.get(raw) ?? 'unknown', raw);
    else parts.end(answer.refused ? 'refusal' : 'end', raw);
  }

  function fail(error: JsonRecord): void {
    parts.fail(providerError(error));
  }

  return decoderOf(parts, meter, read, () => parts.fail(cutOff()));
}

/** The answer's items, then its end: the same as a stream that leaves out everything else. */
export function decodeWhole(body: JsonRecord, options: DecodeOptions): readonly Part[] {
  const whole = decoder(options);
  const push = (data: JsonRecord): readonly Part[] => whole.push({ raw: new Uint8Array(), name: '', data: JSON.stringify(data) });
  const error = recordAt(body, 'error');
  const parts = error === undefined ? [...push({ type: 'response.created', response: { ...body, output: [], usage: null } })] : [];
  if (error !== undefined) parts.push(...push({ type: 'error', error }));
  else if (body['status'] !== 'failed' && body['status'] !== 'cancelled' && Array.isArray(body['output']))
    parts.push(...push({ type: 'response.completed', response: body }));
  return [...parts, ...whole.end()];
}

function partOf(data: JsonRecord): string {
  return `content${numberAt(data, 'content_index')}`;
}

function summaryOf(data: JsonRecord): string {
  return `summary${numberAt(data, 'summary_index')}`;
}

function numberAt(data: JsonRecord, key: string): number {
  return typeof data[key] === 'number' ? data[key] : 0;
}

function identity(item: JsonRecord): string | undefined {
  return textAt(item, 'call_id') ?? textAt(item, 'id');
}

import { gatewayError } from '../../ir/error.ts';
import type { StopReason } from '../../ir/parts.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { AnswerParts } from '../answer-parts.ts';
import { decoderOf } from '../decoder-of.ts';
import type { OpenBlock } from '../block-sequence.ts';
import { cutOff, notJson, providerError, type Decoder } from '../decoder.ts';
import type { DialectQuirks } from '../dialect.ts';
import { parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { streamMeter } from './meter.ts';

/** Marks a `carry` as a thinking signature, or redacted thinking, of this dialect. */
const CARRY_PREFIX = 'anthropic-messages:';

const STOPS: Readonly<Record<string, StopReason>> = {
  end_turn: 'end',
  max_tokens: 'max-tokens',
  tool_use: 'tool-use',
  stop_sequence: 'stop-sequence',
  refusal: 'refusal',
  pause_turn: 'pause',
  model_context_window_exceeded: 'context-window',
};

type Content =
  | { readonly kind: 'prose'; readonly open: OpenBlock; signature: string }
  | { readonly kind: 'call'; readonly call: ReturnType<AnswerParts['openCall']>; readonly given: string };

export function decoder(quirks: DialectQuirks = {}): Decoder {
  const meter = streamMeter(quirks);
  const parts = new AnswerParts(meter);
  const contents = new Map<unknown, Content>();
  let begun = false;
  let stop: string | undefined;

  function read(event: SseEvent): void {
    if (event.data.trim() === '') return;
    const data = parseRecord(event.data);
    if (data === undefined) return parts.fail(notJson());
    switch (data['type'] ?? event.name) {
      case 'message_start':
        return readStart(recordAt(data, 'message') ?? {});
      case 'content_block_start':
        return openContent(data['index'], recordAt(data, 'content_block') ?? {});
      case 'content_block_delta':
        return readDelta(contents.get(data['index']), recordAt(data, 'delta') ?? {});
      case 'content_block_stop':
        return closeContent(data['index']);
      case 'message_delta':
        stop = textAt(recordAt(data, 'delta'), 'stop_reason') ?? stop;
        return;
      case 'message_stop':
        return finishAnswer();
      case 'error':
        return parts.fail(providerError(recordAt(data, 'error') ?? data));
      default:
        return; // ping, and what is yet to be invented
    }
  }

  function readStart(message: JsonRecord): void {
    // Seen from a proxy that repeats it, which does no harm, and from one that began anew in mid-answer: what was already said
    // cannot be taken back, and a half-written tool call must not run.
    if (begun) {
      return parts.fail(
        gatewayError('upstream-broken', 'The provider began its answer a second time before it had finished the first. Try again.'),
      );
    }
    parts.start(textAt(message, 'id') ?? '', textAt(message, 'model') ?? '');
  }

  function openContent(index: unknown, block: JsonRecord): void {
    parts.start('', '');
    begun = true;
    closeContent(index);
    switch (block['type']) {
      case 'text': {
        const open = parts.blocks.open({ kind: 'text' });
        contents.set(index, { kind: 'prose', open, signature: '' });
        return parts.blocks.add(open, textAt(block, 'text') ?? '');
      }
      case 'thinking': {
        const open = parts.blocks.open({ kind: 'reasoning', form: 'full' });
        contents.set(index, { kind: 'prose', open, signature: textAt(block, 'signature') ?? '' });
        return parts.blocks.add(open, textAt(block, 'thinking') ?? '');
      }
      case 'redacted_thinking': {
        const open = parts.blocks.open({ kind: 'reasoning', form: 'redacted' });
        contents.set(index, { kind: 'prose', open, signature: textAt(block, 'data') ?? '' });
        return;
      }
      case 'tool_use': {
        const input = recordAt(block, 'input');
        // The real thing begins with {} and sends the arguments as deltas; some imitations put them here and send none.
        const given = input === undefined || Object.keys(input).length === 0 ? '' : JSON.stringify(input);
        contents.set(index, { kind: 'call', call: parts.openCall(textAt(block, 'id'), textAt(block, 'name') ?? ''), given });
        return;
      }
      default:
        return; // Tools that the provider runs itself: no call of ours asks for them.
    }
  }

  function readDelta(content: Content | undefined, delta: JsonRecord): void {
    if (content?.kind === 'call') {
      if (delta['type'] === 'input_json_delta') parts.addToCall(content.call, textAt(delta, 'partial_json') ?? '');
    } else if (content?.kind === 'prose') {
      if (delta['type'] === 'text_delta') parts.blocks.add(content.open, textAt(delta, 'text') ?? '');
      if (delta['type'] === 'thinking_delta') parts.blocks.add(content.open, textAt(delta, 'thinking') ?? '');
      if (delta['type'] === 'signature_delta') content.signature += textAt(delta, 'signature') ?? '';
    }
  }

  function closeContent(index: unknown): void {
    const content = contents.get(index);
    contents.delete(index);
    if (content?.kind === 'prose') {
      parts.blocks.close(content.open, content.signature === '' ? undefined : CARRY_PREFIX + content.signature);
    } else if (content?.kind === 'call') {
      if (content.call.json.trim() === '') parts.addToCall(content.call, content.given);
      parts.closeCall(content.call);
    }
  }

  function finishAnswer(): void {
    for (const index of contents.keys()) closeContent(index);
    parts.end(STOPS[stop ?? ''] ?? 'unknown', stop ?? '');
  }

  return decoderOf(parts, meter, read, () => {
    // With its stop reason an answer is whole, even where message_stop got lost.
    if (!parts.ended && stop !== undefined) finishAnswer();
    else parts.fail(cutOff());
  });
}

import type { Carry } from '../../ir/carry.ts';
import { gatewayError } from '../../ir/error.ts';
import type { Part } from '../../ir/parts.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { AnswerParts } from '../answer-parts.ts';
import type { OpenBlock } from '../block-sequence.ts';
import type { DecodeOptions } from '../codec.ts';
import { decoderOf } from '../decoder-of.ts';
import { cutOff, notJson, providerError, type Decoder } from '../decoder.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { streamMeter } from './meter.ts';
import { partialArguments, type PartialArguments } from './partial-arguments.ts';
import { STOPS } from './stops.ts';

/** Finish reasons that mean the model's tool call could not be read: an answer without it would pass for a whole one. */
const BROKEN_CALL = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL']);

const NO_BYTES = new Uint8Array();

interface StreamedCall {
  readonly call: ReturnType<AnswerParts['openCall']>;
  readonly carry: Carry | undefined;
  readonly values: PartialArguments;
}

interface Prose {
  readonly kind: 'text' | 'reasoning';
  readonly open: OpenBlock;
}

export function decoder(options: DecodeOptions): Decoder {
  const meter = streamMeter();
  const parts = new AnswerParts(meter, options.usedCallIds);
  /** Kept here and not by `AnswerParts`, because a signature may end it. */
  let prose: Prose | undefined;
  let streamed: StreamedCall | undefined;
  let finish: string | undefined;
  let blocked = false;

  function read(event: SseEvent): void {
    const data = event.data.trim();
    if (data === '' || data === '[DONE]') return;
    const chunk = parseRecord(data);
    if (chunk === undefined) return parts.fail(notJson());
    if (recordAt(chunk, 'error') !== undefined) return parts.fail(providerError(recordAt(chunk, 'error')));
    parts.start(textAt(chunk, 'responseId') ?? '', textAt(chunk, 'modelVersion') ?? '');
    // A prompt that was refused has a reason and no candidates.
    const blockReason = textAt(recordAt(chunk, 'promptFeedback'), 'blockReason');
    if (blockReason !== undefined && blockReason !== 'BLOCK_REASON_UNSPECIFIED') {
      blocked = true;
      finish = blockReason;
    }
    const candidate = listAt(chunk, 'candidates')
      .map(asRecord)
      .find((each) => each !== undefined && (each['index'] ?? 0) === 0);
    for (const part of listAt(recordAt(candidate, 'content'), 'parts')) readPart(asRecord(part) ?? {});
    finish = textAt(candidate, 'finishReason') ?? finish;
  }

  function readPart(part: JsonRecord): void {
    if (parts.ended) return;
    const call = recordAt(part, 'functionCall');
    const carry = carryOf(textAt(part, 'thoughtSignature'));
    if (call !== undefined) readCall(call, carry);
    else if (typeof part['text'] === 'string') readText(part['text'], part['thought'] === true ? 'reasoning' : 'text', carry);
  }

  /** A signature stands on the last piece of what it signs, or on an empty piece behind it. */
  function readText(text: string, kind: Prose['kind'], carry: Carry | undefined): void {
    if (text !== '' && prose?.kind !== kind) {
      closeProse();
      const block = kind === 'text' ? ({ kind } as const) : ({ kind, form: 'summary' } as const);
      prose = { kind, open: parts.blocks.open(block) };
    }
    if (text !== '' && prose !== undefined) parts.blocks.add(prose.open, text);
    if (carry === undefined) return;
    if (prose !== undefined && (text !== '' || kind === 'text' || prose.kind === kind)) return closeProse(carry);
    // A text that says nothing gets no block, not even for its signature: other dialects refuse one when it comes back to them.
    if (kind === 'text') return;
    closeProse();
    parts.blocks.close(parts.blocks.open({ kind, form: 'redacted' }), carry);
  }

  function closeProse(carry?: Carry): void {
    if (prose !== undefined) parts.blocks.close(prose.open, carry);
    prose = undefined;
  }

  function carryOf(token: string | undefined): Carry | undefined {
    return token === undefined ? undefined : { issuer: options.issuer ?? 'gemini', token };
  }

  function readCall(call: JsonRecord, carry: Carry | undefined): void {
    const name = textAt(call, 'name');
    if (name !== undefined) {
      closeStreamed();
      closeProse();
      const open = parts.openCall(textAt(call, 'id'), name);
      if (call['willContinue'] !== true && call['partialArgs'] === undefined) {
        const args = recordAt(call, 'args');
        if (args !== undefined) parts.addToCall(open, JSON.stringify(args));
        return parts.closeCall(open, carry);
      }
      streamed = { call: open, carry, values: partialArguments() };
    }
    if (streamed === undefined) return;
    if (!streamed.values.add(listAt(call, 'partialArgs'))) {
      return parts.fail(
        gatewayError('upstream-broken', 'The provider sent arguments of a tool call that make no sense. Try again.'),
      );
    }
    if (call['willContinue'] !== true) closeStreamed();
  }

  function closeStreamed(): void {
    if (streamed === undefined) return;
    parts.addToCall(streamed.call, streamed.values.text());
    parts.closeCall(streamed.call, streamed.carry);
    streamed = undefined;
  }

  return decoderOf(parts, meter, read, () => {
    // This dialect has no terminal event: the finish reason is all there is, and usage may come after it.
    if (finish === undefined) {
      parts.fail(cutOff());
    } else if (BROKEN_CALL.has(finish)) {
      parts.fail(gatewayError('upstream-error', `The model wrote a tool call that Gemini could not read (${finish}). Try again.`));
    } else {
      closeStreamed();
      closeProse();
      const known = Object.hasOwn(STOPS, finish) ? STOPS[finish] : undefined;
      parts.end(blocked ? 'refusal' : (known ?? 'unknown'), finish);
    }
  });
}

/** One chunk, or the list of chunks that a stream is without `alt=sse`. */
export function decodeWhole(body: JsonRecord, options: DecodeOptions): readonly Part[] {
  const whole = decoder(options);
  const chunks: readonly unknown[] = Array.isArray(body) ? body : [body];
  const parts = chunks.flatMap((chunk) => [...whole.push({ raw: NO_BYTES, name: '', data: JSON.stringify(chunk) })]);
  return [...parts, ...whole.end()];
}

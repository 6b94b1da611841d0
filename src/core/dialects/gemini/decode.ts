import { gatewayError } from '../../ir/error.ts';
import type { StopReason } from '../../ir/parts.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { AnswerParts } from '../answer-parts.ts';
import { decoderOf } from '../decoder-of.ts';
import { cutOff, notJson, providerError, type Decoder } from '../decoder.ts';
import { asRecord, listAt, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { streamMeter } from './meter.ts';
import { partialArguments, type PartialArguments } from './partial-arguments.ts';
import { CARRY_PREFIX } from './write-request.ts';

const STOPS: Readonly<Record<string, StopReason>> = {
  STOP: 'end',
  MAX_TOKENS: 'max-tokens',
  SAFETY: 'refusal',
  PROHIBITED_CONTENT: 'refusal',
  BLOCKLIST: 'refusal',
  SPII: 'refusal',
  RECITATION: 'refusal',
  IMAGE_SAFETY: 'refusal',
};

/** Finish reasons that mean the model's tool call could not be read: an answer without it would pass for a whole one. */
const BROKEN_CALL = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL']);

interface StreamedCall {
  readonly call: ReturnType<AnswerParts['openCall']>;
  readonly carry: string | undefined;
  readonly values: PartialArguments;
}

export function decoder(): Decoder {
  const meter = streamMeter();
  const parts = new AnswerParts(meter);
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
    const text = textAt(part, 'text');
    if (text !== undefined) parts.prose(part['thought'] === true ? { kind: 'reasoning', form: 'summary' } : { kind: 'text' }, text);
    const call = recordAt(part, 'functionCall');
    if (call !== undefined) readCall(call, textAt(part, 'thoughtSignature'));
  }

  function readCall(call: JsonRecord, signature: string | undefined): void {
    const name = textAt(call, 'name');
    const carry = signature === undefined ? undefined : CARRY_PREFIX + signature;
    if (name !== undefined) {
      closeStreamed();
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
      parts.end(blocked ? 'refusal' : (STOPS[finish] ?? 'unknown'), finish);
    }
  });
}

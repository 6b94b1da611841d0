import { gatewayError } from '../../ir/error.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { AnswerParts } from '../answer-parts.ts';
import type { DecodeOptions } from '../codec.ts';
import { cutOff, notJson, providerError, type Decoder } from '../decoder.ts';
import { decoderOf } from '../decoder-of.ts';
import { parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { answerBlocks } from './answer-blocks.ts';
import { streamMeter } from './meter.ts';

export function decoder(options: DecodeOptions): Decoder {
  const meter = streamMeter();
  const parts = new AnswerParts(meter, options.usedCallIds);
  const blocks = answerBlocks(parts, options.issuer);
  let stop: string | undefined;

  function read(event: SseEvent): void {
    if (event.data.trim() === '') return;
    const data = parseRecord(event.data);
    if (data === undefined) return parts.fail(notJson());
    switch (data['type'] ?? event.name) {
      case 'message_start':
        return readStart(recordAt(data, 'message') ?? {});
      case 'content_block_start':
        return blocks.open(data['index'], recordAt(data, 'content_block') ?? {});
      case 'content_block_delta':
        return blocks.add(data['index'], recordAt(data, 'delta') ?? {});
      case 'content_block_stop':
        return blocks.close(data['index']);
      case 'message_delta':
        stop = textAt(recordAt(data, 'delta'), 'stop_reason') ?? stop;
        return;
      case 'message_stop':
        return blocks.end(stop);
      case 'error':
        return parts.fail(providerError(recordAt(data, 'error') ?? data));
      default:
        return; // ping, and what is yet to be invented
    }
  }

  function readStart(message: JsonRecord): void {
    // Seen from a proxy that repeats it, which does no harm, and from one that began anew in mid-answer: what was already said
    // cannot be taken back, and a half-written tool call must not run.
    if (blocks.begun) {
      return parts.fail(
        gatewayError('upstream-broken', 'The provider began its answer a second time before it had finished the first. Try again.'),
      );
    }
    parts.start(textAt(message, 'id') ?? '', textAt(message, 'model') ?? '');
  }

  return decoderOf(parts, meter, read, () => {
    // With its stop reason an answer is whole, even where message_stop got lost.
    if (!parts.ended && stop !== undefined) blocks.end(stop);
    else parts.fail(cutOff());
  });
}

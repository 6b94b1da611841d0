import type { SseEvent } from '../wire/sse-event.ts';
import type { AnswerParts } from './answer-parts.ts';
import type { Decoder } from './decoder.ts';
import type { StreamMeter } from './dialect.ts';

/** The frame of every decoder: usage is metered beside the reading, and nothing is read after the end. `finish` says how it ended. */
export function decoderOf(parts: AnswerParts, meter: StreamMeter, read: (event: SseEvent) => void, finish: () => void): Decoder {
  return {
    push(event) {
      if (!parts.ended) {
        meter.observe(event);
        read(event);
      }
      return parts.take();
    },
    end() {
      finish();
      return parts.take();
    },
  };
}

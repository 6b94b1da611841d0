import type { Encoder } from '../../dialects/codec.ts';
import type { Dialect, Metered } from '../../dialects/dialect.ts';
import type { Decoder } from '../../dialects/decoder.ts';
import type { Carry } from '../../ir/carry.ts';
import type { GatewayError } from '../../ir/error.ts';
import type { Part } from '../../ir/parts.ts';
import type { SseEvent } from '../../wire/sse-event.ts';
import { SseScanner } from '../../wire/sse-scanner.ts';
import type { CarryMemory } from './carry-memory.ts';
import type { Converted, WholeConversion } from './converted-whole.ts';
import type { Passage } from '../passage.ts';
import type { Translation } from './plan-translation.ts';

/** Other dialect: events become parts, and parts the agent's events. */
export class TranslatePassage implements Passage {
  readonly #decoder: Decoder;
  readonly #encoder: Encoder;
  readonly #reading: AnswerReading;
  #broken: GatewayError | undefined;

  constructor(translation: Translation, memory: CarryMemory) {
    this.#decoder = translation.outbound.decoder(translation.decode);
    this.#encoder = translation.inbound.encoder(translation.frame);
    this.#reading = new AnswerReading(translation, memory);
  }

  get broken(): GatewayError | undefined {
    return this.#broken;
  }

  readonly event = (event: SseEvent): string => this.#encode(this.#decoder.push(event));

  end(): string {
    return this.#encode(this.#decoder.end());
  }

  fail(error: GatewayError): string | undefined {
    return this.#encoder.fail(error);
  }

  #encode(parts: readonly Part[]): string {
    let text = '';
    for (const part of parts) {
      if (part.type === 'response-error') this.#broken = part.error;
      else text += this.#encoder.push(this.#reading.take(part));
    }
    return text;
  }
}

/**
 * A whole answer in the agent's dialect. Where a stream was asked for and the provider answered with JSON, it becomes one; where a whole
 * answer was asked for and a stream came, that is folded. `list` is Gemini's stream without `alt=sse`.
 */
export function translateWhole(
  translation: Translation,
  memory: CarryMemory,
  spoken: Dialect,
  form: 'stream' | 'whole' | 'list',
): WholeConversion {
  const { inbound, outbound, decode, frame } = translation;
  const rendered = (parts: readonly Part[], metered: Metered | undefined): Converted | GatewayError => {
    const last = parts.at(-1);
    if (last?.type === 'response-error') return last.error;
    const reading = new AnswerReading(translation, memory);
    const own = parts.map((part) => reading.take(part));
    if (form === 'stream') {
      const encoder = inbound.encoder(frame);
      return { type: 'text/event-stream', text: own.map((part) => encoder.push(part)).join(''), metered };
    }
    const whole = inbound.renderWhole(own, frame);
    return { type: 'application/json', text: JSON.stringify(form === 'list' ? [whole] : whole), metered };
  };
  const quirks = decode.quirks ?? {};
  return {
    json: (answer, body) => rendered(outbound.decodeWhole(answer, decode), spoken.meterWhole(body, quirks)),
    events(bytes) {
      const meter = spoken.streamMeter(quirks);
      const decoder = outbound.decoder(decode);
      const parts: Part[] = [];
      // Readers take a last event without its blank line for one.
      new SseScanner().push(Buffer.concat([bytes, Buffer.from('\n\n')]), (event) => {
        meter.observe(event);
        parts.push(...decoder.push(event));
      });
      return rendered([...parts, ...decoder.end()], meter.total());
    },
  };
}

/** What has to happen to every part on its way: tools get their own names back, and what agents do not send back is kept here. */
class AnswerReading {
  readonly #toolNames: ReadonlyMap<string, string>;
  readonly #unsigned: Carry | undefined;
  readonly #keep: ReturnType<CarryMemory['keeper']>;
  #thinking = false;

  constructor({ wire, signsThoughts, decode }: Translation, memory: CarryMemory) {
    this.#toolNames = wire.toolNames;
    this.#unsigned = signsThoughts ? { issuer: decode.issuer ?? '', token: '' } : undefined;
    this.#keep = memory.keeper();
  }

  take(part: Part): Part {
    this.#keep(part);
    if (part.type === 'block-start') {
      this.#thinking = part.block.kind === 'reasoning';
      const name = part.block.kind === 'tool-call' ? this.#toolNames.get(part.block.name) : undefined;
      return name === undefined ? part : { ...part, block: { ...part.block, name } as typeof part.block };
    }
    // Thoughts that nobody signed come back like any others, and their dialect's own providers refuse them: the tag tells whose they are.
    if (part.type === 'block-end' && this.#thinking && part.carry === undefined && this.#unsigned !== undefined)
      return { ...part, carry: this.#unsigned };
    return part;
  }
}

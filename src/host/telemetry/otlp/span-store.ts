import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { ISerializer, IExportTraceServiceResponse } from '@opentelemetry/otlp-transformer';
import type { Cargo, Depot } from './lane.ts';
import { rejectedIn } from './rejected.ts';
import type { Trouble } from './trouble.ts';

/** Spans that may wait, a few megabytes. The official processor drops the newest of them; the oldest is what is least missed. */
const MOST_WAITING = 2048;
const MOST_AT_ONCE = 512;
const WAIT_MS = 5000;

type Serializer = ISerializer<ReadableSpan[], IExportTraceServiceResponse>;

/** Where ended spans wait for the next request to the collector. */
export class SpanStore implements SpanProcessor, Depot {
  readonly path = '/v1/traces';
  readonly #serializer: Serializer;
  readonly #trouble: Trouble;
  #waiting: ReadableSpan[] = [];
  /** Some have been sent for nothing and have waited enough. */
  #overdue = false;
  /** Called when there may be something to send sooner than was thought. */
  onWaiting: () => void = () => {};

  constructor(serializer: Serializer, trouble: Trouble) {
    this.#serializer = serializer;
    this.#trouble = trouble;
  }

  get unsent(): number {
    return this.#waiting.length;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.#waiting.push(span);
    this.#keepWithinBounds();
    if (this.#waiting.length === 1 || this.#waiting.length === MOST_AT_ONCE) this.onWaiting();
  }

  dueIn(): number | undefined {
    if (this.#waiting.length === 0) return undefined;
    return this.#overdue || this.#waiting.length >= MOST_AT_ONCE ? 0 : WAIT_MS;
  }

  load(): Promise<Cargo | undefined> {
    const spans = this.#waiting.splice(0, MOST_AT_ONCE);
    this.#overdue = false;
    const body = spans.length === 0 ? undefined : this.#serializer.serializeRequest(spans);
    if (body === undefined) return Promise.resolve(undefined);
    return Promise.resolve({
      body,
      taken: (reply) => {
        const rejected = rejectedIn(() => this.#serializer.deserializeResponse(reply).partialSuccess?.rejectedSpans);
        if (rejected > 0) this.#trouble.rejected(rejected);
      },
      back: () => {
        this.#waiting = [...spans, ...this.#waiting];
        this.#overdue = true;
        this.#keepWithinBounds();
      },
      refused: () => this.#trouble.lost(spans.length),
    });
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  #keepWithinBounds(): void {
    const over = this.#waiting.length - MOST_WAITING;
    if (over <= 0) return;
    this.#waiting.splice(0, over);
    this.#trouble.lost(over);
  }
}

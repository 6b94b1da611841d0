import { MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { IExportMetricsServiceResponse, ISerializer } from '@opentelemetry/otlp-transformer';
import type { Cargo, Depot } from './lane.ts';
import { rejectedIn } from './rejected.ts';
import type { Trouble } from './trouble.ts';

type Serializer = ISerializer<ResourceMetrics, IExportMetricsServiceResponse>;

/** Sums since the start, read for each request to the collector: what one request did not bring, the next one does. */
export class MetricSource extends MetricReader implements Depot {
  readonly path = '/v1/metrics';
  readonly #serializer: Serializer;
  readonly #everyMs: number;
  readonly #trouble: Trouble;
  unsent = 0;

  constructor(serializer: Serializer, everyMs: number, trouble: Trouble) {
    super();
    this.#serializer = serializer;
    this.#everyMs = everyMs;
    this.#trouble = trouble;
  }

  /** Also where nothing has changed: sums that stop coming look like a gateway that stopped. */
  dueIn(): number {
    return this.#everyMs;
  }

  changed(): void {
    this.unsent = 1;
  }

  async load(): Promise<Cargo | undefined> {
    const { resourceMetrics } = await this.collect();
    const body = resourceMetrics.scopeMetrics.length === 0 ? undefined : this.#serializer.serializeRequest(resourceMetrics);
    if (body === undefined) return undefined;
    const { unsent } = this;
    this.unsent = 0;
    const back = (): void => void (this.unsent ||= unsent);
    return {
      body,
      taken: (reply) => {
        const rejected = rejectedIn(() => this.#serializer.deserializeResponse(reply).partialSuccess?.rejectedDataPoints);
        if (rejected > 0) this.#trouble.rejected(rejected);
      },
      back,
      refused: back,
    };
  }

  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

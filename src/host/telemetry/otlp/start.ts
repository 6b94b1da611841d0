import { randomUUID } from 'node:crypto';
import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { defaultResource, resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { SettledRequest } from '../../../core/ledger/records.ts';
import type { Log, Random } from '../../../core/ports.ts';
import type { ProviderAt } from './attributes.ts';
import { Lane } from './lane.ts';
import { MetricSource } from './metric-source.ts';
import { createMetrics } from './metrics.ts';
import type { Way } from './post.ts';
import { SpanStore } from './span-store.ts';
import { recordSpans } from './spans.ts';
import { Trouble } from './trouble.ts';

/** Set by the build (`esbuild.mjs`); the sources have no version. */
declare const GATEHOUSE_VERSION: string | undefined;
const VERSION = typeof GATEHOUSE_VERSION === 'string' ? GATEHOUSE_VERSION : undefined;

export interface TelemetryDeps extends Way {
  readonly providerAt: ProviderAt;
  readonly random: Random;
  readonly log: Log;
}

export interface Telemetry {
  record(settled: readonly SettledRequest[]): void;
  /** Sends what waits, as far as that goes in so many milliseconds. */
  close(patienceMs: number): Promise<void>;
}

/**
 * The entry of a bundle of its own, loaded when telemetry is on. The data model and what is written come from OpenTelemetry's packages;
 * their exporters are not used, because they dial by themselves.
 */
export function startTelemetry(deps: TelemetryDeps): Telemetry {
  const { settings } = deps;
  const resource = defaultResource().merge(
    resourceFromAttributes({
      'service.name': 'gatehouse',
      ...(VERSION === undefined ? {} : { 'service.version': VERSION }),
      // Every window has a gateway of its own, with sums of its own.
      'service.instance.id': randomUUID(),
      ...settings.resource,
    }),
  );
  const signals = [...(settings.traces ? [traces(deps, resource)] : []), ...(settings.metrics ? [metrics(deps, resource)] : [])];
  return {
    record(settled) {
      for (const request of settled) for (const signal of signals) signal.record(request);
    },
    async close(patienceMs) {
      await Promise.all(signals.map(({ lane }) => lane.close(patienceMs)));
    },
  };
}

interface Signal {
  readonly lane: Lane;
  record(request: SettledRequest): void;
}

function traces(deps: TelemetryDeps, resource: Resource): Signal {
  const trouble = new Trouble(deps.log, 'spans');
  const store = new SpanStore(deps.settings.json ? JsonTraceSerializer : ProtobufTraceSerializer, trouble);
  const lane = new Lane(deps, store, trouble, () => deps.random.fraction());
  store.onWaiting = () => lane.wake();
  const tracer = new TracerProvider({ resource, spanProcessors: [store] }).getTracer('gatehouse', VERSION);
  return { lane, record: (request) => recordSpans(tracer, request, deps.providerAt) };
}

function metrics(deps: TelemetryDeps, resource: Resource): Signal {
  const { json, metricsEveryMs } = deps.settings;
  const trouble = new Trouble(deps.log, 'metrics');
  const source = new MetricSource(json ? JsonMetricsSerializer : ProtobufMetricsSerializer, metricsEveryMs, trouble);
  const lane = new Lane(deps, source, trouble, () => deps.random.fraction());
  const record = createMetrics(new MeterProvider({ resource, readers: [source] }).getMeter('gatehouse', VERSION), deps.providerAt);
  lane.wake();
  return {
    lane,
    record(request) {
      record(request);
      source.changed();
    },
  };
}

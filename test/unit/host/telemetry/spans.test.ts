import assert from 'node:assert/strict';
import type { HrTime } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, it } from 'mocha';
import type { RouteTrace, TracedTry } from '../../../../src/core/ledger/route-trace.ts';
import { recordSpans } from '../../../../src/host/telemetry/otlp/spans.ts';
import { settledRow } from '../../ask/fake-view.ts';

const AT = Date.UTC(2026, 10, 21, 14);

/** The spans in the order in which they began, in milliseconds from the beginning of the request. */
function timesOf(totalMs: number, trace?: RouteTrace): (string | number)[][] {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const row = settledRow({ at: AT, totalMs, requestedModel: 'm', ...(trace && { trace }) });
  recordSpans(provider.getTracer('test'), row, () => undefined);
  const spans = exporter.getFinishedSpans();
  assert.equal(new Set(spans.map((span) => span.spanContext().traceId)).size, 1);
  return spans.map(({ name, startTime, endTime }) => [name, sinceAt(startTime), sinceAt(endTime)]).reverse();
}

function sinceAt([seconds, nanos]: HrTime): number {
  return seconds * 1000 - AT + nanos / 1e6;
}

const attempt = (ms: number, more: Partial<TracedTry> = {}): TracedTry => ({
  target: 'p/m',
  mode: 'relay',
  outcome: 'ok',
  ms,
  ...more,
});

describe('recordSpans', () => {
  it('lays attempts one after the other, behind the queue and with the waiting between them', () => {
    const trace: RouteTrace = { queuedMs: 100, tries: [attempt(50), attempt(20, { waitedMs: 30 }), attempt(300)] };
    assert.deepEqual(timesOf(510, trace), [
      ['chat m', 0, 510],
      ['attempt p/m', 200, 500],
      ['attempt p/m', 180, 200],
      ['attempt p/m', 100, 150],
    ]);
  });

  it('lets none outlive its request', () => {
    assert.deepEqual(timesOf(100, { tries: [attempt(90), attempt(60), attempt(5, { waitedMs: 40 })] }), [
      ['chat m', 0, 100],
      ['attempt p/m', 100, 100],
      ['attempt p/m', 90, 100],
      ['attempt p/m', 0, 90],
    ]);
  });

  it('cuts a name that is none, and goes by the operation where there is no model', () => {
    const long = 'm'.repeat(100_000);
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const tries = [attempt(5, { target: `p/${long}` })];
    recordSpans(provider.getTracer('test'), settledRow({ requestedModel: long, model: long, trace: { tries } }), () => undefined);
    recordSpans(provider.getTracer('test'), settledRow({ requestedModel: '' }), () => undefined);
    const spans = exporter.getFinishedSpans();
    assert.ok(spans.every(({ name, attributes }) => JSON.stringify([name, attributes]).length < 2500));
    assert.deepEqual([spans.at(-1)?.name, spans.at(-1)?.attributes['gen_ai.request.model']], ['chat', undefined]);
  });

  it('makes one span where there was one straight way', () => assert.deepEqual(timesOf(7.5), [['chat m', 0, 7.5]]));
});

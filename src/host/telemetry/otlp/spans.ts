import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api';
import type { SettledRequest } from '../../../core/ledger/records.ts';
import { attemptAttributes, named, requestAttributes, type ProviderAt } from './attributes.ts';

/**
 * One span for a request with all its attempts, and one below it for each of them where the route was more than one straight step. They
 * are made when it is over, from what the ledger knows.
 */
export function recordSpans(tracer: Tracer, request: SettledRequest, providerAt: ProviderAt): void {
  const attributes = requestAttributes(request, providerAt);
  const name = `${String(attributes['gen_ai.operation.name'])} ${named(request.requestedModel)}`.trimEnd();
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: request.at, attributes }, ROOT_CONTEXT);
  recordAttempts(tracer, span, request, providerAt);
  end(span, attributes['error.type'] !== undefined, request.at + request.totalMs);
}

/** The trace tells how long each took and what was waited between them, in whole milliseconds: none may seem to outlive the request. */
function recordAttempts(tracer: Tracer, parent: Span, request: SettledRequest, providerAt: ProviderAt): void {
  const context = trace.setSpan(ROOT_CONTEXT, parent);
  const last = request.at + request.totalMs;
  let at = request.at + (request.trace?.queuedMs ?? 0);
  for (const [index, attempt] of (request.trace?.tries ?? []).entries()) {
    const startTime = Math.min(at + (attempt.waitedMs ?? 0), last);
    const attributes = attemptAttributes(request, attempt, index + 1, providerAt);
    const span = tracer.startSpan(`attempt ${named(attempt.target)}`, { kind: SpanKind.CLIENT, startTime, attributes }, context);
    at = Math.min(startTime + attempt.ms, last);
    end(span, attributes['error.type'] !== undefined, at);
  }
}

function end(span: Span, failed: boolean, at: number): void {
  // Without a message: those of providers may quote the request.
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(at);
}

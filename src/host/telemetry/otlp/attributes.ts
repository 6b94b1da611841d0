import type { Attributes } from '@opentelemetry/api';
import { totalInput } from '../../../core/ir/usage.ts';
import type { SettledRequest } from '../../../core/ledger/records.ts';
import { isAnswered } from '../../../core/ledger/rollups/counts.ts';
import type { TracedTry } from '../../../core/ledger/route-trace.ts';
import type { Provider } from '../../../core/providers/provider.ts';
import { operationName, providerName } from './conventions.ts';

/** The provider of that name as it was configured at that time, in milliseconds since the epoch. */
export type ProviderAt = (id: string, at: number) => Provider | undefined;

const NANO_PER_USD = 1_000_000_000;

/** For charts; who needs the nano-dollars asks the ledger. */
export function usd(nano: number): number {
  return nano / NANO_PER_USD;
}

/** Names come from agents. A longer one is no name, and would be kept for as long as there are sums. */
const LONGEST_NAME = 200;

export function named(name: string): string {
  return name.slice(0, LONGEST_NAME);
}

/** What a request has in spans and metrics alike: few values each, or a metric would have no end of series. */
export function commonAttributes(request: SettledRequest, providerAt: ProviderAt): Attributes {
  const provider = providerAt(request.provider, request.at);
  return {
    'gen_ai.operation.name': operationName(request),
    'gen_ai.provider.name': providerName(request.provider, provider),
    ...(request.requestedModel === '' ? {} : { 'gen_ai.request.model': named(request.requestedModel) }),
    ...(hasBegun(request) ? { 'gen_ai.response.model': named(request.model) } : {}),
    ...serverAttributes(request, provider),
    'gatehouse.agent': request.agent,
  };
}

/** Names and numbers of one request. Nothing of these is content, a key or a token: the ledger holds none. */
export function requestAttributes(request: SettledRequest, providerAt: ProviderAt): Attributes {
  const { usage, trace, costNano, billedNano, saved } = request;
  return {
    ...commonAttributes(request, providerAt),
    ...errorType(request),
    ...(request.session === undefined ? {} : { 'gen_ai.conversation.id': request.session }),
    'gen_ai.request.stream': request.stream,
    ...(isTimedToFirst(request) ? { 'gen_ai.response.time_to_first_chunk': request.firstByteMs / 1000 } : {}),
    'gen_ai.usage.input_tokens': totalInput(usage),
    'gen_ai.usage.output_tokens': usage.output,
    ...counted('gen_ai.usage.cache_read.input_tokens', usage.cacheRead),
    ...counted('gen_ai.usage.cache_creation.input_tokens', usage.cacheWrite5m + usage.cacheWrite1h),
    ...counted('gen_ai.usage.reasoning.output_tokens', usage.reasoningWithinOutput),
    'gatehouse.request.id': request.id,
    'gatehouse.workspace': request.workspace,
    'gatehouse.target': named(`${request.provider}/${request.model}`),
    ...(request.key === undefined ? {} : { 'gatehouse.key': request.key }),
    'gatehouse.dialect': request.dialect,
    'gatehouse.mode': request.mode,
    'gatehouse.attempts': request.attempts,
    'gatehouse.settled': request.settled,
    'gatehouse.status': request.status,
    'gatehouse.estimated': request.estimated,
    ...(costNano === undefined ? { 'gatehouse.unpriced': true } : { 'gatehouse.cost_usd': usd(costNano) }),
    ...(billedNano === undefined ? {} : { 'gatehouse.billed_usd': usd(billedNano) }),
    ...(saved === undefined ? {} : { 'gatehouse.saved_usd': usd(saved) }),
    ...(request.class === undefined ? {} : { 'gatehouse.class': request.class }),
    ...listed('gatehouse.losses', request.losses),
    ...(trace?.rule === undefined ? {} : { 'gatehouse.rule': trace.rule }),
    ...(trace?.queuedMs === undefined ? {} : { 'gatehouse.queued_ms': trace.queuedMs }),
    ...(trace?.downgradedBy === undefined ? {} : { 'gatehouse.downgraded_by': trace.downgradedBy }),
    ...listed('gatehouse.passed_over', trace?.passedOver),
  };
}

/** Of one attempt only what is Gatehouse's own: with names of `gen_ai` on it, a request would be counted once more for each attempt. */
export function attemptAttributes(request: SettledRequest, attempt: TracedTry, number: number, providerAt: ProviderAt): Attributes {
  const provider = attempt.target.slice(0, attempt.target.indexOf('/'));
  return {
    ...serverAttributes(request, providerAt(provider, request.at)),
    ...(attempt.outcome === 'ok' ? {} : { 'error.type': attempt.outcome }),
    'gatehouse.attempt': number,
    'gatehouse.target': named(attempt.target),
    ...(attempt.key === undefined ? {} : { 'gatehouse.key': attempt.key }),
    'gatehouse.mode': attempt.mode,
    ...(attempt.waitedMs === undefined ? {} : { 'gatehouse.waited_ms': attempt.waitedMs }),
    ...(attempt.firstOutputMs === undefined ? {} : { 'gatehouse.first_output_ms': attempt.firstOutputMs }),
    ...(attempt.costNano === undefined ? {} : { 'gatehouse.cost_usd': usd(attempt.costNano) }),
    ...listed('gatehouse.losses', attempt.losses),
  };
}

/** A code of ours or the provider's own; for an agent that left or a stream that broke off, how it ended. */
export function errorType(request: SettledRequest): { 'error.type'?: string } {
  return isAnswered(request)
    ? {}
    : { 'error.type': request.error ?? (request.settled === 'done' ? String(request.status) : request.settled) };
}

type Timed = SettledRequest & { readonly firstByteMs: number };

/** Streams only: the first byte of a whole answer is its last. */
export function isTimedToFirst(request: SettledRequest): request is Timed {
  return request.stream && request.firstByteMs !== undefined && hasBegun(request);
}

/** Whether a model has said anything. */
function hasBegun({ status, firstByteMs }: SettledRequest): boolean {
  return firstByteMs !== undefined && status >= 200 && status < 300;
}

/** The demo provider answers in this process. */
function serverAttributes({ dialect }: SettledRequest, provider: Provider | undefined): Attributes {
  const endpoint = provider?.endpoints.get(dialect) ?? provider?.endpoints.values().next().value;
  if (endpoint === undefined || provider?.kind === 'demo') return {};
  const { hostname, port, protocol } = new URL(endpoint.origin);
  return { 'server.address': hostname, 'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}

function counted(name: string, count: number): Attributes {
  return count === 0 ? {} : { [name]: count };
}

function listed(name: string, words: readonly string[] = []): Attributes {
  return words.length === 0 ? {} : { [name]: [...words] };
}

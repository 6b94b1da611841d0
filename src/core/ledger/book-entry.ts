import type { DialectId } from '../ir/dialect.ts';
import { NO_USAGE, plus } from '../ir/usage.ts';
import type { Usage } from '../ir/usage.ts';
import { withCosts } from './route-trace.ts';
import type { OpenedRequest, SettledRequest, Settlement } from './records.ts';

/** Nano-dollars, or undefined for "unpriced". */
export type Price = (request: OpenedRequest, usage: Usage, at: number) => number | undefined;

/** Four bytes a token, the usual rule for text; JSON around it makes it err towards more. */
const BYTES_PER_TOKEN = 4;

/**
 * Bytes of a stream for one token of output: events wrap a word or two in up to 300 bytes. Pooled over the recorded provider
 * streams (Anthropic 39, Gemini 18, Responses 91); for chat the median of five (93), since one provider there hides its reasoning.
 */
const STREAM_BYTES_PER_TOKEN: Readonly<Record<DialectId, number>> = {
  'anthropic-messages': 40,
  gemini: 18,
  'openai-responses': 90,
  'openai-chat': 90,
};

/**
 * The entry that closes a request. What the provider reported is priced; a billable request of which it told nothing is estimated
 * from its bytes and marked; one that cannot have been billed costs 0 and is priced. An answer from our own store costs nothing.
 */
export function bookEntry(opened: OpenedRequest, settlement: Settlement, price: Price): SettledRequest {
  const { billable, usage: metered, served, earlier = [], ...how } = settlement;
  const request = served === undefined ? opened : { ...opened, ...served };
  let { usage, costNano } = billed(request, { billable, usage: metered, bytesOut: how.bytesOut }, price);
  // Attempts that nobody heard of are part of what the request cost, each at the price of its own target.
  const costs = new Map<number, number>();
  for (const { index, usage: used, billable: worked, ...where } of earlier) {
    const spent = billed({ ...opened, ...where }, { billable: worked, usage: used, bytesOut: 0 }, price);
    usage = plus(usage, spent.usage);
    costNano = costNano === undefined || spent.costNano === undefined ? undefined : costNano + spent.costNano;
    if (spent.costNano !== undefined && spent.costNano > 0) costs.set(index, spent.costNano);
  }
  const trace = withCosts(how.trace, costs);
  return { ...request, ...how, ...(trace && { trace }), usage, costNano, estimated: usage.source !== 'reported' };
}

type Used = Pick<Settlement, 'billable' | 'usage' | 'bytesOut'>;

function billed(request: OpenedRequest, used: Used, price: Price): { usage: Usage; costNano: number | undefined } {
  const usage = usageOf(request, used);
  const unbilled = request.mode === 'cache' || (!used.usage && !used.billable);
  return { usage, costNano: unbilled ? 0 : safePrice(price, request, usage) };
}

/** A request whose writer died: its body was under way, so its input is estimated. What came back, nobody knows. */
export function crashed(id: string): Settlement {
  return {
    id,
    settled: 'crashed',
    status: 0,
    attempts: 1,
    firstByteMs: undefined,
    totalMs: 0,
    bytesOut: 0,
    usage: undefined,
    tier: undefined,
    billable: true,
    error: undefined,
  };
}

function usageOf(request: OpenedRequest, { usage, billable, bytesOut }: Used): Usage {
  if (!usage) return billable ? estimate(request, bytesOut) : { ...NO_USAGE, source: 'reported' };
  if (usage.source !== 'partial' || !request.stream) return usage;
  // An aborted Anthropic stream has told its output only at the start (a token or two): the bytes that passed know better.
  return { ...usage, output: Math.max(usage.output, outputTokens(request, bytesOut)) };
}

function estimate(request: OpenedRequest, bytesOut: number): Usage {
  return { ...NO_USAGE, input: Math.ceil(request.bytesIn / BYTES_PER_TOKEN), output: outputTokens(request, bytesOut) };
}

function outputTokens({ stream, dialect }: OpenedRequest, bytesOut: number): number {
  return stream ? streamedTokens(bytesOut, dialect) : Math.ceil(bytesOut / BYTES_PER_TOKEN);
}

/** What so many bytes of a stream are worth, as an estimate. */
export function streamedTokens(bytes: number, dialect: DialectId): number {
  return Math.ceil(bytes / STREAM_BYTES_PER_TOKEN[dialect]);
}

/** The price comes from outside; a fault in it must not cost the row. */
function safePrice(price: Price, request: OpenedRequest, usage: Usage): number | undefined {
  try {
    const nano = price(request, usage, request.at);
    return nano !== undefined && Number.isSafeInteger(nano) && nano >= 0 ? nano : undefined;
  } catch {
    return undefined;
  }
}

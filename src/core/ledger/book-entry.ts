import type { DialectId } from '../ir/dialect.ts';
import { NO_USAGE, plus, totalInput } from '../ir/usage.ts';
import type { Usage } from '../ir/usage.ts';
import { withCosts } from './route-trace.ts';
import type { OpenedRequest, SettledRequest, Settlement } from './records.ts';

/** What a price may depend on: where the request went, for whom, and in which service tier the answer says it was served. */
export type PricedRequest = OpenedRequest & { readonly tier?: string | undefined };

/** Nano-dollars, or undefined for "unpriced". */
export type Price = (request: PricedRequest, usage: Usage, at: number) => number | undefined;

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
 * The entry that closes a request. What the provider reported is priced; a billable request of which it told nothing, or only a part, is
 * estimated from its bytes and marked; one that cannot have been billed costs 0 and is priced. An answer from our own store costs nothing.
 */
export function bookEntry(opened: OpenedRequest, settlement: Settlement, price: Price): SettledRequest {
  const { billable, usage: metered, served, earlier = [], billedNano, inputTokens, ...how } = settlement;
  const request = { ...opened, ...served, tier: how.tier, inputTokens };
  let { usage, costNano, saved } = billed(request, { billable, usage: metered, billedNano, bytesOut: how.bytesOut }, price);
  // Attempts that nobody heard of are part of what the request cost, each at the price of its own target.
  let bill = billedNano;
  const costs = new Map<number, number>();
  for (const { index, usage: used, billable: worked, billedNano: its, ...where } of earlier) {
    const spent = billed(
      { ...opened, ...where, inputTokens },
      { billable: worked, usage: used, billedNano: its, bytesOut: 0 },
      price,
    );
    usage = plus(usage, spent.usage);
    saved += spent.saved;
    if (its !== undefined) bill = (bill ?? 0) + its;
    costNano = costNano === undefined || spent.costNano === undefined ? undefined : costNano + spent.costNano;
    if (spent.costNano !== undefined && spent.costNano > 0) costs.set(index, spent.costNano);
  }
  const trace = withCosts(how.trace, costs);
  return {
    ...opened,
    ...served,
    ...how,
    ...(trace && { trace }),
    usage,
    costNano,
    estimated: usage.source !== 'reported',
    ...(bill === undefined ? {} : { billedNano: bill }),
    ...(saved === 0 ? {} : { saved }),
  };
}

/** The cost is the provider's bill: there is no price of ours, or it comes to the same. */
export function isAsBilled({ costNano, billedNano }: Pick<SettledRequest, 'costNano' | 'billedNano'>): boolean {
  return billedNano !== undefined && costNano === billedNano;
}

type Used = Pick<Settlement, 'billable' | 'usage' | 'bytesOut'> & { readonly billedNano: number | undefined };

interface Billed {
  readonly usage: Usage;
  readonly costNano: number | undefined;
  readonly saved: number;
}

function billed(request: PricedRequest & Sized, used: Used, price: Price): Billed {
  const usage = usageOf(request, used);
  const unbilled = request.mode === 'cache' || (!used.usage && !used.billable);
  const priced = unbilled ? 0 : safePrice(price, request, usage);
  // The bill of a provider is worth more than no price at all; where there is a price, it stands beside it.
  const saved = unbilled || priced === undefined ? 0 : savedBy(request, usage, priced, price);
  return { usage, costNano: priced ?? used.billedNano, saved };
}

/**
 * What the same tokens would have cost with no cache at the provider, less what they did cost. Below zero where a cache was written at a
 * surcharge and not read yet.
 */
function savedBy(request: PricedRequest, usage: Usage, costNano: number, price: Price): number {
  if (usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h === 0) return 0;
  const without = safePrice(price, request, withoutCache(usage));
  return without === undefined ? 0 : without - costNano;
}

/** The same tokens, all of them plain input: a size of the request that a price may depend on stays. */
function withoutCache(usage: Usage): Usage {
  const { audioCacheRead = 0, imageCacheRead = 0, audioInput = 0, imageInput = 0, ...units } = usage.units;
  const media = { audioInput: audioInput + audioCacheRead, imageInput: imageInput + imageCacheRead };
  const some = Object.entries(media).filter(([, count]) => count > 0);
  return {
    ...usage,
    input: totalInput(usage),
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    units: { ...units, ...Object.fromEntries(some) },
  };
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

/** What of a request its estimate rests on. */
type Sized = Pick<OpenedRequest, 'bytesIn' | 'stream' | 'dialect'> & { readonly inputTokens?: number | undefined };

/** What was used, as far as it is known: what was reported, or an estimate in place of what was not. */
export function usageOf(request: Sized, { usage, billable, bytesOut }: Pick<Used, 'usage' | 'billable' | 'bytesOut'>): Usage {
  if (!usage) return billable ? estimate(request, bytesOut) : { ...NO_USAGE, source: 'reported' };
  if (usage.source !== 'partial') return usage;
  // Counts that were absent or refused are 0 here, and no request has an empty input.
  const input = totalInput(usage) > 0 ? usage.input : inputOf(request);
  // An aborted Anthropic stream has told its output only at the start (a token or two): the bytes that passed know better. A whole answer
  // is wrapped in more that is no output, so its bytes speak only where nothing else does.
  const seen = outputOf(request, bytesOut);
  const output = request.stream ? Math.max(usage.output, seen) : usage.output > 0 ? usage.output : seen;
  return { ...usage, input, output };
}

function estimate(request: Sized, bytesOut: number): Usage {
  return { ...NO_USAGE, input: inputOf(request), output: outputOf(request, bytesOut) };
}

function inputOf({ bytesIn, inputTokens = 0 }: Sized): number {
  return inputTokens > 0 ? inputTokens : Math.ceil(bytesIn / BYTES_PER_TOKEN);
}

function outputOf({ stream, dialect }: Sized, bytesOut: number): number {
  return stream ? streamedTokens(bytesOut, dialect) : Math.ceil(bytesOut / BYTES_PER_TOKEN);
}

/** What so many bytes of a stream are worth, as an estimate. */
export function streamedTokens(bytes: number, dialect: DialectId): number {
  return Math.ceil(bytes / STREAM_BYTES_PER_TOKEN[dialect]);
}

/** The price comes from outside; a fault in it must not cost the row. */
function safePrice(price: Price, request: PricedRequest, usage: Usage): number | undefined {
  try {
    const nano = price(request, usage, request.at);
    return nano !== undefined && Number.isSafeInteger(nano) && nano >= 0 ? nano : undefined;
  } catch {
    return undefined;
  }
}

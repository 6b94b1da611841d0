import { recordAt, type JsonRecord } from './read-json.ts';

const NANO_PER_USD = 1_000_000_000;
/** xAI counts in ten-thousand-millionths of a dollar, so that nothing is rounded (docs.x.ai, "Cost Tracking"). */
const TICKS_PER_NANO = 10;
/** No request costs a million dollars. */
const MOST_NANO = 1_000_000 * NANO_PER_USD;

/**
 * What the provider says it charged for the answer, in nano-dollars, read from its `usage`; undefined where it says nothing or nonsense.
 * OpenRouter: `cost`; with a key of the user's own that is its fee alone, and the upstream provider's charge is told beside it.
 * xAI: `cost_in_usd_ticks`.
 */
function billedNano(usage: JsonRecord | undefined): number | undefined {
  const ticks = amount(usage?.['cost_in_usd_ticks'], 1 / TICKS_PER_NANO);
  if (ticks !== undefined) return ticks;
  const cost = amount(usage?.['cost'], NANO_PER_USD);
  if (cost === undefined || usage?.['is_byok'] !== true) return cost;
  return cost + (amount(recordAt(usage, 'cost_details')?.['upstream_inference_cost'], NANO_PER_USD) ?? 0);
}

/** `{ billedNano }`, or nothing to spread where there is no bill. */
export function billOf(usage: JsonRecord | undefined): { readonly billedNano?: number } {
  const nano = billedNano(usage);
  return nano === undefined ? {} : { billedNano: nano };
}

function amount(value: unknown, nanoPerUnit: number): number | undefined {
  if (typeof value !== 'number') return undefined;
  const nano = Math.round(value * nanoPerUnit);
  return nano >= 0 && nano <= MOST_NANO ? nano : undefined;
}

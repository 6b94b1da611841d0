import { globMatches } from '../ir/glob.ts';
import type { TokenPrices } from './token-prices.ts';

/** A price that the user sets. A dimension left out is any; all three are globs. */
export interface PriceRule {
  readonly agent?: string | undefined;
  /** A provider by the name it has in the configuration. */
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly prices: TokenPrices;
}

/** By model glob, of one provider. */
export type PriceOverrides = Readonly<Record<string, TokenPrices>>;

interface Asked {
  readonly agent: string | undefined;
  readonly provider: string | undefined;
  readonly model: string;
}

/**
 * The rule that holds. A fixed order, so that no rule changes its meaning when another is added below it: a rule that names the agent goes
 * before one that does not; then one that names the provider (all prices of a provider do); then one that names the model, in full
 * before by a pattern. Among equals the first, those of the list before those of the provider.
 */
export function findPriceRule(
  rules: readonly PriceRule[],
  ofProvider: PriceOverrides | undefined,
  asked: Asked,
): TokenPrices | undefined {
  let best: { readonly prices: TokenPrices; readonly rank: number } | undefined;
  const consider = (prices: TokenPrices, rank: number): void => {
    if (best === undefined || rank > best.rank) best = { prices, rank };
  };
  for (const { agent, provider, model, prices } of rules) {
    if (!covers(agent, asked.agent) || !covers(provider, asked.provider) || !covers(model, asked.model)) continue;
    consider(prices, 100 * naming(agent) + 10 * naming(provider) + naming(model));
  }
  for (const [model, prices] of Object.entries(ofProvider ?? {})) {
    if (globMatches(model, asked.model)) consider(prices, 10 * IN_FULL + naming(model));
  }
  return best?.prices;
}

const IN_FULL = 2;

function naming(pattern: string | undefined): 0 | 1 | 2 {
  if (pattern === undefined || pattern === '*') return 0;
  return pattern.includes('*') ? 1 : IN_FULL;
}

function covers(pattern: string | undefined, text: string | undefined): boolean {
  if (pattern === undefined) return true;
  return text !== undefined && globMatches(pattern, text);
}

import { globMatches } from '../ir/glob.ts';

/** What vendors call the ordinary tier. Reserved capacity is paid for by contract; its tokens are shown at what they are worth. */
const ORDINARY = ['default', 'standard', 'standard_only', 'auto', 'on_demand', 'on-demand', 'scale', 'unspecified'];

/** Factors of one tier: the first glob that matches the model holds. */
type Factors = readonly (readonly [models: string, factor: number])[];

const HALF: Factors = [['*', 0.5]];

/** Models by name, also where a date follows it. */
const named = (factor: number, ...models: readonly string[]): Factors =>
  models.flatMap((model) => [
    [model, factor],
    [`${model}-20*`, factor],
  ]);

/**
 * OpenAI's dearer prices (openai.com/api-fast-mode, until 30 July 2026 "priority processing", and its pricing page, read in November
 * 2026): a price of each model, here over its standard one. Cached input has the same factor. A model that is not listed has no such tier.
 */
const OPENAI_FAST: Factors = [
  ...named(2.5, 'gpt-5.5'),
  ...named(2, 'gpt-5.6', 'gpt-5.6-sol', 'gpt-5.6-terra', 'gpt-5.6-luna', 'gpt-5.4', 'gpt-5.4-mini', 'gpt-5.3-codex'),
  ...named(2, 'gpt-5.2', 'gpt-5.2-codex', 'gpt-5.1', 'gpt-5.1-codex', 'gpt-5.1-codex-max', 'gpt-5', 'gpt-5-codex', 'gpt-4.1-nano'),
  ...named(1.8, 'gpt-5-mini'),
  ...named(1.75, 'gpt-4.1', 'gpt-4.1-mini', 'o3'),
  ['gpt-4o', 1.7],
  ['gpt-4o-2024-08-06', 1.7],
  ['gpt-4o-2024-11-20', 1.7],
  ...named(5 / 3, 'gpt-4o-mini'),
  ...named(20 / 11, 'o4-mini'),
];

/**
 * What a service tier costs, as a factor on the list price of tokens. Tools cost the same in each.
 *
 * - openai: flex and batch half (pricing page). Azure has prices of its own, which nobody tells.
 * - anthropic: batch half; fast mode by model (platform.claude.com, "Fast mode": 6 times for Opus 4.6 and 4.7, 2 times since);
 *   `us` is inference in the United States, 1.1 times from Opus 4.6 on ("Data residency"), and older models do not report it.
 *   Its priority tier is capacity paid for by contract, drawn on at list prices.
 * - google: flex and batch half (ai.google.dev, "Optimization"). Priority is told only as "75 to 100 % more": a range is no price.
 * - groq: flex costs what on-demand does, batch half (console.groq.com, "Service tiers").
 * - mistral: batch half. x-ai: batch is discounted by 20 to 50 %, and its priority premium is not told by the answer; its bill is.
 */
const TIERS: Readonly<Record<string, Readonly<Record<string, Factors>>>> = {
  openai: { flex: HALF, batch: HALF, priority: OPENAI_FAST, fast: OPENAI_FAST },
  anthropic: {
    batch: HALF,
    priority: [['*', 1]],
    fast: [
      ['claude-opus-4-6*', 6],
      ['claude-opus-4-7*', 6],
      ['claude-opus-4-8*', 2],
      ['claude-opus-5*', 2],
    ],
    us: [['*', 1.1]],
  },
  google: { flex: HALF, batch: HALF },
  groq: { flex: [['*', 1]], performance: [['*', 1]], batch: HALF },
  mistral: { batch: HALF },
};

/**
 * The factor of a tier as a meter names it: one word, or several joined by `+`. Undefined where the price of that tier is not known, which
 * makes a request unpriced: a discount or a premium guessed wrong is a wrong bill.
 */
export function tierFactor(priceProvider: string | undefined, model: string, tier: string | undefined): number | undefined {
  let factor = 1;
  for (const word of tierWords(tier)) {
    const tiers = (priceProvider === undefined ? undefined : TIERS[priceProvider]) ?? {};
    // A tier may be called anything by an answer, also `constructor`.
    const rows = Object.hasOwn(tiers, word) ? tiers[word] : undefined;
    const known = rows?.find(([pattern]) => globMatches(pattern, model))?.[1];
    if (known === undefined) return undefined;
    factor *= known;
  }
  return factor;
}

function tierWords(tier: string | undefined): readonly string[] {
  return (tier ?? '')
    .toLowerCase()
    .split('+')
    .filter((word) => word !== '' && !ORDINARY.includes(word));
}

import type { DialectId } from '../../ir/dialect.ts';
import { gatewayError, type GatewayError } from '../../ir/error.ts';
import { shortUsd } from '../money.ts';
import { budgetWords, type Budget } from './budget.ts';
import type { Standing } from './spending.ts';
import { whenWords } from './windows.ts';

/** Why a budget refuses: there is not enough left, or nobody knows what the request would cost. */
export interface Refusal {
  readonly why: 'spent' | 'unpriced';
  readonly budget: Budget;
  readonly spent: number;
  readonly reserved: number;
  /** What this request may cost; undefined where that is not known. */
  readonly worst: number | undefined;
  /** Milliseconds since the epoch. */
  readonly resetsAt: number;
}

/** Something that the user is told once in each window, by whoever sees it first. */
export interface BudgetNews {
  /** `share`: so much of it was spent. `refused`: it stood in a request's way. `unpriced`: requests pass that it cannot count. */
  readonly kind: 'share' | 'refused' | 'unpriced';
  readonly budget: Budget;
  /** For `share`, what was passed: 1 is all of it. */
  readonly share: number | undefined;
  readonly spent: number;
  readonly unpriced: number;
}

/** What follows for a request. `news` is for the user, whatever happens to the request. */
export type Verdict =
  | { readonly kind: 'go'; readonly news: readonly BudgetNews[] }
  | { readonly kind: 'block'; readonly refusal: Refusal; readonly news: readonly BudgetNews[] }
  /** Ask again for this target, with `downgraded`. */
  | { readonly kind: 'downgrade'; readonly to: string; readonly refusal: Refusal; readonly news: readonly BudgetNews[] };

/** What a request means to the budgets. */
export interface Wish {
  readonly worst: number | undefined;
  /** It goes where a budget sent it: those that would send it there are kept in mind, but do not stand in its way. */
  readonly downgraded: boolean;
}

/**
 * Whether a budget stands in the way. What costs nothing always passes, also when more was spent than there was. What nobody knows the
 * price of passes while anything is left: it takes nothing away that could be counted.
 */
export function objection({ budget, spent, reserved }: Standing, { worst, downgraded }: Wish): Refusal['why'] | undefined {
  if (worst === undefined && budget.unpriced === 'block') return 'unpriced';
  if (budget.atLimit === 'warn' || (downgraded && budget.atLimit !== 'block') || worst === 0) return undefined;
  const taken = spent + reserved;
  return (worst === undefined ? taken < budget.limitNano : taken + worst <= budget.limitNano) ? undefined : 'spent';
}

/** Who blocks goes before who only sends elsewhere; among those that block, the one that will the longest. */
export function weigh(refusals: readonly Refusal[], news: readonly BudgetNews[]): Verdict {
  const blocking = refusals
    .filter(({ why, budget }) => why === 'unpriced' || typeof budget.atLimit !== 'object')
    .sort((a, b) => b.resetsAt - a.resetsAt)[0];
  if (blocking !== undefined) return { kind: 'block', refusal: blocking, news };
  const [refusal] = refusals;
  if (refusal === undefined || typeof refusal.budget.atLimit !== 'object') return { kind: 'go', news };
  return { kind: 'downgrade', to: refusal.budget.atLimit.downgrade, refusal, news };
}

export function refusalSentence({ why, budget, spent, reserved, worst, resetsAt }: Refusal, now: number): string {
  const name = budgetWords(budget);
  const limit = shortUsd(budget.limitNano);
  if (why === 'unpriced') {
    return (
      `The price of this model is not known, and ${name} (${limit}) lets only known prices pass. ` +
      'Enter the price under "prices" of the provider, choose another model, or set "unpriced" of the budget to "allow".'
    );
  }
  const taken = `${shortUsd(spent)} of ${limit} is spent${reserved > 0 ? `, ${shortUsd(reserved)} is reserved for requests under way` : ''}`;
  const wanted = worst === undefined ? '' : `, and this request may cost up to ${shortUsd(worst)}`;
  const reset =
    worst !== undefined && worst > budget.limitNano ? 'That is more than all of it' : `It resets ${whenWords(resetsAt, now)}`;
  return `${sentence(name)} stands in the way: ${taken}${wanted}. ${reset}; "Gatehouse: Raise Budget" raises it.`;
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * The status at which the agents of a dialect show the message at once and do not ask again (clients.md 2). Claude Code takes a 400 as a
 * reason to leave things out and ask up to six times, and prints a 429 `billing_error` with `x-should-retry: false` as it is. Codex
 * waits on a 429 for as long as it is told to, five times, and never shows its text; Gemini CLI asks ten times; opencode, cline and Qwen
 * Code ask again as well. All of these end at a 400 and show it.
 */
const STATUS: Readonly<Record<DialectId, number>> = {
  'anthropic-messages': 429,
  'openai-chat': 400,
  'openai-responses': 400,
  gemini: 400,
};

/** The error for an agent that speaks `dialect`, and the headers that go with it. */
export function refusalError(
  refusal: Refusal,
  dialect: DialectId,
  now: number,
): { readonly error: GatewayError; readonly headers: Readonly<Record<string, string>> } {
  const status = STATUS[dialect];
  const error = { ...gatewayError('budget-spent', refusalSentence(refusal, now)), status };
  const seconds = Math.max(1, Math.ceil((refusal.resetsAt - now) / 1000));
  // Over 60 s Claude Code does not wait; under, `x-should-retry: false`, which goes with every error that is not retryable, keeps it from it.
  return { error, headers: status === 429 ? { 'retry-after': String(seconds) } : {} };
}

/** One sentence for a notification. */
export function newsSentence({ kind, budget, share, spent, unpriced }: BudgetNews): string {
  const name = budgetWords(budget);
  const limit = shortUsd(budget.limitNano);
  switch (kind) {
    case 'share':
      return `${sentence(name)}: ${shortUsd(spent)} of ${limit} is spent${share === 1 ? '' : ` (over ${Math.round((share ?? 0) * 100)} %)`}.`;
    case 'refused':
      return `${sentence(name)}: ${shortUsd(spent)} of ${limit} is spent, and a request did not fit into what is left.`;
    case 'unpriced':
      return `${sentence(name)} does not count models whose price is not known; requests so far: ${unpriced}.`;
    default:
      return kind satisfies never;
  }
}

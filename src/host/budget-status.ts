import { budgetWords, type Budget } from '../core/ledger/budgets/budget.ts';
import type { BudgetKeeper } from '../core/ledger/budgets/budget-keeper.ts';

/** How it stands with one budget, in the order of the configuration. Nano-dollars; times in milliseconds since the epoch. */
export interface BudgetStatus extends Pick<Budget, 'name' | 'scope' | 'window' | 'limitNano' | 'thresholds' | 'atLimit'> {
  /** `the daily budget of agent "codex"` */
  readonly words: string;
  readonly spentNano: number;
  /** Set aside for requests under way. */
  readonly reservedNano: number;
  /** Settled requests in it whose price nobody knows. */
  readonly unpriced: number;
  readonly resetsAt: number;
}

export function budgetStatuses(budgets: Pick<BudgetKeeper, 'standings'>): readonly BudgetStatus[] {
  return budgets.standings().map(({ budget, spent, reserved, unpriced, resetsAt }) => ({
    words: budgetWords(budget),
    name: budget.name,
    scope: budget.scope,
    window: budget.window,
    limitNano: budget.limitNano,
    thresholds: budget.thresholds,
    atLimit: budget.atLimit,
    spentNano: spent,
    reservedNano: reserved,
    unpriced,
    resetsAt,
  }));
}

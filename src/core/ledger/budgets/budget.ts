import type { BudgetConfig } from '../../config/schema-budgets.ts';
import { globMatches } from '../../ir/glob.ts';
import { nanoFromUsd } from '../money.ts';

/** All that is given must hold; `model` is a glob, the others are names. */
export type BudgetScope = BudgetConfig['scope'];
export type BudgetWindow = BudgetConfig['window'];

/** One budget of the configuration, with its money as integers. */
export interface Budget {
  /** Of what was told about it. Another limit or window is another budget, whose user wants to be told again. */
  readonly id: string;
  readonly name: string | undefined;
  readonly scope: BudgetScope;
  readonly window: BudgetWindow;
  readonly limitNano: number;
  /** Ascending, each between 0 and 1; the last is 1. */
  readonly thresholds: readonly number[];
  /** What happens to a request that does not fit. */
  readonly atLimit: BudgetConfig['then'];
  readonly unpriced: BudgetConfig['unpriced'];
}

/** What a budget may look at. */
export interface Spender {
  readonly workspace: string;
  readonly agent: string;
  readonly provider: string;
  readonly model: string;
  /** The key's id, never the key. */
  readonly key: string | undefined;
}

export const SCOPE_COLUMNS = ['workspace', 'agent', 'provider', 'model', 'key'] as const;

export function resolveBudgets(configured: readonly BudgetConfig[]): readonly Budget[] {
  return configured.map(({ name, scope, window, usd, warnAt, then: atLimit, unpriced }) => {
    const limitNano = nanoFromUsd(usd) ?? 0;
    return {
      id: JSON.stringify([scopeName(scope), window, limitNano]),
      name,
      scope,
      window,
      limitNano,
      thresholds: [...new Set([...warnAt, 1])].sort((a, b) => a - b),
      atLimit,
      unpriced,
    };
  });
}

/** The same for the same scope, in whatever order it is written. */
export function scopeName(scope: BudgetScope): string {
  return JSON.stringify(SCOPE_COLUMNS.map((column) => scope[column] ?? null));
}

export function covers({ workspace, agent, provider, model, key }: BudgetScope, spender: Spender): boolean {
  return (
    (agent === undefined || agent === spender.agent) &&
    (workspace === undefined || workspace === spender.workspace) &&
    (provider === undefined || provider === spender.provider) &&
    (key === undefined || key === spender.key) &&
    (model === undefined || globMatches(model, spender.model))
  );
}

/** `the daily budget of agent "claude-code" on "anthropic"`, or its own name. */
export function budgetWords({ name, scope, window }: Budget): string {
  const period = typeof window === 'object' ? `${window.hours}-hour` : PERIODS[window];
  if (name !== undefined) return `the ${period} budget "${name}"`;
  const covered = SCOPE_COLUMNS.flatMap((column) => (scope[column] === undefined ? [] : [`${column} "${scope[column]}"`]));
  return `the ${period} budget ${covered.length === 0 ? 'for everything' : `of ${covered.join(', ')}`}`;
}

const PERIODS = { day: 'daily', week: 'weekly', month: 'monthly' } as const;

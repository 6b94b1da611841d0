import * as l10n from '@vscode/l10n';
import { shortUsd } from '../../core/ledger/money.ts';
import type { BudgetStatus } from '../../host/budget-status.ts';
import { clockTime } from '../routing/markdown.ts';

const STEPS = 10;

/** `▰▰▰▱▱▱▱▱▱▱ 31 %`: what is spent or set aside. Full only when nothing is left. */
export function budgetBar({ limitNano, spentNano, reservedNano }: BudgetStatus): string {
  const share = takenShare({ limitNano, spentNano, reservedNano });
  const full = share >= 1 ? STEPS : Math.min(STEPS - 1, Math.floor(share * STEPS));
  return `${'▰'.repeat(full)}${'▱'.repeat(STEPS - full)} ${percent(share)} %`;
}

/** `31 %` */
export function budgetShare(budget: BudgetStatus): string {
  return `${percent(takenShare(budget))} %`;
}

/** A budget of nothing is spent from the beginning. */
export function takenShare({
  limitNano,
  spentNano,
  reservedNano,
}: Pick<BudgetStatus, 'limitNano' | 'spentNano' | 'reservedNano'>): number {
  return limitNano === 0 ? 1 : (spentNano + reservedNano) / limitNano;
}

/** Whether requests are refused or sent elsewhere by it. */
export function isSpent(budget: BudgetStatus): boolean {
  return budget.atLimit !== 'warn' && takenShare(budget) >= 1;
}

/** `$3.10 of $10.00, resets 00:00` */
export function budgetFigures({ limitNano, spentNano, resetsAt }: BudgetStatus, now: number): string {
  return l10n.t('{0} of {1}, resets {2}', shortUsd(spentNano), shortUsd(limitNano), clockTime(resetsAt, now));
}

/** `Daily budget of codex`, `Weekly budget "team"`. `within`: an agent under which it stands, which is then not said. */
export function budgetLabel({ name, scope, window }: BudgetStatus, within?: string): string {
  const period = periodWords(window);
  if (name !== undefined) return `${period} "${name}"`;
  const covered = Object.entries(scope)
    .filter(([column, value]) => value !== undefined && !(column === 'agent' && value === within))
    .map(([, value]) => value);
  return covered.length === 0 ? period : l10n.t('{0} of {1}', period, covered.join(', '));
}

function periodWords(window: BudgetStatus['window']): string {
  if (window === 'day') return l10n.t('Daily budget');
  if (window === 'week') return l10n.t('Weekly budget');
  if (window === 'month') return l10n.t('Monthly budget');
  return l10n.t('Budget of {0} hours', window.hours);
}

/** 99.6 is not 100 yet. */
function percent(share: number): number {
  return share < 1 ? Math.min(99, Math.round(share * 100)) : Math.round(share * 100);
}

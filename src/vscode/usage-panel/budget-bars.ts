import * as l10n from '@vscode/l10n';
import { usdString } from '../../core/ledger/money.ts';
import type { BudgetStatus } from '../../host/budget-status.ts';
import { takenShare } from '../views/budget-words.ts';
import type { PanelBudget } from './messages.ts';

/** Budgets against what was spent, in the order of the settings. */
export function budgetBars(budgets: readonly BudgetStatus[]): PanelBudget[] {
  return budgets.map((budget, index) => {
    const { limitNano, spentNano, reservedNano, resetsAt, unpriced, atLimit, thresholds } = budget;
    const share = takenShare(budget);
    return {
      title: budgetTitle(budget),
      index,
      spentUsd: usdString(spentNano),
      reservedUsd: usdString(reservedNano),
      limitUsd: usdString(limitNano),
      share,
      state: share >= 1 ? 'spent' : thresholds.some((threshold) => share >= threshold) ? 'warned' : 'ok',
      atLimit: typeof atLimit === 'object' ? 'downgrade' : atLimit,
      resetsAt,
      unpriced,
    };
  });
}

function budgetTitle({ name, scope, window }: BudgetStatus): string {
  const covered = Object.values(scope).filter((part) => part !== undefined);
  const whose = name ?? (covered.length === 0 ? l10n.t('everything') : covered.join(', '));
  if (typeof window === 'object') return l10n.t('{0}, in {1} hours', whose, window.hours);
  switch (window) {
    case 'day':
      return l10n.t('{0}, today', whose);
    case 'week':
      return l10n.t('{0}, this week', whose);
    case 'month':
      return l10n.t('{0}, this month', whose);
    default:
      return window satisfies never;
  }
}

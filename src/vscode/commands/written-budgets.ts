import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { BudgetConfig } from '../../core/config/schema-budgets.ts';

type Written = Readonly<Partial<BudgetConfig>>;

/** As the user wrote them: defaults are not written into the settings. */
export function writtenBudgets(): readonly Written[] {
  return vscode.workspace.getConfiguration('gatehouse').get<readonly Written[]>('budgets') ?? [];
}

export async function writeBudgets(budgets: readonly Written[]): Promise<void> {
  const section = vscode.workspace.getConfiguration('gatehouse');
  await section.update('budgets', budgets.length === 0 ? undefined : budgets, vscode.ConfigurationTarget.Global);
}

/** What is wrong with an amount; undefined: nothing. */
export function dollarFault(text: string): string | undefined {
  const usd = Number(text);
  if (text.trim() === '' || !Number.isFinite(usd) || usd < 0.000001) return l10n.t('A number of US dollars, such as {0}', 25);
  return usd > 1_000_000 ? l10n.t('At most {0}', 1_000_000) : undefined;
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { budgetWords, resolveBudgets } from '../../core/ledger/budgets/budget.ts';
import type { EditorHost } from '../editor-host.ts';
import { dollarFault, writeBudgets, writtenBudgets } from './written-budgets.ts';

/** Takes a new limit for a budget, in effect on the next request: the one at a place of the settings, one by its words, or one that is picked. */
export async function raiseBudget(host: EditorHost, wanted?: number | string): Promise<void> {
  const configured = host.state?.config.budgets ?? [];
  if (configured.length === 0) {
    const make = l10n.t('New Budget');
    const choice = await vscode.window.showInformationMessage(l10n.t('There is no budget yet.'), make);
    if (choice !== undefined) await vscode.commands.executeCommand('gatehouse.editBudget');
    return;
  }
  const words = resolveBudgets(configured).map(budgetWords);
  const items = configured.map(({ usd }, index) => ({ label: words[index] ?? '', description: `$${usd}`, index }));
  const meant = items.filter(({ label, index }) => wanted === label || wanted === index);
  const [only] = meant.length === 1 ? meant : items;
  const picked =
    meant.length === 1 || items.length === 1
      ? only
      : await vscode.window.showQuickPick(items, { title: l10n.t('Raise which budget?') });
  const budget = picked && configured[picked.index];
  if (picked === undefined || budget === undefined) return;
  const { label, index } = picked;
  const usd = await vscode.window.showInputBox({
    title: l10n.t('Raise {0}', label),
    prompt: l10n.t('The new limit in US dollars, for each window'),
    value: String(budget.usd * 2),
    validateInput: (text) => limitFault(text, budget.usd),
  });
  if (usd === undefined) return;
  await writeBudgets(writtenBudgets().map((each, at) => (at === index ? { ...each, usd: Number(usd) } : each)));
  host.audit({ kind: 'budget-raised', budget: label, fromUsd: String(budget.usd), toUsd: String(Number(usd)) });
  void vscode.window.setStatusBarMessage(l10n.t('Gatehouse: {0} is {1} now', label, `$${Number(usd)}`), 5000);
}

function limitFault(text: string, present: number): string | undefined {
  const fault = dollarFault(text);
  if (fault !== undefined) return fault;
  return Number(text) <= present
    ? l10n.t('It is {0} already; "Gatehouse: Edit Budget" sets a lower one', `$${present}`)
    : undefined;
}

import * as vscode from 'vscode';
import type { BudgetConfig } from '../../core/config/schema-budgets.ts';
import { budgetWords, resolveBudgets } from '../../core/ledger/budgets/budget.ts';
import type { EditorHost } from '../editor-host.ts';

/** Takes a new limit for a budget: the one at `index` of the settings, or one that is picked. In effect on the next request. */
export async function raiseBudget(host: EditorHost, index?: number): Promise<void> {
  const configured = host.state?.config.budgets ?? [];
  if (configured.length === 0) {
    void vscode.window.showInformationMessage('There is no budget. The setting "gatehouse.budgets" takes some.');
    return;
  }
  const words = resolveBudgets(configured).map(budgetWords);
  const known = configured.length === 1 ? 0 : index;
  const picked =
    known !== undefined && configured[known] !== undefined
      ? { index: known }
      : await vscode.window.showQuickPick(
          configured.map(({ usd }, index) => ({ label: words[index] ?? '', description: `$${usd}`, index })),
          { title: 'Raise which budget?' },
        );
  const budget = picked && configured[picked.index];
  if (budget === undefined) return;
  const usd = await vscode.window.showInputBox({
    title: `Raise ${words[picked!.index]}`,
    prompt: 'The new limit in US dollars, for each window',
    value: String(budget.usd * 2),
    validateInput: (text) => limitFault(text, budget.usd),
  });
  if (usd === undefined) return;
  await raise(picked!.index, Number(usd));
  host.audit({
    kind: 'budget-raised',
    budget: words[picked!.index] ?? '',
    fromUsd: String(budget.usd),
    toUsd: String(Number(usd)),
  });
  void vscode.window.setStatusBarMessage(`Gatehouse: ${words[picked!.index]} is $${Number(usd)} now`, 5000);
}

function limitFault(text: string, present: number): string | undefined {
  const usd = Number(text);
  if (text.trim() === '' || !Number.isFinite(usd)) return 'A number of US dollars, such as 25';
  if (usd <= present) return `It is $${present} already; a lower limit is set in the settings`;
  return usd > 1_000_000 ? 'At most 1000000' : undefined;
}

/** As the user wrote them: defaults are not written into the settings. */
async function raise(index: number, usd: number): Promise<void> {
  const section = vscode.workspace.getConfiguration('gatehouse');
  const written = section.get<readonly BudgetConfig[]>('budgets') ?? [];
  const changed = written.map((budget, at) => (at === index ? { ...budget, usd } : budget));
  await section.update('budgets', changed, vscode.ConfigurationTarget.Global);
}

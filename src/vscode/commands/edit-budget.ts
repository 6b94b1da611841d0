import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { BudgetConfig } from '../../core/config/schema-budgets.ts';
import { budgetWords, resolveBudgets } from '../../core/ledger/budgets/budget.ts';
import type { EditorHost } from '../editor-host.ts';
import { pickModel } from './pick-model.ts';
import { dollarFault, writeBudgets, writtenBudgets } from './written-budgets.ts';

type Written = Readonly<Partial<BudgetConfig>>;
type Then = BudgetConfig['then'];

/** Makes a budget or changes one. In effect on the next request. `wanted`: an agent, or a budget by its words; left out: any. */
export async function editBudget(host: EditorHost, wanted?: string): Promise<void> {
  const configured = host.state?.config.budgets ?? [];
  const words = resolveBudgets(configured).map(budgetWords);
  const meant = words.indexOf(wanted ?? '');
  const named = configured[meant];
  if (named !== undefined) return change(host, meant, named, wanted ?? '');
  const own = configured.flatMap(({ scope, usd }, index) =>
    wanted === undefined || scope.agent === wanted ? [{ label: words[index] ?? '', description: `$${usd}`, index }] : [],
  );
  const fresh = {
    label: wanted === undefined ? l10n.t('New budget for everything…') : l10n.t('New budget for {0}…', wanted),
    index: undefined,
  };
  const picked =
    own.length === 0
      ? fresh
      : await vscode.window.showQuickPick([...own, fresh], {
          title: l10n.t('Edit which budget?'),
          matchOnDescription: true,
          ignoreFocusOut: true,
        });
  if (picked === undefined) return;
  if (picked.index === undefined) return newBudget(host, wanted);
  const budget = configured[picked.index];
  if (budget !== undefined) await change(host, picked.index, budget, picked.label);
}

async function newBudget(host: EditorHost, agent: string | undefined): Promise<void> {
  const whose = agent ?? l10n.t('everything');
  const window = await pickWindow(l10n.t('Budget of {0}: for how long?', whose));
  if (window === undefined) return;
  const usd = await enterUsd(l10n.t('Budget of {0}: how much?', whose), undefined);
  if (usd === undefined) return;
  const atLimit = await pickThen(host, l10n.t('Budget of {0}: what when it is spent?', whose));
  if (atLimit === undefined) return;
  await save(host, [...writtenBudgets(), written({ ...(agent !== undefined && { scope: { agent } }), window, usd }, atLimit)]);
}

async function change(host: EditorHost, index: number, budget: BudgetConfig, words: string): Promise<void> {
  const part = await vscode.window.showQuickPick(
    [
      { label: l10n.t('Limit'), description: `$${budget.usd}`, part: 'usd' },
      { label: l10n.t('Window'), description: windowWords(budget.window), part: 'window' },
      { label: l10n.t('When it is spent'), description: thenWords(budget.then), part: 'then' },
      { label: l10n.t('Remove'), part: 'remove' },
    ] as const,
    { title: words },
  );
  if (part === undefined) return;
  const changed = await changesOf(host, part.part, budget, words);
  if (changed === undefined) return;
  const before = writtenBudgets();
  await save(
    host,
    changed === 'remove'
      ? before.filter((_budget, at) => at !== index)
      : before.map((each, at) => (at === index ? { ...each, ...changed } : each)),
  );
  if (changed !== 'remove' && changed.usd !== undefined && changed.usd > budget.usd)
    host.audit({ kind: 'budget-raised', budget: words, fromUsd: String(budget.usd), toUsd: String(changed.usd) });
}

async function changesOf(
  host: EditorHost,
  part: 'usd' | 'window' | 'then' | 'remove',
  budget: BudgetConfig,
  words: string,
): Promise<Written | 'remove' | undefined> {
  switch (part) {
    case 'usd': {
      const usd = await enterUsd(l10n.t('Limit of {0}', words), budget.usd);
      return usd === undefined ? undefined : { usd };
    }
    case 'window': {
      const window = await pickWindow(l10n.t('Window of {0}', words));
      return window === undefined ? undefined : { window };
    }
    case 'then': {
      const atLimit = await pickThen(host, l10n.t('{0}: what when it is spent?', words));
      return atLimit === undefined ? undefined : written({}, atLimit);
    }
    case 'remove': {
      const remove = l10n.t('Remove');
      const detail = l10n.t('Nothing stands in the way of what it covers any more.');
      const choice = await vscode.window.showWarningMessage(l10n.t('Remove {0}?', words), { modal: true, detail }, remove);
      return choice === undefined ? undefined : 'remove';
    }
    default:
      return part satisfies never;
  }
}

/** The settings call it `then`: it holds no function, so nothing can wait for it. */
function written(budget: Written, atLimit: Then): Written {
  // oxlint-disable-next-line unicorn/no-thenable
  return { ...budget, then: atLimit };
}

async function save(host: EditorHost, budgets: readonly Written[]): Promise<void> {
  await writeBudgets(budgets);
  await host.refresh();
  void vscode.window.setStatusBarMessage(l10n.t('Gatehouse: budgets are saved'), 5000);
}

async function pickWindow(title: string): Promise<BudgetConfig['window'] | undefined> {
  const windows = (['day', 'week', 'month'] as const).map((window) => ({ label: windowWords(window), window }));
  return (await vscode.window.showQuickPick(windows, { title, ignoreFocusOut: true }))?.window;
}

async function pickThen(host: EditorHost, title: string): Promise<Then | undefined> {
  const choices = [
    { label: l10n.t('Refuse requests'), atLimit: 'block' },
    { label: l10n.t('Tell me only'), atLimit: 'warn' },
    { label: l10n.t('Ask a cheaper model…'), atLimit: 'downgrade' },
  ] as const;
  const picked = await vscode.window.showQuickPick(choices, { title, ignoreFocusOut: true });
  if (picked?.atLimit !== 'downgrade') return picked?.atLimit;
  const model = await pickModel(host, { title: l10n.t('Which model instead?') });
  return model?.reference === undefined ? undefined : { downgrade: model.reference };
}

async function enterUsd(title: string, present: number | undefined): Promise<number | undefined> {
  const text = await vscode.window.showInputBox({
    title,
    prompt: l10n.t('US dollars in each window'),
    value: present === undefined ? '10' : String(present),
    validateInput: dollarFault,
  });
  return text === undefined ? undefined : Number(text);
}

function windowWords(window: BudgetConfig['window']): string {
  if (window === 'day') return l10n.t('Day');
  if (window === 'week') return l10n.t('Week, from Monday');
  if (window === 'month') return l10n.t('Month');
  return l10n.t('The last {0} hours', window.hours);
}

function thenWords(then: Then): string {
  if (then === 'block') return l10n.t('requests are refused');
  if (then === 'warn') return l10n.t('you are told');
  return l10n.t('{0} is asked', then.downgrade);
}

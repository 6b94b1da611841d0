import * as l10n from '@vscode/l10n';
import type { PanelBudget, PanelCommand } from '../src/vscode/usage-panel/messages.ts';
import { commandButton } from './empty-state.ts';
import { element, setAttribute, setHidden, setText, syncChildren } from './elements.ts';
import { count, exactMoney, fullMoment, money, nanos, percentage, upcoming } from './format.ts';
import { statusIcon } from './request-status.ts';
import { visibleName } from './visible-name.ts';

export interface Budgets {
  readonly root: HTMLElement;
  update(budgets: readonly PanelBudget[], now: number): void;
}

/** What was spent of each budget: a bar, and the same in words. */
export function budgetList(raise: (index: number) => void, run: (command: PanelCommand) => void): Budgets {
  const kept = new Map<string, HTMLElement>();
  const fills = new WeakMap<HTMLElement, (budget: PanelBudget, now: number) => void>();
  const title = element('h2', { id: 'budgets' }, l10n.t('Budgets'));
  const edit = commandButton(l10n.t('Edit Budgets'), 'link', () => run('editBudgets'));
  const none = element('p', { class: 'quiet' }, l10n.t('No budget stops an agent.'));
  const list = element('ul', { class: 'budgets', 'aria-labelledby': title.id });
  const root = element(
    'section',
    { class: 'budget-section', 'aria-labelledby': title.id },
    element('div', { class: 'section-head' }, title, element('div', { class: 'controls' }, edit)),
    none,
    list,
  );
  return {
    root,
    update(budgets, now) {
      setHidden(none, budgets.length > 0);
      setHidden(list, budgets.length === 0);
      syncChildren(
        list,
        kept,
        budgets,
        (budget) => String(budget.index),
        () => {
          const made = createItem(raise);
          fills.set(made.root, (budget, at) => made.fill(budget, at));
          return made.root;
        },
        (child, budget) => fills.get(child)?.(budget, now),
      );
    },
  };
}

function createItem(raise: (index: number) => void) {
  let index = 0;
  const name = element('bdi', { class: 'name' });
  const figures = element('span', { class: 'budget-figures' });
  const bar = element('span', { class: 'budget-bar' });
  const track = element('div', { class: 'budget-track', role: 'meter', 'aria-valuemin': '0', 'aria-valuemax': '100' }, bar);
  const state = element('span', { class: 'budget-state' });
  const reset = element('span', { class: 'quiet' });
  const raiseButton = commandButton(l10n.t('Raise Budget'), 'link', () => raise(index));
  const root = element(
    'li',
    { class: 'budget' },
    element('div', { class: 'budget-line' }, name, figures),
    track,
    element('div', { class: 'budget-line' }, state, reset, raiseButton),
  );
  return {
    root,
    fill(budget: PanelBudget, now: number): void {
      ({ index } = budget);
      const title = visibleName(budget.title);
      const [spent, limit] = [nanos(budget.spentUsd) ?? 0n, nanos(budget.limitUsd) ?? 0n];
      const words = l10n.t('{0} of {1}, {2}', money(spent), money(limit), percentage(budget.share));
      setText(name, title);
      setAttribute(name, 'title', title);
      setText(figures, words);
      setAttribute(figures, 'title', l10n.t('{0} of {1}', exactMoney(spent), exactMoney(limit)));
      setAttribute(track, 'aria-label', title);
      setAttribute(track, 'aria-valuenow', String(Math.min(100, Math.round(budget.share * 100))));
      setAttribute(track, 'aria-valuetext', words);
      const width = `${Math.min(100, budget.share * 100).toFixed(1)}%`;
      if (bar.style.width !== width) bar.style.width = width;
      setAttribute(root, 'data-state', budget.state);
      const shown = stateWords(budget);
      if (state.textContent !== shown) {
        const icon = budget.state === 'ok' ? 'check' : budget.state === 'warned' ? 'warning' : 'stop';
        state.replaceChildren(statusIcon(icon), shown);
      }
      setText(reset, l10n.t('resets {0}', upcoming(budget.resetsAt, now)));
      setAttribute(reset, 'title', fullMoment(budget.resetsAt));
      setAttribute(raiseButton, 'aria-label', l10n.t('Raise Budget: {0}', title));
    },
  };
}

function stateWords({ state, atLimit, reservedUsd, unpriced }: PanelBudget): string {
  const reserved = nanos(reservedUsd) ?? 0n;
  const notes = [
    ...(reserved > 0n ? [l10n.t('{0} set aside for requests under way', money(reserved))] : []),
    ...(unpriced > 0 ? [l10n.t('{0} unpriced not counted', count(unpriced))] : []),
  ];
  return [mainWords(state, atLimit), ...notes].join(', ');
}

function mainWords(state: PanelBudget['state'], atLimit: PanelBudget['atLimit']): string {
  if (state === 'ok') return l10n.t('Within the budget');
  if (state === 'warned') return l10n.t('Nearly spent');
  switch (atLimit) {
    case 'block':
      return l10n.t('Spent: requests are blocked');
    case 'downgrade':
      return l10n.t('Spent: a cheaper model serves requests');
    case 'warn':
      return l10n.t('Spent: requests go on');
    default:
      return atLimit satisfies never;
  }
}

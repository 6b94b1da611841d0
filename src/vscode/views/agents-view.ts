import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import type { Standing } from '../standing.ts';
import { agentRows } from './agent-rows.ts';
import { isSpent } from './budget-words.ts';
import { registerRowsView } from './rows-view.ts';

/** Every agent with its model, what it cost today, its budgets and its state. */
export function registerAgentsView(host: EditorHost, standing: Standing): vscode.Disposable {
  return registerRowsView({
    id: 'gatehouse.agents',
    read() {
      const { state } = host;
      if (state === undefined) return Promise.resolve([]);
      const { config, agents, internalAgents: internal } = state;
      const { costs, budgets } = standing.figures;
      return Promise.resolve(agentRows({ config, agents, internal, paused: host.pausedAgents, costs, budgets, now: Date.now() }));
    },
    changes: (redraw) =>
      vscode.Disposable.from(
        host.onChanged(() => redraw(true)),
        standing.onRead(() => redraw(true)),
      ),
    badges(show) {
      const draw = (): void => show(badgeOf(host.pausedAgents.size, standing.figures.budgets.filter(isSpent).length));
      return vscode.Disposable.from(host.onChanged(draw), standing.onRead(draw));
    },
  });
}

function badgeOf(paused: number, spent: number): vscode.ViewBadge | undefined {
  if (paused + spent === 0) return undefined;
  const words = [
    paused === 0 ? undefined : paused === 1 ? l10n.t('1 agent is paused') : l10n.t('{0} agents are paused', paused),
    spent === 0 ? undefined : spent === 1 ? l10n.t('1 budget is spent') : l10n.t('{0} budgets are spent', spent),
  ];
  return { value: paused + spent, tooltip: words.filter(Boolean).join(', ') };
}

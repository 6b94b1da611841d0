import * as l10n from '@vscode/l10n';
import { shortUsd } from '../core/ledger/money.ts';
import type { GatewayState } from './gateway-process.ts';
import { plain } from './routing/markdown.ts';
import { count } from './routing/markdown.ts';
import { settledWords } from './routing/words.ts';
import type { SettledRequest } from '../core/ledger/records.ts';
import type { StandingFigures } from './standing.ts';
import { budgetBar, budgetFigures, budgetLabel, isSpent, takenShare } from './views/budget-words.ts';

/** What the status bar's item is made of. */
export interface StatusFigures extends StandingFigures {
  readonly trusted: boolean;
  readonly gateway: GatewayState;
  /** A sentence while the ledger cannot be written. */
  readonly trouble: string | undefined;
  readonly paused: readonly string[];
  readonly latest: SettledRequest | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface StatusLook {
  readonly text: string;
  /** For a screen reader; the head of the tooltip as well. */
  readonly spoken: string;
  readonly command: string;
  /** Only where a person has to do something before agents go on. */
  readonly alarm: boolean;
}

export function statusLook(figures: StatusFigures): StatusLook {
  const { gateway, trusted } = figures;
  if (!trusted) {
    return {
      text: `$(shield) ${l10n.t('Gatehouse: restricted')}`,
      spoken: l10n.t('Gatehouse does not start in Restricted Mode'),
      command: 'workbench.trust.manage',
      alarm: false,
    };
  }
  switch (gateway.phase) {
    case 'running':
      return runningLook(figures);
    case 'starting':
    case 'stopped':
      return {
        text: '$(loading~spin) Gatehouse',
        spoken: l10n.t('Gatehouse is starting'),
        command: 'gatehouse.showUsage',
        alarm: false,
      };
    case 'waiting':
      return {
        text: '$(error) Gatehouse',
        spoken: l10n.t('The Gatehouse gateway is down: {0}', gateway.reason),
        command: 'gatehouse.showLog',
        alarm: true,
      };
    default:
      return gateway satisfies never;
  }
}

function runningLook({ costs, budgets, trouble, paused }: StatusFigures): StatusLook {
  const nano = costs.reduce((sum, cost) => sum + cost.costNano, 0);
  const unpriced = costs.reduce((sum, cost) => sum + cost.unpriced, 0);
  const spent = `${shortUsd(nano)}${unpriced > 0 ? '+' : ''}`;
  // Local models cost nothing: without the tokens their work would not be seen at all.
  const tokens = costs.reduce((sum, cost) => sum + cost.inputTokens + cost.outputTokens, 0);
  const free = nano === 0 && tokens > 0 ? `, ${l10n.t('{0} tokens', count(tokens))}` : '';
  const today =
    unpriced > 0
      ? l10n.t('Gatehouse: {0} and {1} unpriced requests today', `${shortUsd(nano)}${free}`, unpriced)
      : l10n.t('Gatehouse: {0} today', `${shortUsd(nano)}${free}`);
  const look = { command: 'gatehouse.showUsage', alarm: false };
  if (trouble !== undefined) return { ...look, text: `$(warning) ${spent}`, spoken: trouble };
  const stopped = budgets.filter(isSpent);
  const [first] = stopped;
  if (first !== undefined) {
    const what = stopped.length === 1 ? l10n.t('budget spent') : l10n.t('{0} budgets spent', stopped.length);
    return {
      ...look,
      text: `$(error) ${spent}, ${what}`,
      spoken: l10n.t('{0}. Spent: {1}', today, stopped.map((budget) => budgetLabel(budget)).join(', ')),
      alarm: stopped.some(({ atLimit }) => atLimit === 'block'),
    };
  }
  if (paused.length > 0) {
    const who = paused.length === 1 ? l10n.t('{0} is paused', paused[0] ?? '') : l10n.t('{0} agents are paused', paused.length);
    return {
      ...look,
      text: `$(debug-pause) ${spent}, ${who}`,
      spoken: l10n.t('{0}. Paused: {1}', today, paused.join(', ')),
    };
  }
  return { ...look, text: `$(key) ${spent}${free}`, spoken: today };
}

/** The commands that the tooltip may run. */
export const TOOLTIP_COMMANDS = [
  'gatehouse.showUsage',
  'gatehouse.openTerminal',
  'gatehouse.chooseModel',
  'gatehouse.addKey',
  'gatehouse.copyEndpoint',
  'gatehouse.resumeAgent',
  'gatehouse.raiseBudget',
  'gatehouse.showRoute',
  'gatehouse.showLog',
];

/** Markdown: what today cost, by whom, how it stands with the budgets, the latest request, and where to go on. */
export function statusTooltip(figures: StatusFigures, spoken: string): string {
  const { costs, budgets, paused, latest, gateway } = figures;
  return [
    plain(spoken),
    ...costsTable(costs),
    ...budgetsTable(budgets, figures.now),
    ...(latest === undefined ? [] : [latestLine(latest)]),
    ...(paused.length === 0 ? [] : [link(l10n.t('Resume Agent'), 'gatehouse.resumeAgent')]),
    ...(gateway.phase === 'running' ? [l10n.t('Endpoint {0}', `\`${gateway.url}\``)] : []),
    [
      link(l10n.t('Usage'), 'gatehouse.showUsage'),
      link(l10n.t('Open Terminal'), 'gatehouse.openTerminal'),
      link(l10n.t('Choose Model'), 'gatehouse.chooseModel'),
      link(l10n.t('Add Key'), 'gatehouse.addKey'),
      link(l10n.t('Log'), 'gatehouse.showLog'),
    ].join(' · '),
  ].join('\n\n');
}

function costsTable(costs: StandingFigures['costs']): readonly string[] {
  if (costs.length === 0) return [];
  const rows = costs.map((cost) => {
    const price =
      cost.unpriced > 0 ? l10n.t('{0} + {1} unpriced', shortUsd(cost.costNano), cost.unpriced) : shortUsd(cost.costNano);
    return `| ${plain(cost.agent)} | ${count(cost.requests)} | ${count(cost.inputTokens + cost.outputTokens)} | ${plain(price)} |`;
  });
  const heads = [l10n.t('Agent'), l10n.t('Requests'), l10n.t('Tokens'), l10n.t('Today')];
  return [[`| ${heads.join(' | ')} |`, '|:--|--:|--:|--:|', ...rows].join('\n')];
}

/** So many fit into a tooltip: those that are nearest to their end. */
const MOST_BUDGETS = 6;

function budgetsTable(budgets: StandingFigures['budgets'], now: number): readonly string[] {
  if (budgets.length === 0) return [];
  const tightest = budgets.toSorted((a, b) => takenShare(b) - takenShare(a)).slice(0, MOST_BUDGETS);
  const rows = tightest.map((budget) => {
    const raise = isSpent(budget) ? ` ${link(l10n.t('Raise'), 'gatehouse.raiseBudget', budget.words)}` : '';
    return `| ${plain(budgetLabel(budget))} | ${budgetBar(budget)} | ${plain(budgetFigures(budget, now))}${raise} |`;
  });
  return [[`| ${l10n.t('Budget')} | | |`, '|:--|:--|:--|', ...rows].join('\n')];
}

function latestLine({ id, agent, provider, model, settled, status, error }: SettledRequest): string {
  const words = plain(l10n.t('{0} → {1}, {2}', agent, `${provider}/${model}`, settledWords(settled, status, error)));
  return `${l10n.t('Latest:')} ${link(words, 'gatehouse.showRoute', id)}`;
}

/** `text` is Markdown. */
function link(text: string, command: string, argument?: string): string {
  const query = argument === undefined ? '' : `?${encodeURIComponent(JSON.stringify([argument]))}`;
  return `[${text}](command:${command}${query})`;
}

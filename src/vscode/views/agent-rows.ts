import * as l10n from '@vscode/l10n';
import type { AgentConfig, Config } from '../../core/config/schema.ts';
import { shortUsd } from '../../core/ledger/money.ts';
import type { BudgetStatus } from '../../host/budget-status.ts';
import type { AgentCost } from '../gateway-view.ts';
import { referenceOf, referenceWords } from '../references.ts';
import { count } from '../routing/markdown.ts';
import { budgetBar, budgetFigures, budgetLabel, budgetShare, isSpent, takenShare } from './budget-words.ts';
import type { Row } from './row.ts';

/** What the Agents view shows is made of. `now`: milliseconds since the epoch. */
export interface AgentFigures {
  readonly config: Pick<Config, 'models'>;
  readonly agents: Readonly<Record<string, AgentConfig>>;
  /** Callers inside the editor: shown once they have cost something. */
  readonly internal: ReadonlySet<string>;
  readonly paused: ReadonlySet<string>;
  readonly costs: readonly AgentCost[];
  readonly budgets: readonly BudgetStatus[];
  readonly now: number;
}

/**
 * One row an agent: those that cost most today first, then those that could be asked, then the others; by name among equals. None while
 * none could be asked: then the view says what is missing.
 */
export function agentRows(figures: AgentFigures): readonly Row[] {
  const costs = new Map(figures.costs.map((cost) => [cost.agent, cost]));
  const shown = Object.entries(figures.agents).filter(([id]) => !figures.internal.has(id) || costs.has(id));
  if (!shown.some(([, agent]) => isServed(agent))) return [];
  const rank = (id: string, agent: AgentConfig): number => (isServed(agent) ? 1 : 0) + (costs.has(id) ? 2 : 0);
  return shown
    .sort(
      ([a, one], [b, other]) =>
        rank(b, other) - rank(a, one) || (costs.get(b)?.costNano ?? 0) - (costs.get(a)?.costNano ?? 0) || (a < b ? -1 : 1),
    )
    .map(([id, agent]) => agentRow(id, agent, costs.get(id), figures));
}

function agentRow(id: string, agent: AgentConfig, cost: AgentCost | undefined, figures: AgentFigures): Row {
  const budgets = figures.budgets.filter(({ scope }) => scope.agent === id).toSorted((a, b) => takenShare(b) - takenShare(a));
  const [tightest] = budgets;
  const paused = figures.paused.has(id);
  const stopped = budgets.some(isSpent);
  const state = paused ? l10n.t('paused') : stopped ? l10n.t('its budget is spent') : undefined;
  const share = tightest === undefined ? undefined : l10n.t('{0} of its budget', budgetShare(tightest));
  return {
    id: `agent/${id}`,
    subject: id,
    label: id,
    description: [state, servedBriefly(agent, figures.config), cost && costText(cost), share].filter(Boolean).join(' · '),
    icon: paused ? 'debug-pause' : stopped ? 'error' : isServed(agent) ? 'hubot' : 'circle-outline',
    ...((paused || stopped) && { color: 'list.warningForeground' }),
    context: paused ? 'agent-paused' : 'agent',
    rows: [
      ...figuresOf(cost),
      ...routingOf(id, agent, figures.config),
      ...budgets.map((budget) => budgetRow(id, budget, figures.now)),
    ],
  };
}

export function isServed(agent: AgentConfig): boolean {
  return referenceOf(agent) !== undefined || agent.provider !== undefined;
}

function servedBy(agent: AgentConfig, config: Pick<Config, 'models'>): string {
  const reference = referenceOf(agent);
  if (reference !== undefined) return referenceWords(config, reference);
  return agent.provider === undefined ? l10n.t('no model yet') : l10n.t('what it asks for, from {0}', agent.provider);
}

/** A side bar is narrow. */
function servedBriefly(agent: AgentConfig, config: Pick<Config, 'models'>): string {
  return referenceOf(agent) === undefined && agent.provider !== undefined
    ? l10n.t('from {0}', agent.provider)
    : servedBy(agent, config);
}

function figuresOf(cost: AgentCost | undefined): readonly Row[] {
  if (cost === undefined) return [];
  const used = [count(cost.inputTokens), count(cost.outputTokens)];
  return [
    {
      id: `today/${cost.agent}`,
      label: l10n.t('Today'),
      description:
        cost.requests === 1
          ? l10n.t('{0}, 1 request, {1} tokens in, {2} out', costText(cost), ...used)
          : l10n.t('{0}, {1} requests, {2} tokens in, {3} out', costText(cost), count(cost.requests), ...used),
      icon: 'graph',
      command: { command: 'gatehouse.showUsage', title: l10n.t('Show Usage') },
    },
  ];
}

function routingOf(id: string, agent: AgentConfig, config: Pick<Config, 'models'>): readonly Row[] {
  const explain = { command: 'gatehouse.explainRoute', title: l10n.t('Explain Route'), arguments: [id] };
  const rules = (agent.routes ?? []).map((route, at) => ({
    id: `route/${id}/${at}`,
    subject: id,
    label: route.name === undefined ? l10n.t('Rule {0}', at + 1) : l10n.t('Rule {0}, {1}', at + 1, route.name),
    description: `→ ${referenceWords(config, route.to)}`,
    icon: 'list-ordered',
    context: 'rule',
    command: explain,
  }));
  const fallbacks = (agent.fallbacks ?? []).map((fallback, at) => ({
    id: `fallback/${id}/${at}`,
    label: l10n.t('Fallback {0}', at + 1),
    description: referenceWords(config, typeof fallback === 'string' ? fallback : fallback.to),
    icon: 'debug-step-over',
    command: explain,
  }));
  return [
    {
      id: `model/${id}`,
      subject: id,
      label: l10n.t('Model'),
      description: servedBy(agent, config),
      icon: 'symbol-misc',
      context: 'agent-model',
      command: { command: 'gatehouse.chooseModel', title: l10n.t('Choose Model'), arguments: [id] },
    },
    ...rules,
    ...fallbacks,
    ...limitsOf(id, agent),
  ];
}

function limitsOf(id: string, { limits }: AgentConfig): readonly Row[] {
  const parts = [
    limits?.requestsPerMinute === undefined ? undefined : l10n.t('{0} requests a minute', count(limits.requestsPerMinute)),
    limits?.tokensPerMinute === undefined ? undefined : l10n.t('{0} tokens a minute', count(limits.tokensPerMinute)),
    limits?.concurrent === undefined ? undefined : l10n.t('{0} at once', limits.concurrent),
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return [];
  return [
    {
      id: `limits/${id}`,
      subject: id,
      label: l10n.t('Limits'),
      description: parts.join(', '),
      icon: 'dashboard',
      context: 'limits',
      command: { command: 'gatehouse.editLimits', title: l10n.t('Edit Limits'), arguments: [id] },
    },
  ];
}

function budgetRow(id: string, budget: BudgetStatus, now: number): Row {
  return {
    id: `budget/${id}/${budget.words}/${budget.limitNano}`,
    subject: budget.words,
    label: budgetLabel(budget, id),
    description: `${budgetBar(budget)} · ${budgetFigures(budget, now)}`,
    icon: 'credit-card',
    ...(isSpent(budget) && { color: 'list.warningForeground' }),
    context: 'budget',
    command: { command: 'gatehouse.editBudget', title: l10n.t('Edit Budget'), arguments: [budget.words] },
  };
}

function costText({ costNano, unpriced }: AgentCost): string {
  return unpriced > 0 ? l10n.t('{0} + {1} unpriced', shortUsd(costNano), unpriced) : shortUsd(costNano);
}

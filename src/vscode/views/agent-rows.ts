import type { AgentConfig, Config } from '../../core/config/schema.ts';
import { shortUsd } from '../../core/ledger/money.ts';
import type { BudgetStatus } from '../../host/budget-status.ts';
import type { AgentCost } from '../gateway-view.ts';
import { referenceOf, referenceWords } from '../references.ts';
import { count } from '../routing/markdown.ts';
import { budgetBar, budgetFigures, budgetShare, isSpent, takenShare } from './budget-words.ts';
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
  const state = paused ? 'paused' : stopped ? 'its budget is spent' : undefined;
  const share = tightest === undefined ? undefined : `${budgetShare(tightest)} of its budget`;
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
  return agent.provider === undefined ? 'no model yet' : `what it asks for, from ${agent.provider}`;
}

/** A side bar is narrow. */
function servedBriefly(agent: AgentConfig, config: Pick<Config, 'models'>): string {
  return referenceOf(agent) === undefined && agent.provider !== undefined ? `from ${agent.provider}` : servedBy(agent, config);
}

function figuresOf(cost: AgentCost | undefined): readonly Row[] {
  if (cost === undefined) return [];
  return [
    {
      id: `today/${cost.agent}`,
      label: 'Today',
      description: `${costText(cost)}, ${count(cost.requests)} ${cost.requests === 1 ? 'request' : 'requests'}, ${count(cost.inputTokens)} tokens in, ${count(cost.outputTokens)} out`,
      icon: 'graph',
      command: { command: 'gatehouse.showUsage', title: 'Show Usage' },
    },
  ];
}

function routingOf(id: string, agent: AgentConfig, config: Pick<Config, 'models'>): readonly Row[] {
  const rules = (agent.routes ?? []).map((route, at) => ({
    id: `route/${id}/${at}`,
    label: `Rule ${at + 1}${route.name === undefined ? '' : `, ${route.name}`}`,
    description: `→ ${referenceWords(config, route.to)}`,
    icon: 'list-ordered',
    command: { command: 'gatehouse.explainRoute', title: 'Explain Route', arguments: [id] },
  }));
  const fallbacks = (agent.fallbacks ?? []).map((fallback, at) => ({
    id: `fallback/${id}/${at}`,
    label: `Fallback ${at + 1}`,
    description: referenceWords(config, typeof fallback === 'string' ? fallback : fallback.to),
    icon: 'debug-step-over',
    command: { command: 'gatehouse.explainRoute', title: 'Explain Route', arguments: [id] },
  }));
  return [
    {
      id: `model/${id}`,
      subject: id,
      label: 'Model',
      description: servedBy(agent, config),
      icon: 'symbol-misc',
      context: 'agent-model',
      command: { command: 'gatehouse.chooseModel', title: 'Choose Model', arguments: [id] },
    },
    ...rules,
    ...fallbacks,
    ...limitsOf(id, agent),
  ];
}

function limitsOf(id: string, { limits }: AgentConfig): readonly Row[] {
  const parts = [
    limits?.requestsPerMinute === undefined ? undefined : `${count(limits.requestsPerMinute)} requests a minute`,
    limits?.tokensPerMinute === undefined ? undefined : `${count(limits.tokensPerMinute)} tokens a minute`,
    limits?.concurrent === undefined ? undefined : `${limits.concurrent} at once`,
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return [];
  return [{ id: `limits/${id}`, label: 'Limits', description: parts.join(', '), icon: 'dashboard' }];
}

function budgetRow(id: string, budget: BudgetStatus, now: number): Row {
  return {
    id: `budget/${id}/${budget.words}/${budget.limitNano}`,
    label: capital(budget.words.replace(/^the /, '').replace(` of agent "${id}"`, '')),
    description: `${budgetBar(budget)} · ${budgetFigures(budget, now)}`,
    icon: 'credit-card',
    ...(isSpent(budget) && { color: 'list.warningForeground' }),
    context: 'budget',
    command: { command: 'gatehouse.raiseBudget', title: 'Raise Budget' },
  };
}

function costText({ costNano, unpriced }: AgentCost): string {
  return `${shortUsd(costNano)}${unpriced > 0 ? ` + ${unpriced} unpriced` : ''}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

import * as l10n from '@vscode/l10n';
import { totalInput, type Usage } from '../../core/ir/usage.ts';
import type { SettledRequest } from '../../core/ledger/records.ts';
import { servedName, type AgentCost, type AgentView } from '../gateway-view.ts';
import { duration } from '../routing/markdown.ts';
import type { ChatChoice, Spent } from './history.ts';

/**
 * The line under an answer: who answered, what it used over all of its `requests`, what it cost. Rows are missing while the ledger has
 * not written them; a sum that lacks one would be too small, so there is none then.
 */
export function answerLine(target: string, usage: Usage | undefined, rows: readonly SettledRequest[], requests = 1): string {
  const whole = rows.length === requests && rows.length > 0;
  const used = whole ? rows.map((row) => row.usage) : usage === undefined ? [] : [usage];
  const parts = [target];
  if (requests > 1) parts.push(l10n.t('{0} requests', count(requests)));
  if (used.length > 0) {
    const input = count(used.reduce((sum, each) => sum + totalInput(each), 0));
    const output = count(used.reduce((sum, each) => sum + each.output, 0));
    const cached = used.reduce((sum, each) => sum + each.cacheRead, 0);
    parts.push(
      cached > 0 ? l10n.t('{0} in ({1} cached), {2} out', input, count(cached), output) : l10n.t('{0} in, {1} out', input, output),
    );
  }
  if (whole) parts.push(costOf(rows));
  return parts.map(plain).join(' · ');
}

/** Unpriced where one of them is: a sum of the others would look like all of it. */
function costOf(rows: readonly SettledRequest[]): string {
  if (rows.some(({ costNano }) => costNano === undefined)) return l10n.t('unpriced');
  const sum = dollars(rows.reduce((all, row) => all + (row.costNano ?? 0), 0));
  return rows.some(({ estimated }) => estimated) ? l10n.t('about {0}', sum) : sum;
}

/** One model of a comparison. Milliseconds as the user had to wait for them. */
export interface ComparedLine {
  readonly model: string;
  readonly failed: boolean;
  readonly firstMs: number | undefined;
  readonly totalMs: number;
  readonly usage: Usage | undefined;
  readonly row: SettledRequest | undefined;
}

/** A list and no table: the chat is narrow, and names of models are long. */
export function comparison(lines: readonly ComparedLine[]): string {
  const rows = lines.map(({ model, failed, firstMs, totalMs, usage, row }) => {
    const used = row?.usage ?? usage;
    const words = [
      failed ? l10n.t('failed after {0}', duration(totalMs)) : l10n.t('complete after {0}', duration(totalMs)),
      ...(firstMs === undefined ? [] : [l10n.t('first output after {0}', duration(firstMs))]),
      ...(used === undefined ? [] : [l10n.t('{0} in, {1} out', count(totalInput(used)), count(used.output))]),
      ...(row === undefined ? [] : [costOf([row])]),
    ];
    return `- **${plain(model)}**: ${words.map(plain).join(' · ')}\n`;
  });
  return rows.join('');
}

export function agentTable(agents: readonly AgentView[], current: ChatChoice): string {
  const rows = agents.map((agent) => {
    const isCurrent = agent.id === current.agent;
    const target = agent.target === undefined ? l10n.t('no model chosen') : servedName(agent.target);
    const here = isCurrent && current.model !== undefined ? l10n.t('{0} in this chat', current.model) : target;
    const words = [
      here,
      ...(agent.target?.hasKey === false ? [l10n.t('no key yet')] : []),
      ...(agent.paused === true ? [l10n.t('paused')] : []),
    ];
    return `| ${cell(isCurrent ? l10n.t('{0} (this chat)', agent.id) : agent.id)} | ${cell(words.join(', '))} |`;
  });
  return [`| ${l10n.t('Agent')} | ${l10n.t('Model')} |`, '| --- | --- |', ...rows, ''].join('\n');
}

/** What this chat has cost so far; nothing before its first answer. */
export function spentLine(spent: Spent): string {
  if (spent.requests === 0) return '';
  const tokens = l10n.t('{0} in, {1} out', count(spent.input), count(spent.output));
  return `${l10n.t('This chat: {0}, {1}, {2}.', plain(money(spent)), requestsText(spent.requests), tokens)}\n\n`;
}

export function costList(costs: readonly AgentCost[]): string {
  if (costs.length === 0) return `${l10n.t('No requests today.')}\n`;
  const sum = (of: (cost: AgentCost) => number): number => costs.reduce((all, each) => all + of(each), 0);
  const total: AgentCost = {
    agent: l10n.t('all'),
    requests: sum((cost) => cost.requests),
    inputTokens: sum((cost) => cost.inputTokens),
    outputTokens: sum((cost) => cost.outputTokens),
    costNano: sum((cost) => cost.costNano),
    unpriced: sum((cost) => cost.unpriced),
  };
  const lines = [...costs, ...(costs.length > 1 ? [total] : [])].map((cost) => {
    const words = [
      money(cost),
      requestsText(cost.requests),
      l10n.t('{0} in, {1} out', count(cost.inputTokens), count(cost.outputTokens)),
    ];
    return `- **${plain(cost.agent)}**: ${words.map(plain).join(' · ')}`;
  });
  return [l10n.t('Today, since midnight:'), '', ...lines, ''].join('\n');
}

function requestsText(requests: number): string {
  return requests === 1 ? l10n.t('1 request') : l10n.t('{0} requests', count(requests));
}

/** Where nothing has a price there is no sum, not even one of $0. */
function money({ requests, costNano, unpriced }: Pick<AgentCost, 'requests' | 'costNano' | 'unpriced'>): string {
  const priced = requests > unpriced ? dollars(costNano) : undefined;
  const rest = unpriced > 0 ? l10n.t('{0} unpriced', count(unpriced)) : undefined;
  return [priced, rest].filter((part) => part !== undefined).join(' + ');
}

/** Cents with two digits, less with four, and never a zero for what only rounds to it. */
export function dollars(nano: number | undefined): string {
  if (nano === undefined) return l10n.t('unpriced');
  if (nano > 0 && nano < 50_000) return '< $0.0001';
  return `$${(nano / 1e9).toFixed(nano !== 0 && nano < 1e9 ? 4 : 2)}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Model names are the provider's: none of them may open a link or a code span in our own line. */
export function plain(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, (mark) => (mark === '_' ? mark : `\\${mark}`));
}

function cell(text: string): string {
  return plain(text);
}

import type { SettledRequest } from '../../core/ledger/records.ts';
import type { Usage } from '../../core/ir/usage.ts';
import { servedName, type AgentCost, type AgentView } from '../gateway-view.ts';

/** The line under an answer: who answered, what it used, what it cost. `row` is missing while the ledger has not written it. */
export function answerLine(target: string, usage: Usage | undefined, row: SettledRequest | undefined): string {
  const used = row?.usage ?? usage;
  const parts = [target];
  if (used !== undefined) {
    const cached = used.cacheRead > 0 ? ` (${count(used.cacheRead)} cached)` : '';
    parts.push(`${count(inputOf(used))} in${cached}, ${count(used.output)} out`);
  }
  if (row !== undefined) parts.push(`${row.estimated && row.costNano !== undefined ? 'about ' : ''}${dollars(row.costNano)}`);
  return parts.map(plain).join(' · ');
}

export function agentTable(agents: readonly AgentView[], current: string): string {
  const rows = agents.map((agent) => {
    const mark = agent.id === current ? ' (this chat)' : '';
    const target = agent.target === undefined ? 'no model chosen' : servedName(agent.target);
    const missing = agent.target?.hasKey === false ? ', no key yet' : '';
    const paused = agent.paused === true ? ', paused' : '';
    return `| ${cell(agent.id)}${mark} | ${cell(target)}${missing}${paused} |`;
  });
  return ['| Agent | Model |', '| --- | --- |', ...rows, ''].join('\n');
}

export function costTable(costs: readonly AgentCost[]): string {
  if (costs.length === 0) return 'No requests today.\n';
  const rows = costs.map((cost) => row(cost.agent, cost));
  const total = costs.reduce<AgentCost>(
    (sum, each) => ({
      agent: 'all',
      requests: sum.requests + each.requests,
      inputTokens: sum.inputTokens + each.inputTokens,
      outputTokens: sum.outputTokens + each.outputTokens,
      costNano: sum.costNano + each.costNano,
      unpriced: sum.unpriced + each.unpriced,
    }),
    { agent: 'all', requests: 0, inputTokens: 0, outputTokens: 0, costNano: 0, unpriced: 0 },
  );
  if (costs.length > 1) rows.push(row('**all**', total));
  return [
    'Today, since midnight:',
    '',
    '| Agent | Requests | In | Out | Cost |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
  ].join('\n');
}

function row(name: string, cost: AgentCost): string {
  // Where nothing has a price there is no sum, not even one of $0.
  const priced = cost.requests > cost.unpriced ? dollars(cost.costNano) : undefined;
  const unpriced = cost.unpriced > 0 ? `${count(cost.unpriced)} unpriced` : undefined;
  const money = [priced, unpriced].filter((part) => part !== undefined).join(' + ');
  return `| ${cell(name)} | ${count(cost.requests)} | ${count(cost.inputTokens)} | ${count(cost.outputTokens)} | ${money} |`;
}

/** Cents with two digits, less with four, and never a zero for what only rounds to it. */
export function dollars(nano: number | undefined): string {
  if (nano === undefined) return 'unpriced';
  if (nano > 0 && nano < 50_000) return '< $0.0001';
  return `$${(nano / 1e9).toFixed(nano !== 0 && nano < 1e9 ? 4 : 2)}`;
}

function inputOf(usage: Usage): number {
  return usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Model names are the provider's: none of them may open a link or a code span in our own line. */
function plain(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, (mark) => (mark === '_' ? mark : `\\${mark}`));
}

function cell(text: string): string {
  return text.startsWith('**') ? text : plain(text);
}

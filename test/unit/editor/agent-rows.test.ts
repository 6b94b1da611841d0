import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { BudgetStatus } from '../../../src/host/budget-status.ts';
import type { AgentCost } from '../../../src/vscode/gateway-view.ts';
import { agentRows, type AgentFigures } from '../../../src/vscode/views/agent-rows.ts';
import { budgetBar, isSpent } from '../../../src/vscode/views/budget-words.ts';

const USD = 1_000_000_000;
const NOW = new Date(2026, 10, 30, 9).getTime();

const budget = (values: Partial<BudgetStatus> = {}): BudgetStatus => ({
  words: 'the daily budget of agent "codex"',
  name: undefined,
  scope: { agent: 'codex' },
  window: 'day',
  limitNano: 10 * USD,
  thresholds: [0.8, 1],
  atLimit: 'block',
  spentNano: 3 * USD,
  reservedNano: 0,
  unpriced: 0,
  resetsAt: new Date(2026, 11, 1).getTime(),
  ...values,
});

const cost = (agent: string, costNano: number, more: Partial<AgentCost> = {}): AgentCost => ({
  agent,
  requests: 2,
  inputTokens: 1200,
  outputTokens: 34,
  costNano,
  unpriced: 0,
  ...more,
});

const figures = (values: Partial<AgentFigures> = {}): AgentFigures => ({
  config: { models: { fast: 'groq/llama-4' } },
  agents: { codex: { model: 'fast' }, 'claude-code': { provider: 'anthropic' }, editor: {}, other: {} },
  internal: new Set(['editor']),
  paused: new Set(),
  costs: [],
  budgets: [],
  now: NOW,
  ...values,
});

const shown = (values: Partial<AgentFigures>) =>
  agentRows(figures(values)).map(({ label, description }) => `${label}: ${description}`);

describe('the rows of the Agents view', () => {
  it('name what serves an agent, those that can be asked first', () => {
    assert.deepEqual(shown({}), ['claude-code: from anthropic', 'codex: fast (groq/llama-4)', 'other: no model yet']);
  });

  it('stand in the order of what they cost today, callers inside the editor among them once they cost something', () => {
    assert.deepEqual(shown({ costs: [cost('editor', 5 * USD), cost('codex', USD, { unpriced: 1 })] }), [
      'codex: fast (groq/llama-4) · $1.00 + 1 unpriced',
      'editor: no model yet · $5.00',
      'claude-code: from anthropic',
      'other: no model yet',
    ]);
  });

  it('are none while no agent could be asked, so that the view says what is missing', () => {
    assert.deepEqual(agentRows(figures({ agents: { codex: {} } })), []);
  });

  it('say that an agent is paused or has spent its budget, and show the tightest of its budgets', () => {
    const spent = budget({ name: 'all', window: 'week', spentNano: 10 * USD });
    const rows = agentRows(figures({ paused: new Set(['claude-code']), budgets: [budget(), spent, budget({ scope: {} })] }));
    const [claude, codex] = rows;
    assert.deepEqual([claude?.context, claude?.icon], ['agent-paused', 'debug-pause']);
    assert.match(claude?.description ?? '', /^paused · /);
    assert.match(codex?.description ?? '', /^its budget is spent · fast .* · 100 % of its budget$/);
    assert.deepEqual(
      codex?.rows?.filter(({ context }) => context === 'budget').map(({ label }) => label),
      ['Weekly budget "all"', 'Daily budget'],
    );
  });

  it('hold rules, fallbacks and limits, and lead to the command for each', () => {
    const agent = {
      model: 'fast',
      routes: [{ name: 'titles', when: {}, to: 'fast' }],
      fallbacks: ['openai/gpt-5'],
      limits: { requestsPerMinute: 60, tokensPerMinute: 400_000, concurrent: 8, queue: 1, queueSeconds: 1, burst: 'off' as const },
    };
    const [row] = agentRows(figures({ agents: { codex: agent } }));
    assert.deepEqual(
      row?.rows?.map(({ label, description, command }) => [label, description, command?.command]),
      [
        ['Model', 'fast (groq/llama-4)', 'gatehouse.chooseModel'],
        ['Rule 1, titles', '→ fast (groq/llama-4)', 'gatehouse.explainRoute'],
        ['Fallback 1', 'openai/gpt-5', 'gatehouse.explainRoute'],
        ['Limits', '60 requests a minute, 400,000 tokens a minute, 8 at once', 'gatehouse.editLimits'],
      ],
    );
  });
});

describe('the bar of a budget', () => {
  it('is full only when nothing is left, and counts what is set aside', () => {
    const bar = (spent: number, reserved = 0) => budgetBar(budget({ spentNano: spent, reservedNano: reserved }));
    assert.equal(bar(0), `${'▱'.repeat(10)} 0 %`);
    assert.equal(bar(3 * USD, USD), `${'▰'.repeat(4)}${'▱'.repeat(6)} 40 %`);
    assert.equal(bar(9.99 * USD), `${'▰'.repeat(9)}▱ 99 %`);
    assert.equal(bar(12 * USD), `${'▰'.repeat(10)} 120 %`);
    assert.equal(budgetBar(budget({ limitNano: 0, spentNano: 0 })), `${'▰'.repeat(10)} 100 %`);
  });

  it('stops nobody who only wants to be warned', () => {
    assert.deepEqual(
      [isSpent(budget({ spentNano: 10 * USD })), isSpent(budget({ spentNano: 10 * USD, atLimit: 'warn' }))],
      [true, false],
    );
  });
});

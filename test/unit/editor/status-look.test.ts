import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { BudgetStatus } from '../../../src/host/budget-status.ts';
import { statusLook, statusTooltip, TOOLTIP_COMMANDS, type StatusFigures } from '../../../src/vscode/status-look.ts';

const USD = 1_000_000_000;
const NOW = new Date(2026, 10, 30, 9).getTime();

const budget = (more: Partial<BudgetStatus> = {}): BudgetStatus => ({
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
  ...more,
});

const cost = { agent: 'a|b', requests: 2, inputTokens: 1000, outputTokens: 234, costNano: 3 * USD, unpriced: 0 };

const figures = (more: Partial<StatusFigures> = {}): StatusFigures => ({
  trusted: true,
  gateway: { phase: 'running', url: 'http://127.0.0.1:9', port: 9 },
  trouble: undefined,
  paused: [],
  costs: [cost],
  budgets: [budget()],
  latest: undefined,
  now: NOW,
  ...more,
});

describe('the item in the status bar', () => {
  it('says what today cost, and the tokens where nothing costs anything', () => {
    assert.deepEqual(statusLook(figures()), {
      text: '$(key) $3.00',
      spoken: 'Gatehouse: $3.00 today',
      command: 'gatehouse.showUsage',
      alarm: false,
    });
    assert.equal(statusLook(figures({ costs: [{ ...cost, costNano: 0 }] })).text, '$(key) $0.00, 1,234 tokens');
    const unpriced = statusLook(figures({ costs: [{ ...cost, unpriced: 2 }] }));
    assert.deepEqual([unpriced.text, unpriced.spoken], ['$(key) $3.00+', 'Gatehouse: $3.00 and 2 unpriced requests today']);
  });

  it('shows each state by its icon, and an alarm for a blocked budget and a dead gateway only', () => {
    const look = (more: Partial<StatusFigures>) => {
      const { text, alarm } = statusLook(figures(more));
      return [text, alarm];
    };
    assert.deepEqual(look({ paused: ['codex'] }), ['$(debug-pause) $3.00, codex is paused', false]);
    assert.deepEqual(look({ trouble: 'The disk is full.' }), ['$(warning) $3.00', false]);
    assert.deepEqual(look({ gateway: { phase: 'starting' } }), ['$(loading~spin) Gatehouse', false]);
    assert.deepEqual(look({ trusted: false }), ['$(shield) Gatehouse: restricted', false]);
    assert.deepEqual(look({ gateway: { phase: 'waiting', reason: 'it ended' } }), ['$(error) Gatehouse', true]);
    const spent = budget({ spentNano: 10 * USD });
    assert.deepEqual(look({ budgets: [spent] }), ['$(error) $3.00, budget spent', true]);
    assert.deepEqual(look({ budgets: [{ ...spent, atLimit: 'warn' }] }), ['$(key) $3.00', false]);
    assert.deepEqual(look({ budgets: [{ ...spent, atLimit: { downgrade: 'demo/echo' } }] }), [
      '$(error) $3.00, budget spent',
      false,
    ]);
  });

  it('tells the rest in its tooltip, in which no name is Markdown', () => {
    const text = statusTooltip(figures({ budgets: [budget({ spentNano: 10 * USD })] }), 'Gatehouse: $3.00 today');
    assert.match(text, /\| a\\\|b \| 2 \| 1,234 \| \\\$3\.00 \|/);
    assert.match(
      text,
      /\| Daily budget of codex \| ▰{10} 100 % \| \\\$10\.00 of \\\$10\.00, resets .*\[Raise\]\(command:gatehouse\.raiseBudget\?/,
    );
    assert.match(text, /Endpoint `http:\/\/127\.0\.0\.1:9`/);
    const commands = [...text.matchAll(/\(command:([\w.]+)/g)].map(([, command]) => command ?? '');
    assert.deepEqual(
      commands.filter((command) => !TOOLTIP_COMMANDS.includes(command)),
      [],
    );
  });
});

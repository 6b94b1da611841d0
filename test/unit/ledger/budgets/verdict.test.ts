// The name is the setting's, and nobody waits for a budget.
/* oxlint-disable unicorn/no-thenable */
import assert from 'node:assert/strict';
import { budgets as schema } from '../../../../src/core/config/schema-budgets.ts';
import { budgetWords } from '../../../../src/core/ledger/budgets/budget.ts';
import { newsSentence, refusalError, refusalSentence, weigh, type Refusal } from '../../../../src/core/ledger/budgets/verdict.ts';
import { budgetsOf, USD } from './budget-kit.ts';

describe('budgets: what follows, and what is said', () => {
  const zone = process.env['TZ'];
  beforeEach(() => (process.env['TZ'] = 'UTC'));
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  const now = Date.UTC(2026, 10, 21, 12);
  const tomorrow = Date.UTC(2026, 10, 22);
  const [daily, named, downgrading, warning] = budgetsOf(
    { scope: { agent: 'claude-code', model: 'claude-*' }, window: 'day', usd: 10 },
    { name: 'rent', window: { hours: 5 }, usd: 2 },
    { window: 'month', usd: 5, then: { downgrade: 'fast' } },
    { window: 'week', usd: 5, then: 'warn', unpriced: 'block' },
  ) as [Refusal['budget'], Refusal['budget'], Refusal['budget'], Refusal['budget']];
  const refusal = (values: Partial<Refusal> = {}): Refusal => ({
    why: 'spent',
    budget: daily,
    spent: 7.02 * USD,
    reserved: 0,
    worst: 3.3 * USD,
    resetsAt: tomorrow,
    ...values,
  });

  it('the sentence names the budget, what was spent of what, when it resets and what raises it', () => {
    assert.equal(
      refusalSentence(refusal(), now),
      'The daily budget of agent "claude-code", model "claude-*" stands in the way: $7.02 of $10.00 is spent, and this request may cost up to $3.30. It resets tomorrow at 00:00; "Gatehouse: Raise Budget" raises it.',
    );
    assert.match(
      refusalSentence(refusal({ reserved: 2 * USD }), now),
      /\$7\.02 of \$10\.00 is spent, \$2\.00 is reserved for requests under way, and/,
    );
    assert.match(refusalSentence(refusal({ budget: named }), now), /^The 5-hour budget "rent" stands in the way/);
    const large = refusalSentence(refusal({ worst: 11 * USD }), now);
    assert.match(large, /That is more than all of it; "Gatehouse: Raise Budget"/);
    assert.doesNotMatch(refusalSentence(refusal({ worst: undefined }), now), /may cost/);
    assert.match(
      refusalSentence(refusal({ why: 'unpriced', worst: undefined }), now),
      /price of this model is not known, and the daily budget/,
    );
    assert.equal(budgetWords(downgrading), 'the monthly budget for everything');
  });

  it('every dialect has the status at which its agents stop, and only the one that heeds it a time to come back', () => {
    const told = (dialect: Parameters<typeof refusalError>[1]) => {
      const { error, headers } = refusalError(refusal(), dialect, now);
      return [error.status, error.retryable, headers];
    };
    assert.deepEqual(told('anthropic-messages'), [429, false, { 'retry-after': String(12 * 3600) }]);
    for (const dialect of ['openai-chat', 'openai-responses', 'gemini'] as const) assert.deepEqual(told(dialect), [400, false, {}]);
    assert.equal(refusalError(refusal({ resetsAt: now }), 'anthropic-messages', now).headers['retry-after'], '1');
  });

  it('who blocks goes before who sends elsewhere, and the one that blocks longest is named', () => {
    const elsewhere = refusal({ budget: downgrading });
    const soon = refusal({ budget: named, resetsAt: now + 1 });
    const late = refusal({ resetsAt: now + 2 });
    assert.deepEqual(weigh([elsewhere, soon, late], []), { kind: 'block', refusal: late, news: [] });
    assert.deepEqual(weigh([elsewhere], []), { kind: 'downgrade', to: 'fast', refusal: elsewhere, news: [] });
    const unknown = refusal({ why: 'unpriced', budget: warning, worst: undefined });
    assert.deepEqual(weigh([elsewhere, unknown], []).kind, 'block');
    assert.deepEqual(weigh([], []), { kind: 'go', news: [] });
  });

  it('tells news in a sentence', () => {
    const news = { budget: daily, spent: 8 * USD, unpriced: 3 };
    assert.deepEqual(
      [
        newsSentence({ ...news, kind: 'share', share: 0.8 }),
        newsSentence({ ...news, kind: 'share', share: 1, spent: 10.5 * USD }),
        newsSentence({ ...news, kind: 'refused', share: undefined }),
        newsSentence({ ...news, kind: 'unpriced', share: undefined }),
      ].map((sentence) => sentence.replace('The daily budget of agent "claude-code", model "claude-*"', 'It')),
      [
        'It: $8.00 of $10.00 is spent (over 80 %).',
        'It: $10.50 of $10.00 is spent.',
        'It: $8.00 of $10.00 is spent, and a request did not fit into what is left.',
        'It does not count models whose price is not known; requests so far: 3.',
      ],
    );
  });

  it('the configuration says what is wrong with a budget', () => {
    const fault = (budget: unknown) =>
      schema.safeParse([budget]).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    assert.deepEqual(schema.parse([{ window: 'day', usd: 10 }]), [
      { scope: {}, window: 'day', usd: 10, warnAt: [0.8], then: 'block', unpriced: 'allow' },
    ]);
    const example = { scope: { agent: 'claude-code' }, window: 'day', usd: 10, warnAt: [0.5, 0.8], then: 'block' };
    assert.equal(fault(example), undefined);
    assert.equal(fault({ ...example, then: { downgrade: 'groq/llama-4' }, window: { hours: 5 } }), undefined);
    assert.match(String(fault({ ...example, window: { hours: 745 } })), /0\.window\.hours: Too big/);
    assert.match(String(fault({ ...example, then: { downgrade: 'No Such' } })), /0\.then\.downgrade: must be "provider\/model"/);
    assert.match(String(fault({ ...example, then: 'stop' })), /0\.then: must be "warn", "block" or/);
    assert.match(String(fault({ ...example, window: 'year' })), /0\.window: must be "day", "week", "month" or/);
    for (const wrong of [
      { usd: 0 },
      { usd: -1 },
      { usd: Number.NaN },
      { warnAt: [0] },
      { warnAt: [1] },
      { scope: { team: 'x' } },
      { scope: { agent: '' } },
    ])
      assert.equal(fault({ ...example, ...wrong })?.length, 1, JSON.stringify(wrong));
  });

  it('two limits of one scope are two budgets, one scope in another order is one', () => {
    const [a, b, c] = budgetsOf(
      { window: 'day', usd: 1, scope: { agent: 'x', key: 'k' } },
      { window: 'day', usd: 1, scope: { key: 'k', agent: 'x' } },
      { window: 'day', usd: 2, scope: { agent: 'x', key: 'k' } },
    );
    assert.equal(a?.id, b?.id);
    assert.notEqual(a?.id, c?.id);
    assert.deepEqual(budgetsOf({ window: 'day', usd: 1, warnAt: [0.9, 0.5, 0.9] })[0]?.thresholds, [0.5, 0.9, 1]);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PlaceHealth } from '../../../src/core/routing/health/health.ts';
import type { KeyInfo } from '../../../src/vscode/keys/key-info.ts';
import { keyRows, type KeyFigures } from '../../../src/vscode/views/key-rows.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = new Date(2026, 10, 30, 9).getTime();
const USD = 1_000_000_000;

const key = (values: Partial<KeyInfo> = {}): KeyInfo => ({
  id: 'anthropic/work',
  provider: 'anthropic',
  label: 'work',
  lastFour: 'ab12',
  origins: ['https://api.anthropic.com'],
  createdAt: NOW - 12 * DAY,
  ...values,
});

const place = (values: Partial<PlaceHealth>): PlaceHealth => ({
  provider: 'anthropic',
  model: 'claude',
  key: 'anthropic/work',
  state: 'well',
  why: undefined,
  since: undefined,
  until: undefined,
  consecutiveFailures: 0,
  latencyMs: undefined,
  headroom: undefined,
  ...values,
});

const figures = (values: Partial<KeyFigures> = {}): KeyFigures => ({
  keys: [key()],
  place: { trouble: undefined, lost: [] },
  health: [],
  spend: new Map(),
  lastUsed: () => undefined,
  moved: new Set(),
  now: NOW,
  ...values,
});

const details = (values: Partial<KeyFigures>) =>
  (keyRows(figures(values))[0]?.rows ?? []).map(({ label, description }) => `${label}: ${description}`);

describe('the rows of the Keys view', () => {
  it('show a key by label, provider and its last four characters, with what it has done', () => {
    const [row] = keyRows(
      figures({
        spend: new Map([['anthropic/work', { todayNano: 2 * USD, monthNano: 31 * USD, requests: 1204 }]]),
        lastUsed: () => NOW,
      }),
    );
    assert.deepEqual([row?.label, row?.description, row?.context], ['work', 'anthropic …ab12 · $2.00 today', 'key']);
    assert.deepEqual(
      row?.rows?.map(({ label, description }) => `${label}: ${description}`),
      [
        'Health: well',
        'Spent: $2.00 today, $31.00 in 30 days, 1,204 requests',
        'Last used: 09:00',
        'Age: 12 days',
        'Sent to: https://api.anthropic.com',
      ],
    );
  });

  it('say what is held against a key, and what is left of its limits', () => {
    const dead = place({ state: 'dead', why: 'key-rejected', status: 401, since: NOW });
    const [row] = keyRows(figures({ health: [dead, place({ model: 'other', headroom: 0.349 })] }));
    assert.equal(row?.description, 'anthropic …ab12 · set aside: rejected by the provider (401), since 09:00');
    assert.deepEqual([row?.icon, row?.color], ['error', 'list.warningForeground']);
    assert.ok(row?.rows?.some(({ description }) => description === '34 % of its tightest limit is left'));
  });

  it('put those that need somebody first', () => {
    const keys = [
      key({ id: 'a/1', provider: 'a', label: 'fine' }),
      key({ id: 'b/1', provider: 'b', label: 'off', disabled: true, rotateEveryDays: 1 }),
      key({ id: 'c/1', provider: 'c', label: 'old', rotateEveryDays: 12 }),
      key({ id: 'd/1', provider: 'd', label: 'moved' }),
      key({ id: 'e/1', provider: 'e', label: 'not yet', rotateEveryDays: 13 }),
    ];
    const all = figures({ keys, moved: new Set(['d/1']) });
    assert.deepEqual(
      keyRows(all).map(({ label, context }) => `${label} ${context}`),
      ['old key', 'moved key-moved', 'fine key', 'off key-disabled', 'not yet key'],
    );
  });

  it('name what a key is bound to, its order among others, and the value that it replaced', () => {
    const bound = key({
      agents: ['codex'],
      models: ['gpt-*'],
      weight: 3,
      priority: -1,
      environment: 'prod',
      formerLastFour: 'zz99',
      rotatedAt: NOW,
      rotateEveryDays: 90,
    });
    assert.match(keyRows(figures({ keys: [bound] }))[0]?.description ?? '', /· \[prod\]/);
    assert.equal(keyRows(figures({ keys: [bound] }))[0]?.context, 'key-rotated');
    assert.deepEqual(details({ keys: [bound] }).slice(3), [
      'Age: entered today, to be rotated every 90 days',
      'Former value: …zz99, kept for a while',
      'Only for: agents codex; models gpt-*',
      'Order: priority -1, weight 3',
      'Sent to: https://api.anthropic.com',
    ]);
  });

  it('begin with what is wrong with the store, and with keys that it has lost', () => {
    const lost = [{ uid: '1', label: 'home', provider: 'openai', lastFour: 'cd34' }];
    const [store, gone, own] = keyRows(figures({ place: { trouble: 'It keeps nothing.', lost } }));
    assert.deepEqual([store?.description, store?.icon], ['It keeps nothing.', 'warning']);
    assert.equal(gone?.description, 'openai …cd34 · gone from the secret storage; add it again');
    assert.deepEqual(gone?.command?.arguments, ['openai']);
    assert.equal(own?.label, 'work');
  });
});

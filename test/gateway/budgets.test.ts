import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { RoutingNews } from '../../src/core/routing/routing-state.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import {
  ask,
  errorMessage,
  eventually,
  jsonOf,
  KEY,
  sourceFor,
  startGateway,
  type TestGateway,
  USED,
  USED_NANO,
} from '../support/gateway.ts';

/** At 15 dollars a million tokens of output that is 1.5 cents at most, whatever is used in the end. */
const LIMITS: Readonly<Record<DialectId, object>> = {
  'anthropic-messages': { max_tokens: 1000 },
  'openai-chat': { max_tokens: 1000 },
  'openai-responses': { max_output_tokens: 1000 },
  gemini: { generationConfig: { maxOutputTokens: 1000 } },
};

/** What agents show at once and do not repeat (clients.md 2). */
const REFUSED: Readonly<Record<DialectId, readonly [status: number, kind: string]>> = {
  'anthropic-messages': [429, 'billing_error'],
  'openai-chat': [400, 'insufficient_quota'],
  'openai-responses': [400, 'insufficient_quota'],
  gemini: [400, 'FAILED_PRECONDITION'],
};

describe('budgets', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  beforeEach(async () => (fake = await startFakeProvider({ key: KEY, script: () => ({ usage: USED }) })));
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  const start = async (budget: object, more: object = {}): Promise<RoutingNews[]> => {
    const news: RoutingNews[] = [];
    gateway = await startGateway({
      provider: fake.url,
      config: { budgets: [{ scope: { agent: 'tester' }, window: 'day', usd: 0.02, ...budget }], ...more },
    });
    gateway.running.onNews((one) => news.push(one));
    return news;
  };
  const limited = (dialect: DialectId, stream = false) => ask(gateway, dialect, stream, { change: LIMITS[dialect] });
  const reserved = (): number => gateway.running.ledger.budgets.standings()[0]?.reserved ?? -1;

  for (const dialect of DIALECT_IDS) {
    it(`${dialect}: a request that may cost more than is left is refused in words for a person, and not sent`, async () => {
      const news = await start({ name: 'evening' });
      assert.equal((await limited(dialect, true)).status, 200);
      await gateway.rows(1);
      assert.equal((await limited(dialect)).status, 200);
      await gateway.rows(2);
      const answer = await limited(dialect, true);
      const [status, kind] = REFUSED[dialect];
      assert.equal(answer.status, status);
      assert.equal(answer.headers['x-should-retry'], 'false');
      const { error } = jsonOf(answer);
      assert.ok([error.type, error.code, error.status].includes(kind), JSON.stringify(error));
      assert.match(errorMessage(answer), /The daily budget "evening" stands in the way: <\$0\.01 of \$0\.02 is spent/);
      assert.match(errorMessage(answer), /It resets .*; "Gatehouse: Raise Budget" raises it/);
      assert.equal(fake.requests.length, 2);
      const row = (await gateway.rows(3))[2]!;
      assert.deepEqual([row.settled, row.status, row.attempts, row.costNano, row.error], ['blocked', status, 0, 0, 'budget-spent']);
      assert.equal(reserved(), 0);
      assert.deepEqual(
        news.map((one) => one.kind === 'budget' && [one.news.kind, one.news.spent]),
        [['refused', 2 * USED_NANO]],
      );
    });
  }

  it('what runs at once is reserved: a crowd gets no further than the money would if each cost all that it may', async () => {
    await start({ usd: 0.1 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => limited('anthropic-messages')));
    const served = answers.filter(({ status }) => status === 200).length;
    // 0.1 dollars hold six of 1.5 cents; settled ones make room for more.
    assert.ok(served >= 6 && served <= 26, `${served} were served`);
    const rows = await gateway.rows(40);
    const spent = rows.reduce((sum, { costNano }) => sum + (costNano ?? 0), 0);
    assert.equal(spent, served * USED_NANO);
    assert.ok(spent <= 0.1 * 1e9);
    assert.equal(reserved(), 0);
  });

  it('sends a request to a cheaper model where the user wants that, and says so', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- the setting's name
    await start({ usd: 0.001, then: { downgrade: 'fake/cheap' } });
    const answer = await limited('anthropic-messages');
    assert.deepEqual([answer.status, answer.headers['x-gatehouse-target']], [200, 'fake/cheap']);
    assert.equal(answer.headers['x-gatehouse-route'], 'downgraded');
    const row = await gateway.row();
    assert.deepEqual([row.model, row.settled, row.trace?.downgradedBy], ['cheap', 'done', 'the daily budget of agent "tester"']);
  });

  it('what a failed attempt used is set aside with what the next one may cost', async () => {
    await start({}, { retries: { attempts: 1 } });
    // 0.9 cents; then 1.5 more do not fit.
    const used = { input: 3000, cacheRead: 0, output: 1 };
    fake.script({ errorEvent: { status: 529 }, afterEvents: 1, usage: used });
    assert.equal((await limited('anthropic-messages', true)).status, 529);
    const { attempts, costNano } = await gateway.row();
    assert.deepEqual([attempts, costNano, fake.requests.length, reserved()], [1, 3000 * 3000 + 15_000, 1, 0]);
    // Where it does, it is asked again.
    fake.script({ errorEvent: { status: 529 }, afterEvents: 1, usage: { ...used, input: 100 } });
    gateway.running.swap({
      ...sourceOf(0.03),
      config: { ...sourceOf(0.03).config, retries: { ...sourceOf(0.03).config.retries, attempts: 1 } },
    });
    assert.equal((await limited('anthropic-messages', true)).status, 200);
    assert.equal((await gateway.rows(2))[1]?.attempts, 2);
    assert.equal(reserved(), 0);
  });

  it('of a failed attempt, and of an agent that left, nothing stays reserved', async () => {
    await start({ usd: 1 });
    fake.script({ error: { status: 500 } });
    assert.equal((await limited('openai-chat')).status, 500);
    fake.script({ stallAfterEvents: 6, pieces: 9 });
    const going = new AbortController();
    await ask(gateway, 'anthropic-messages', true, {
      change: LIMITS['anthropic-messages'],
      signal: going.signal,
      onData: () => going.abort(),
    }).catch(() => undefined);
    await gateway.rows(2);
    assert.equal(reserved(), 0);
  });

  it('tells when a share is spent, once; and a raised budget is in effect on the next request', async () => {
    const news = await start({ usd: 0.02, warnAt: [0.3] });
    for (let n = 1; n <= 2; n++) {
      await limited('anthropic-messages');
      await gateway.rows(n);
    }
    assert.equal((await limited('anthropic-messages')).status, 429);
    const shares = () => news.filter((one) => one.kind === 'budget' && one.news.kind === 'share').length;
    assert.equal(await eventually(shares, (count) => count === 1), 1);
    const { config, ...source } = sourceOf(0.05);
    gateway.running.swap({ ...source, config });
    assert.equal((await limited('anthropic-messages')).status, 200);
  });

  const sourceOf = (usd: number) =>
    sourceFor({ provider: fake.url, config: { budgets: [{ scope: { agent: 'tester' }, window: 'day', usd }] } });
});

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, describe, it } from 'mocha';
import { DIALECT_IDS } from '../../src/core/ir/dialect.ts';
import type { RoutingNews } from '../../src/core/routing/routing-state.ts';
import type { HeldKey } from '../../src/core/routing/snapshot.ts';
import { filesHolding } from '../support/files-holding.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, USED } from '../support/gateway.ts';
import { soon, sourceOf, startWatched, type WatchedGateway } from './watched-gateway.ts';

const AT_ONCE = 200;
const ROTATIONS = 10;
const EVERY_MS = 250;

const valueOf = (n: number): string => `sk-canary-generation-${String(n).padStart(4, '0')}`;
const TEXT = 'One two three four five six seven eight nine ten eleven twelve.';

describe('a rotated key', () => {
  let fake: FakeProvider;
  let gateway: WatchedGateway;
  let news: RoutingNews[];
  /** The values that the provider takes. */
  let good: ReadonlySet<string>;
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  async function start(count: number, limits?: HeldKey['limits']): Promise<void> {
    fake = await startFakeProvider({
      key: valueOf(0),
      keys: Array.from({ length: count }, (_, n) => valueOf(n + 1)),
      script: ({ key }) =>
        good.has(String(key))
          ? { text: TEXT, usage: USED, pieces: 12, delay: { headersMs: 20, betweenMs: 10 } }
          : { error: { status: 401, message: `Incorrect API key provided: ${key}` } },
    });
    gateway = await startWatched(source(0, undefined, limits));
    news = [];
    gateway.running.onNews((one) => news.push(one));
  }

  function source(n: number, former?: number, limits?: HeldKey['limits']) {
    const provider = { kind: 'openai-compatible', baseUrl: `${fake.url}/v1`, dialects: DIALECT_IDS };
    const agents = { tester: { model: 'fake/some-model', limits: { burst: 'off' } } };
    const origins = [new URL(fake.url).origin];
    return sourceOf({ providers: { fake: provider }, agents, retries: { attempts: 0 } }, [
      {
        id: 'fake/key',
        provider: 'fake',
        secret: valueOf(n),
        origins,
        ...(former !== undefined && { former: { secret: valueOf(former), origins } }),
        ...(limits && { limits }),
      },
    ]);
  }

  const sentWith = (from = 0): (string | undefined)[] => fake.requests.slice(from).map(({ key }) => key);
  const states = () => gateway.running.routing.health.all().map(({ state, why }) => `${state} ${why ?? ''}`);

  it(`${ROTATIONS} times under ${AT_ONCE} streams fails none, and no request that begins after it carries the old value`, async function () {
    this.timeout(90_000);
    good = new Set(Array.from({ length: ROTATIONS + 1 }, (_, n) => valueOf(n)));
    await start(ROTATIONS);
    const load = { over: false };
    let count = 0;
    const wrong: string[] = [];
    /** By the request's own mark: which value was the key when it began, and when it had ended. */
    const begunAt = new Map<string, number>();
    let generation = 0;
    const agent = async (at: number): Promise<void> => {
      while (!load.over) {
        const mark = `m${(count += 1)}`;
        begunAt.set(mark, generation);
        const answer = await ask(gateway, DIALECT_IDS[at % DIALECT_IDS.length]!, true, {
          headers: { 'user-agent': `tester/${mark}` },
        });
        if (answer.status !== 200 || !answer.clean) wrong.push(`${mark}: ${answer.status} ${answer.text.slice(0, 200)}`);
      }
    };
    const agents = Array.from({ length: AT_ONCE }, (_, at) => agent(at));
    for (let n = 1; n <= ROTATIONS; n++) {
      await sleep(EVERY_MS);
      gateway.running.swap(source(n, n - 1));
      generation = n;
    }
    await sleep(EVERY_MS);
    load.over = true;
    await Promise.all(agents);
    assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} of ${count}`);
    const stale = fake.requests.filter(({ headers, key }) => {
      const mark = /tester\/(m\d+)/.exec(headers['user-agent'] ?? '')?.[1] ?? '';
      return Number(key?.slice(-4)) < (begunAt.get(mark) ?? Infinity);
    });
    assert.equal(fake.requests.length, count, 'each was asked once');
    assert.deepEqual(
      stale.map(({ key }) => key),
      [],
      'a request that began after a rotation carried an older value',
    );
    assert.deepEqual(new Set(sentWith()).size, ROTATIONS + 1, 'not every value was used');
    const rows = await gateway.rows(count);
    assert.deepEqual([...new Set(rows.map(({ settled }) => settled))], ['done']);
    await gateway.isIdle();
  });

  it('whose new value is refused is served by the former one, with which nothing else is asked, and the person is told', async () => {
    good = new Set([valueOf(0)]);
    await start(1);
    gateway.running.swap(source(1, 0));
    for (const dialect of DIALECT_IDS) {
      const answer = await ask(gateway, dialect, true);
      assert.deepEqual([answer.status, answer.headers['x-gatehouse-attempts']], [200, '2']);
    }
    assert.deepEqual(
      sentWith(),
      DIALECT_IDS.flatMap(() => [valueOf(1), valueOf(0)]),
    );
    assert.deepEqual(states(), ['well '], 'the key is held to be dead though it serves');
    assert.deepEqual(news[0], { kind: 'former-value', key: 'fake/key', provider: 'fake', status: 401 });
    const rows = await gateway.rows(DIALECT_IDS.length);
    assert.deepEqual(
      rows[0]?.trace?.tries.map(({ outcome }) => outcome),
      ['upstream-401', 'ok'],
    );
  });

  it('shows neither of its values in a log, an answer, the news or a file, whatever the provider repeats of them', async () => {
    good = new Set([valueOf(0)]);
    await start(2);
    let heard = '';
    for (const former of [0, undefined]) {
      gateway.running.swap(source(1, former));
      for (const dialect of DIALECT_IDS) {
        for (const stream of [true, false]) heard += JSON.stringify(await ask(gateway, dialect, stream));
      }
    }
    gateway.running.swap(source(2, 1));
    heard += JSON.stringify(await ask(gateway, 'openai-chat', true));
    gateway.running.revoke('fake/key', 'abort');
    heard += JSON.stringify(await ask(gateway, 'openai-chat', true)) + JSON.stringify(news) + gateway.log.join('\n');
    heard += inspect(gateway.running.snapshot(), { depth: 9 });
    assert.match(heard, /redacted/, 'the provider repeated nothing, so nothing was shown');
    assert.doesNotMatch(heard, /canary/);
    assert.deepEqual(filesHolding(gateway.dataDir, 'canary'), []);
  });

  it('whose new value is good uses the former one for nothing', async () => {
    good = new Set([valueOf(0), valueOf(1)]);
    await start(1);
    gateway.running.swap(source(1, 0));
    for (const status of [500, 429, 400]) {
      fake.script({ error: { status } });
      assert.equal((await ask(gateway, 'openai-chat', true)).status, status);
      gateway.running.routing.health.forgive('fake/key');
    }
    assert.deepEqual(new Set(sentWith()), new Set([valueOf(1)]));
    assert.deepEqual(
      news.filter(({ kind }) => kind === 'former-value'),
      [],
    );
  });

  it('of which both values are refused is told as it is, and set aside', async () => {
    good = new Set();
    await start(1);
    gateway.running.swap(source(1, 0));
    const answer = await ask(gateway, 'anthropic-messages', true);
    assert.equal(answer.status, 401);
    assert.doesNotMatch(answer.text, /canary/);
    assert.deepEqual(sentWith(), [valueOf(1), valueOf(0)]);
    assert.deepEqual(states(), ['dead key-rejected']);
  });

  it('has no fallback any more when the overlap is over, also for a request that began before', async () => {
    good = new Set([valueOf(0)]);
    await start(1, { concurrent: 1, queue: 10, queueSeconds: 30 });
    const limits = { concurrent: 1, queue: 10, queueSeconds: 30 };
    gateway.running.swap(source(1, 0, limits));
    fake.script({ error: { status: 401 } }, { text: TEXT, delay: { headersMs: 300 } });
    const first = ask(gateway, 'openai-chat', true);
    await soon('the first is served by the former value', () => sentWith().includes(valueOf(0)));
    const second = ask(gateway, 'openai-chat', true);
    await soon('the second waits', () => gateway.running.routing.limiter.usage('key/fake/key').waiting === 1);
    gateway.running.swap(source(1, undefined, limits));
    assert.equal((await first).status, 200, 'what was on its way goes on');
    const before = fake.requests.length;
    assert.equal((await second).status, 401);
    assert.deepEqual(sentWith(before - 1).slice(-1), [valueOf(1)]);
    assert.equal(sentWith().filter((key) => key === valueOf(0)).length, 1);
  });

  it('does not show the former value to an address that it was not entered for', async () => {
    good = new Set([valueOf(0)]);
    await start(1);
    const moved = source(1, 0);
    const keys = moved.keys.map((key) => ({ ...key, former: { secret: valueOf(0), origins: ['https://elsewhere.example'] } }));
    gateway.running.swap({ ...moved, keys });
    assert.equal((await ask(gateway, 'openai-chat', false)).status, 401);
    assert.deepEqual(sentWith(), [valueOf(1)]);
  });
});

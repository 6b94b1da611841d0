import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, USED } from '../support/gateway.ts';
import { leaver, soon, sourceOf, startWatched, type WatchedGateway } from './watched-gateway.ts';

const AT_ONCE = 200;
const SWAPS = 40;
const EVERY_MS = 90;
/** A new secret comes with every so manieth swap: a round trip under this load takes longer than the time between two. */
const SWAPS_PER_KEY = 5;

const secretOf = (n: number): string => `sk-canary-generation-${String(n).padStart(4, '0')}`;
const modelOf = (n: number): string => `model-${n}`;

const TEXT = 'One two three four five six seven eight nine ten eleven twelve.';

describe('a change of key and configuration', () => {
  let fake: FakeProvider;
  let gateway: WatchedGateway;
  /** The one secret that the provider takes for new requests. */
  let generation = 0;
  afterEach(async () => {
    await gateway.close();
    await fake.close();
    generation = 0;
  });

  async function startFake(count: number): Promise<void> {
    fake = await startFakeProvider({
      key: secretOf(0),
      keys: Array.from({ length: count }, (_, n) => secretOf(n + 1)),
      script: ({ key }) =>
        key === secretOf(generation)
          ? { text: TEXT, usage: USED, pieces: 12, delay: { headersMs: 20, betweenMs: 15 } }
          : { error: { status: 401 } },
    });
  }

  function sourceFor(n: number, change: object = {}, secret = secretOf(n)) {
    const provider = { kind: 'openai-compatible', baseUrl: `${fake.url}/v1`, dialects: DIALECT_IDS };
    const limits = { concurrent: n % 2 === 0 ? 150 : 500, queue: 1000, queueSeconds: 60, burst: 'off' };
    return sourceOf(
      {
        providers: { fake: { ...provider, prices: { '*': { input: 1, output: 1 } } }, [`spare-${n}`]: provider },
        models: n % 3 === 0 ? { pool: { of: [`fake/${modelOf(n)}`] } } : {},
        agents: {
          tester: {
            model: n % 3 === 0 ? 'pool' : `fake/${modelOf(n)}`,
            fallbacks: n % 4 === 0 ? [] : [`spare-${n}/never`],
            limits: n % 5 === 0 ? { burst: 'off' } : limits,
          },
        },
        timeouts: { connectSeconds: 10 + (n % 2), idleSeconds: 30 + n, totalSeconds: 100 + n },
        retries: { attempts: n % 3 },
        ...change,
      },
      [
        {
          id: 'fake/key',
          provider: 'fake',
          secret,
          ...(n % 2 === 0 ? {} : { limits: { concurrent: 180, queue: 1000, queueSeconds: 60 } }),
        },
      ],
    );
  }

  const generationOf = (target: unknown): number => Number(/^fake\/model-(\d+)$/.exec(String(target))?.[1]);
  const textOf = (dialect: DialectId, body: string): string => {
    const deltas = {
      'openai-chat': /"delta":\{[^}]*"content":"([^"]*)"/g,
      'openai-responses': /"type":"response\.output_text\.delta"[^}]*?"delta":"([^"]*)"/g,
      'anthropic-messages': /"type":"text_delta","text":"([^"]*)"/g,
      gemini: /"parts":\[\{"text":"([^"]*)"/g,
    } as const;
    return [...body.matchAll(deltas[dialect])].map(([, delta]) => delta).join('');
  };

  it(`${SWAPS} times under ${AT_ONCE} streams fails none, and each is served by what it began with or by what came in meanwhile`, async function () {
    this.timeout(60_000);
    await startFake(SWAPS);
    gateway = await startWatched(sourceFor(0));
    let swaps = 0;
    const load = { over: false };
    let count = 0;
    const wrong: string[] = [];
    const agent = async (at: number): Promise<void> => {
      const dialect = DIALECT_IDS[at % DIALECT_IDS.length]!;
      while (!load.over) {
        const [before, number] = [swaps, (count += 1)];
        const answer = await ask(gateway, dialect, true);
        const served = generationOf(answer.headers['x-gatehouse-target']);
        const text = textOf(dialect, answer.text);
        if (answer.status !== 200 || !answer.clean || text !== TEXT)
          wrong.push(`${number}: ${answer.status} ${answer.text.slice(0, 300)}`);
        else if (!(served >= before && served <= swaps)) wrong.push(`${number}: begun under ${before}, served by ${served}`);
      }
    };
    const agents = Array.from({ length: AT_ONCE }, (_, at) => agent(at));
    for (let n = 1; n <= SWAPS; n++) {
      await sleep(EVERY_MS);
      generation = Math.floor(n / SWAPS_PER_KEY);
      gateway.running.swap(sourceFor(n, {}, secretOf(generation)));
      swaps = n;
    }
    await sleep(EVERY_MS);
    load.over = true;
    await Promise.all(agents);
    assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} of ${count}`);
    assert.ok(count > 2 * AT_ONCE, `only ${count} requests`);

    const rows = await gateway.rows(count);
    assert.deepEqual([...new Set(rows.map(({ settled }) => settled))], ['done']);
    // What was refused for its key cost nothing.
    assert.deepEqual([...new Set(rows.map(({ costNano }) => costNano))], [(USED.input + USED.cacheRead + USED.output) * 1000]);
    const refused = fake.requests.filter(({ status }) => status === 401).length;
    assert.ok(refused > 0, 'no request was on its way while its key was replaced');
    assert.equal(
      rows.reduce((sum, { attempts }) => sum + attempts, 0),
      count + refused,
    );
    assert.deepEqual(
      gateway.running.routing.health.all().filter(({ state }) => state !== 'well'),
      [],
      'what was said of a former key is held against the new one',
    );
    await gateway.isIdle();
  });

  it('leaves a request in flight at the prices that it began with, also when its provider is gone from the settings', async () => {
    await startFake(1);
    const provider = { kind: 'openai-compatible', baseUrl: `${fake.url}/v1`, dialects: DIALECT_IDS };
    const priced = (usd: number) => ({ fake: { ...provider, prices: { '*': { input: usd, output: usd } } } });
    const free = { tester: { model: 'fake/model-0' } };
    gateway = await startWatched(sourceFor(0, { providers: priced(1), agents: free }));
    const nano = (USED.input + USED.cacheRead + USED.output) * 1000;
    for (const [after, next] of [
      [{ providers: priced(7), agents: free }, 7],
      [{ providers: { other: provider }, models: {}, agents: { tester: { model: 'other/model-0' } } }, undefined],
    ] as const) {
      gateway.running.swap(sourceFor(0, { providers: priced(1), agents: free }));
      const count = fake.requests.length;
      fake.script({ text: TEXT, usage: USED, pieces: 12, delay: { betweenMs: 15 } });
      const inFlight = ask(gateway, 'openai-chat', true);
      await soon('it is asked', () => fake.requests.length > count && fake.requests.at(-1)?.times.headersSent !== undefined);
      gateway.running.swap(sourceFor(0, after));
      assert.equal((await inFlight).status, 200);
      const rows = await gateway.rows(count + 1);
      assert.equal(rows.at(-1)?.costNano, nano);
      if (next === undefined) continue;
      await ask(gateway, 'openai-chat', true);
      assert.equal((await gateway.rows(count + 2)).at(-1)?.costNano, next * nano);
    }
  });

  it('asks with the new secret at once where the former one was refused because it was replaced in the queue', async () => {
    await startFake(1);
    const limited = { agents: { tester: { model: 'fake/model-0', limits: { concurrent: 1, queueSeconds: 30 } } } };
    gateway = await startWatched(sourceFor(0, limited));
    fake.script({ stallBeforeHeaders: true });
    const first = leaver(gateway.url, 'anthropic-messages', true);
    await soon('the first is asked', () => fake.requests.length === 1);
    const second = ask(gateway, 'anthropic-messages', true);
    await soon('the second waits', () => gateway.running.routing.limiter.usage('agent/tester').waiting === 1);
    gateway.running.swap(sourceFor(1, limited));
    generation = 1;
    first.leave();
    const answer = await second;
    assert.deepEqual([answer.status, answer.headers['x-gatehouse-attempts']], [200, '2']);
    assert.deepEqual(
      fake.requests.map(({ key }) => key),
      [secretOf(0), secretOf(0), secretOf(1)],
    );
    const row = (await gateway.rows(2))[1];
    assert.deepEqual(
      row?.trace?.tries.map(({ outcome }) => outcome),
      ['upstream-401', 'ok'],
    );
  });

  it('tells a refusal that is not of a former key, and holds it against the key', async () => {
    await startFake(1);
    gateway = await startWatched(sourceFor(0));
    generation = 1;
    assert.equal((await ask(gateway, 'anthropic-messages', true)).status, 401);
    assert.equal(fake.requests.length, 1);
    const dead = () => gateway.running.routing.health.all().filter(({ state }) => state === 'dead').length;
    assert.equal(dead(), 1);
    gateway.running.swap(sourceFor(0));
    assert.equal(dead(), 1, 'the same secret is no better for being read again');
    gateway.running.swap(sourceFor(1));
    assert.equal(dead(), 0);
    assert.equal((await ask(gateway, 'anthropic-messages', true)).status, 200);
  });
});

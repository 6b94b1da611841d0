import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { HeldKey } from '../../src/core/routing/snapshot.ts';
import { EVENTS } from '../support/faults/fault.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { ask, eventually, KEY, PRICES, USED } from '../support/gateway.ts';
import { leaver, type Leaver, soon, sourceOf, startWatched, type WatchedGateway } from './watched-gateway.ts';

/** The promise of the product: so many milliseconds after the agent left, whoever worked for it knows. */
const PROMPT_MS = 100;

/** What an agent speaks and what its provider does: each is relayed once and translated once, and each is spoken on both sides. */
const WAYS: readonly (readonly [agent: DialectId, provider: DialectId])[] = [
  ...DIALECT_IDS.map((dialect) => [dialect, dialect] as const),
  ['openai-chat', 'anthropic-messages'],
  ['openai-responses', 'gemini'],
  ['anthropic-messages', 'openai-responses'],
  ['gemini', 'openai-chat'],
];

const MODELS: Readonly<Record<DialectId, string>> = {
  'openai-chat': 'gpt-4.1',
  'openai-responses': 'gpt-5.5',
  'anthropic-messages': 'claude-opus-5-5',
  gemini: 'gemini-3-pro',
};

interface Setting {
  readonly provider?: DialectId;
  readonly agentLimits?: object;
  readonly keyLimits?: HeldKey['limits'];
  readonly attempts?: number;
}

describe('an agent that leaves', () => {
  let fake: FakeProvider;
  let gateway: WatchedGateway;
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  async function start({ provider = 'anthropic-messages', agentLimits, keyLimits, attempts = 0 }: Setting = {}): Promise<void> {
    fake = await startFakeProvider({ key: KEY, dialect: provider });
    gateway = await startWatched(
      sourceOf(
        {
          providers: {
            fake: { kind: 'openai-compatible', baseUrl: `${fake.url}/v1`, dialects: [provider], prices: { '*': PRICES } },
          },
          agents: { tester: { model: `fake/${MODELS[provider]}`, limits: { burst: 'off', ...agentLimits } } },
          retries: { attempts },
        },
        [{ id: 'fake/key', provider: 'fake', secret: KEY, limits: keyLimits }],
      ),
    );
  }

  const come = (stream = true, dialect: DialectId = 'anthropic-messages', change = {}): Leaver =>
    leaver(gateway.url, dialect, stream, change);
  const place = () => ({ provider: 'fake', model: MODELS['anthropic-messages'], key: 'fake/key' });

  /** That nothing works for it any more, as far as the gateway can tell. */
  async function isForgotten(left: number): Promise<void> {
    await gateway.isIdle(PROMPT_MS);
    const took = performance.now() - left;
    assert.ok(took < PROMPT_MS, `it took ${took} ms`);
    assert.equal(gateway.running.routing.running.at(place()), 0);
  }

  async function isAborted(left: number, which = -1): Promise<void> {
    const request = fake.requests.at(which);
    const aborted = await eventually(
      () => request?.times.aborted,
      (time) => time !== undefined,
    );
    assert.ok(aborted !== undefined && aborted - left < PROMPT_MS, `the provider knew after ${(aborted ?? Infinity) - left} ms`);
  }

  /** A request that holds its places until it leaves as well. */
  async function occupant(change: object): Promise<Leaver> {
    fake.script({ stallBeforeHeaders: true });
    const first = come(true, 'anthropic-messages', change);
    await soon('the first is at its provider', () => fake.requests.at(-1)?.times.bodyRead !== undefined);
    return first;
  }

  const NOTHING = { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0 };

  describe('while it waits', () => {
    for (const scope of ['agent/tester', 'key/fake/key'] as const) {
      it(`in the queue of ${scope}: nobody is asked, and the next one moves up`, async () => {
        const limits = { concurrent: 1, tokensPerMinute: 100_000, queue: 5, queueSeconds: 20 };
        await start(scope === 'agent/tester' ? { agentLimits: limits } : { keyLimits: limits });
        const usage = () => gateway.running.routing.limiter.usage(scope);
        // Large enough to stand out from what a minute's limit gives back while the test runs.
        const long = { messages: [{ role: 'user', content: 'word '.repeat(8000) }] };
        const first = await occupant(long);
        const each = 100_000 - (usage().tokensLeft ?? 0);
        assert.ok(each > 5000);
        const second = come(true, 'anthropic-messages', long);
        await soon('the second waits', () => usage().waiting === 1);
        const third = come(true, 'anthropic-messages', long);
        await soon('the third waits', () => usage().waiting === 2);

        const left = second.leave();
        await eventually(
          () => usage().waiting,
          (waiting) => waiting === 1,
        );
        assert.ok(performance.now() - left < PROMPT_MS);
        const [row] = await gateway.rows(1);
        assert.deepEqual([row?.settled, row?.status, row?.attempts, row?.costNano, row?.estimated], ['aborted', 499, 0, 0, false]);
        assert.deepEqual({ ...row?.usage, ...NOTHING }, row?.usage);
        assert.ok((row?.trace?.queuedMs ?? 0) > 0, 'the trace says that it waited');
        assert.equal(fake.requests.length, 1);

        fake.script({ stallBeforeHeaders: true });
        first.leave();
        await soon('the third had its turn', () => fake.requests.length === 2 && fake.requests[1]?.times.bodyRead !== undefined);
        const end = third.leave();
        await isAborted(end);
        await isForgotten(end);
        assert.deepEqual(
          (await gateway.rows(3)).map(({ settled }) => settled),
          ['aborted', 'aborted', 'aborted'],
        );
        // Both that were asked keep their estimate; the one in the queue has cost nothing.
        const spent = 100_000 - (usage().tokensLeft ?? 0);
        assert.ok(Math.abs(spent - 2 * each) < each / 2, `${spent} are spent, one is ${each}`);
      });
    }

    it('for a place in cooldown', async () => {
      await start();
      fake.script({ error: { status: 429, headers: { 'retry-after': '5' } } });
      assert.equal((await ask(gateway, 'anthropic-messages', true)).status, 429);
      const waiting = come();
      await soon('it waits for the place', () => gateway.timers().some((ms) => ms > 4000 && ms <= 5500));
      await isForgotten(waiting.leave());
      assert.equal(fake.requests.length, 1);
      const row = (await gateway.rows(2))[1];
      assert.deepEqual([row?.settled, row?.status, row?.attempts, row?.costNano, row?.estimated], ['aborted', 499, 0, 0, false]);
    });

    it('between two attempts: what the first one used is booked', async () => {
      for (const [error, input] of [
        [{ error: { status: 500, headers: { 'retry-after': '4' } } }, 0],
        // A stream that dies in its opening has told what the prompt took.
        [{ usage: USED, cut: 'reset', afterEvents: EVENTS['anthropic-messages'].opening }, USED.input],
      ] as const satisfies readonly (readonly [Step, number])[]) {
        await start({ attempts: 5 });
        fake.script(...Array.from({ length: 6 }, () => error));
        const waiting = come();
        await soon('it waits', () => fake.requests.length >= 1 && gateway.timers().some((ms) => ms > 300 && ms < 9000));
        const left = waiting.leave();
        await isForgotten(left);
        const asked = fake.requests.length;
        const [row] = await gateway.rows(1);
        assert.deepEqual([row?.settled, row?.status, row?.attempts], ['aborted', 499, asked]);
        assert.deepEqual([row?.usage.input, row?.estimated], [input * asked, input > 0]);
        assert.equal((row?.costNano ?? 0) > 0, input > 0);
        assert.equal(row?.trace?.tries.length ?? 1, asked);
        assert.equal(gateway.running.routing.limiter.usage('agent/tester').running, 0);
        if (input > 0) break;
        await gateway.close();
        await fake.close();
      }
    });
  });

  for (const [dialect, provider] of WAYS) {
    const way = dialect === provider ? dialect : `${dialect} to ${provider}`;
    const { opening } = EVENTS[provider];

    it(`${way}: before headers, before output, in mid-stream and in a whole answer`, async () => {
      await start({ provider, agentLimits: { concurrent: 1 }, keyLimits: { concurrent: 1, queue: 1, queueSeconds: 5 } });
      const text = 'word '.repeat(200);
      const phases = {
        'before headers': { step: { stallBeforeHeaders: true }, stream: true, status: 499 },
        'before headers, whole': { step: { stallBeforeHeaders: true }, stream: false, status: 499 },
        'before output': { step: { usage: USED, text, stallAfterEvents: opening }, stream: true, status: 499 },
        'mid-stream': { step: { usage: USED, text, pieces: 20, stallAfterEvents: 12 }, stream: true, status: 200 },
        'in a whole answer': { step: { usage: USED, text, stallAfterEvents: 0, afterBytes: 50 }, stream: false, status: 499 },
      } as const satisfies Readonly<Record<string, { step: Step; stream: boolean; status: number }>>;
      let count = 0;
      for (const [phase, { step, stream, status }] of Object.entries(phases)) {
        fake.script(step);
        const request = come(stream, dialect);
        count += 1;
        await soon(
          `${phase}: it is asked`,
          () => fake.requests.length === count && fake.requests.at(-1)?.times.bodyRead !== undefined,
        );
        if (!('stallBeforeHeaders' in step)) await soon(phase, () => fake.requests.at(-1)?.times.headersSent !== undefined);
        if (status === 200) await soon(`${phase}: output`, () => request.seen.includes('word'));
        // The gateway hears of the headers a moment later.
        else await eventually(() => false, Boolean, 20);
        const left = request.leave();
        await isAborted(left);
        await isForgotten(left);
        const row = (await gateway.rows(count)).at(-1);
        assert.deepEqual([phase, row?.settled, row?.status, row?.attempts], [phase, 'aborted', status, 1]);
        assert.equal(row?.estimated, true, phase);
        // Anthropic tells at the start what the prompt took, Gemini with every piece.
        const told =
          (phase === 'before output' && provider === 'anthropic-messages') ||
          (phase === 'mid-stream' && (provider === 'anthropic-messages' || provider === 'gemini'));
        const { input, output } = row?.usage ?? NOTHING;
        if (told) assert.equal(input, USED.input, phase);
        else assert.ok(input > 0 && input < 500, `${phase}: an estimate of the body, not ${input}`);
        assert.equal(output > 2, status === 200, `${phase}: ${output} tokens of output`);
        assert.ok((row?.costNano ?? 0) > 0, phase);
        assert.equal(request.status, status === 200 ? 200 : undefined, phase);
      }
    });
  }

  describe('and was the probe of a place', () => {
    const state = () => gateway.running.routing.health.of(place());

    /** Three failures open the breaker; a while later one request may try. */
    async function halfOpen(): Promise<void> {
      for (let at = 0; at < 3; at++) {
        fake.script({ error: { status: 500 } });
        assert.equal((await ask(gateway, 'anthropic-messages', true)).status, 500);
      }
      assert.equal(state().state, 'open');
      gateway.skip(600_000);
      assert.deepEqual([state().state, state().until], ['half-open', undefined]);
    }

    async function isProbedAgainAtOnce(): Promise<void> {
      assert.deepEqual([state().state, state().until], ['half-open', undefined], 'nobody is waited for');
      const again = await ask(gateway, 'anthropic-messages', true);
      assert.equal(again.status, 200);
      assert.equal(state().state, 'well');
      await gateway.isIdle();
    }

    for (const [phase, step] of [
      ['before headers', { stallBeforeHeaders: true }],
      ['before output', { stallAfterEvents: EVENTS['anthropic-messages'].opening }],
    ] as const) {
      it(`${phase}: the next one may try at once`, async () => {
        await start();
        await halfOpen();
        fake.script(step);
        const probe = come();
        await soon('it is asked', () => fake.requests.length === 4 && fake.requests.at(-1)?.times.bodyRead !== undefined);
        await soon('it probes', () => state().until !== undefined);
        const left = probe.leave();
        await isAborted(left);
        await isForgotten(left);
        await isProbedAgainAtOnce();
      });
    }

    it('in the queue of its key', async () => {
      await start({ keyLimits: { concurrent: 1, queue: 5, queueSeconds: 20 } });
      await halfOpen();
      const { limiter } = gateway.running.routing;
      const scope = { name: 'key/fake/key', limits: { concurrent: 1, queue: 5, queueMs: 20_000 } };
      const other = limiter.enter(scope, 'another agent', 0);
      assert.ok(other.kind === 'entered');
      const probe = come();
      await soon('it waits as a probe', () => limiter.usage(scope.name).waiting === 1);
      assert.notEqual(state().until, undefined);
      const left = probe.leave();
      await eventually(
        () => state().until,
        (until) => until === undefined,
      );
      assert.ok(performance.now() - left < PROMPT_MS);
      other.leave(undefined);
      await isForgotten(performance.now());
      await isProbedAgainAtOnce();
    });

    it('in mid-stream: its first word has shown that the place is well', async () => {
      await start();
      await halfOpen();
      fake.script({ text: 'word '.repeat(100), pieces: 20, stallAfterEvents: 8 });
      const probe = come();
      await soon('output', () => probe.seen.includes('word'));
      await isForgotten(probe.leave());
      assert.equal(state().state, 'well');
    });
  });
});

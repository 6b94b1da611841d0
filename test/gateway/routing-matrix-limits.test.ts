import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { startFakeProvider } from '../support/fake-providers/server.ts';
import type { Script, Step } from '../support/fake-providers/script.ts';
import { KEY, startGateway, TOKEN } from '../support/gateway.ts';
import { CALLS, expectClass, failureOf } from '../support/sdk-calls.ts';
import { routed } from './routing-gateway.ts';
import { readAs } from './routing-reading.ts';

const session = (name: string) => ({ headers: { 'x-session-id': name } });
const slowly = (milliseconds: number) => (): Step => ({ text: 'slow', delay: { headersMs: milliseconds } });

describe('limits of an agent', function () {
  // Time stands still here, but a busy machine makes the judgement late that nothing is under way.
  this.timeout(30_000);

  for (const [sdk, call] of Object.entries(CALLS)) {
    it(`${sdk}: who comes too often gets the SDK's error for it, with a time, and nobody is asked`, async () => {
      const fake = await startFakeProvider({ key: KEY });
      const gateway = await startGateway({
        provider: fake.url,
        agent: { limits: { requestsPerMinute: 1, queue: 0, burst: 'off' } },
      });
      try {
        await call(gateway.url, TOKEN, true);
        const failure = await failureOf(call(gateway.url, TOKEN, true));
        expectClass(sdk, failure, 429);
        assert.match(failure.message, /The limit of this agent for requests a minute \(requestsPerMinute\) is reached/);
        if (sdk !== 'genai') {
          const seconds = Number(failure.headers?.get('retry-after'));
          assert.ok(seconds > 55 && seconds <= 60, `${seconds}`);
        }
        assert.equal(fake.requests.length, 1);
        const [, row] = await gateway.rows(2);
        assert.deepEqual([row?.settled, row?.status, row?.attempts, row?.costNano], ['blocked', 429, 0, 0]);
      } finally {
        await gateway.close();
        await fake.close();
      }
    });
  }

  it('concurrent: what is too much waits its turn, and what the queue does not hold is turned away', async () => {
    for (const dialect of DIALECT_IDS) {
      await routed(
        { providers: { only: slowly(5000) }, agent: { limits: { concurrent: 1, queue: 2 } } },
        async ({ ask, rows, fakes }) => {
          const all = await Promise.all(Array.from({ length: 4 }, () => ask(dialect, true)));
          assert.deepEqual(
            all.map(({ status, milliseconds }) => [status, milliseconds]).sort(([, a], [, b]) => a! - b!),
            [
              [429, 0],
              [200, 5000],
              [200, 10_000],
              [200, 15_000],
            ],
            dialect,
          );
          const refused = all.find(({ status }) => status === 429)!;
          assert.match(readAs(dialect, true, refused).error?.message ?? '', /concurrent.*queue/);
          assert.ok(Number(refused.headers['retry-after']) >= 1);
          const settled = await rows(4);
          assert.deepEqual(
            settled.map(({ trace }) => trace?.queuedMs ?? 0).sort((a, b) => a - b),
            [0, 0, 5000, 10_000],
          );
          assert.equal(fakes['only']?.requests.length, 3);
        },
      );
    }
  });

  it('concurrent: sessions take turns, however many requests one of them has waiting', async () => {
    await routed({ providers: { only: slowly(1000) }, agent: { limits: { concurrent: 1, queue: 10 } } }, async ({ ask, rows }) => {
      const greedy = Array.from({ length: 5 }, () => ask('openai-chat', true, session('greedy')));
      const modest = ask('openai-chat', true, session('modest'));
      const { milliseconds } = await modest;
      assert.ok(milliseconds <= 3000, `the modest one waited ${milliseconds} ms`);
      assert.equal(Math.max(...(await Promise.all(greedy)).map((each) => each.milliseconds)), 6000);
      await rows(6);
    });
  });

  it('queueSeconds: nobody waits longer', async () => {
    const limits = { concurrent: 1, queue: 5, queueSeconds: 4 };
    await routed({ providers: { only: slowly(60_000) }, agent: { limits } }, async ({ ask, rows }) => {
      const [first, second] = await Promise.all([ask('gemini', false), ask('gemini', false)]);
      assert.deepEqual(new Set([first.status, second.status]), new Set([200, 429]));
      assert.equal(Math.min(first.milliseconds, second.milliseconds), 4000);
      assert.deepEqual(new Set((await rows(2)).map(({ settled }) => settled)), new Set(['done', 'blocked']));
    });
  });

  it('tokensPerMinute: is corrected by what was really used, not by what the cache had', async () => {
    const limits = { tokensPerMinute: 6000, queue: 0 };
    const used = (input: number, cacheRead: number, output: number) => (): Step => ({ usage: { input, cacheRead, output } });
    for (const dialect of DIALECT_IDS) {
      await routed({ providers: { only: used(5000, 0, 4000) }, agent: { limits } }, async ({ ask, rows, running }) => {
        assert.equal((await ask(dialect, true)).status, 200);
        assert.equal(running.routing.limiter.usage('agent/tester').tokensLeft, -3000, dialect);
        const refused = await ask(dialect, true);
        assert.equal(refused.status, 429);
        // 3000 of debt, and the little that it asks for, at 100 a second.
        assert.ok(Number(refused.headers['retry-after']) >= 30 && Number(refused.headers['retry-after']) <= 33);
        await rows(2);
      });
      await routed({ providers: { only: used(100, 50_000, 10) }, agent: { limits } }, async ({ ask, rows }) => {
        for (let n = 0; n < 3; n++) assert.equal((await ask(dialect, true)).status, 200, dialect);
        await rows(3);
      });
    }
  });

  it('tokensPerMinute: is corrected by what all attempts used', async () => {
    const agent = { limits: { tokensPerMinute: 6000, queue: 0 }, fallbacks: ['other/m'] };
    const config = { retries: { attempts: 0 } };
    const other: Script = () => ({ usage: { input: 1000, cacheRead: 300, output: 500 } });
    const left = async (dialect: DialectId, first: Step): Promise<number> => {
      let tokens = Number.NaN;
      await routed({ providers: { first: [first], other }, agent, config }, async ({ ask, rows, running }) => {
        assert.equal((await ask(dialect, true)).status, 200, dialect);
        assert.equal((await rows(1))[0]?.attempts, 2);
        tokens = running.routing.limiter.usage('agent/tester').tokensLeft ?? Number.NaN;
      });
      return tokens;
    };
    // Anthropic tells the input before it fails: 2000 of it, and a first token of output.
    const told = { errorEvent: { status: 529 }, afterEvents: 1, usage: { input: 2000, cacheRead: 700, output: 1 } };
    assert.equal(await left('anthropic-messages', told), 6000 - 2001 - 1500);
    for (const dialect of DIALECT_IDS) {
      // Nobody worked on the first, or nobody knows what it used: then it counts as what it was taken for beforehand.
      assert.equal(await left(dialect, { error: { status: 500 } }), 6000 - 1500, dialect);
      const estimate = 4500 - (await left(dialect, { cut: 'eof', afterBytes: 20 }));
      assert.ok(estimate > 0 && estimate < 100, `${dialect}: ${estimate}`);
    }
  });

  it('a paused agent is told so, until it is resumed', async () => {
    for (const dialect of DIALECT_IDS) {
      await routed({ providers: { only: [] } }, async ({ ask, rows, running, fakes }) => {
        running.routing.paused.pause('tester');
        const told = await ask(dialect, true);
        assert.equal(told.status, 403);
        assert.match(readAs(dialect, true, told).error?.message ?? '', /The agent "tester" is paused.*Resume/);
        assert.equal(fakes['only']?.requests.length, 0);
        running.routing.paused.resume('tester');
        assert.equal((await ask(dialect, true)).status, 200);
        assert.deepEqual(
          (await rows(2)).map(({ settled }) => settled),
          ['blocked', 'done'],
        );
      });
    }
  });
});

describe('limits of a key', function () {
  this.timeout(30_000);

  it('send what is too much to the other key, and only then let it wait', async () => {
    const keys = [KEY, 'sk-the-second-key-0123456789abcdef'].map((secret, at) => ({
      id: `only/${at}`,
      provider: 'only',
      secret,
      limits: { concurrent: 1, queue: 5, queueSeconds: 30 },
    }));
    await routed({ providers: { only: slowly(2000) }, keys }, async ({ ask, fakes, rows }) => {
      const all = await Promise.all(Array.from({ length: 3 }, () => ask('anthropic-messages', true)));
      assert.deepEqual(
        all.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b),
        [2000, 2000, 4000],
      );
      assert.equal(new Set(fakes['only']!.requests.slice(0, 2).map(({ key }) => key)).size, 2);
      await rows(3);
    });
  });
});

describe('a breaker that is half open', function () {
  this.timeout(30_000);

  it('lets exactly one of 200 through; the others are served elsewhere', async () => {
    let ill = true;
    const providers = {
      first: (): Step => (ill ? { error: { status: 500 } } : { text: 'well again', delay: { headersMs: 3000 } }),
      spare: (): Step => ({ text: 'spare' }),
    };
    const agent = { fallbacks: ['spare/m'], limits: { burst: 'off' } };
    await routed({ providers, agent, config: { retries: { attempts: 0 } } }, async ({ ask, fakes, rows, wait }) => {
      for (let n = 0; n < 4; n++) await ask('anthropic-messages', true);
      assert.equal(fakes['first']?.requests.length, 3, 'three failures open it');
      await wait(11_000);
      ill = false;
      const all = await Promise.all(Array.from({ length: 200 }, () => ask('anthropic-messages', true)));
      assert.equal(fakes['first']?.requests.length, 4, 'requests that reached the provider while it was half open');
      const texts = all.map((heard) => readAs('anthropic-messages', true, heard).text);
      assert.deepEqual(
        [texts.filter((text) => text === 'well again').length, texts.filter((text) => text === 'spare').length],
        [1, 199],
      );
      await ask('anthropic-messages', true);
      assert.equal(fakes['first']?.requests.length, 5, 'and is closed by the one that came through');
      await rows(205);
    });
  });

  it('without anybody else: one is asked, the others wait for what it finds', async () => {
    let ill = true;
    const only = (): Step => (ill ? { error: { status: 500 } } : { text: 'well again', delay: { headersMs: 500 } });
    await routed(
      { providers: { only }, agent: { limits: { burst: 'off' } }, config: { retries: { attempts: 0 } } },
      async ({ ask, fakes, rows, wait }) => {
        for (let n = 0; n < 3; n++) await ask('openai-chat', true);
        await wait(11_000);
        ill = false;
        const all = await Promise.all(Array.from({ length: 20 }, () => ask('openai-chat', true)));
        const soon = fakes['only']!.requests.length;
        assert.ok(
          all.every(({ status }) => status === 200),
          JSON.stringify(all.map(({ status, milliseconds }) => [status, milliseconds])),
        );
        assert.equal(soon, 23, 'each is asked once');
        assert.equal(all.filter(({ milliseconds }) => milliseconds === 500).length, 1);
        await rows(23);
      },
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { KEY } from '../support/gateway.ts';
import { routed, SECOND_KEY, type Routed } from './routing-gateway.ts';
import { readAs } from './routing-reading.ts';

const limited = (seconds: number): Step => ({ error: { status: 429, headers: { 'retry-after': String(seconds) } } });
const answered = (text: string) => () => ({ text });

const EACH: readonly (readonly [DialectId, boolean])[] = DIALECT_IDS.flatMap((dialect) => [
  [dialect, true] as const,
  [dialect, false] as const,
]);

describe('a rate limit without anybody else to ask', function () {
  // Time stands still here, but a busy machine makes the judgement late that nothing is under way.
  this.timeout(30_000);

  it('of two seconds is waited for, and the agent gets its answer', async () => {
    for (const [dialect, stream] of EACH) {
      await routed({ providers: { only: [limited(2)] } }, async ({ ask, fakes, rows }) => {
        const heard = await ask(dialect, stream);
        assert.equal(readAs(dialect, stream, heard).kind, 'answer', dialect);
        assert.ok(heard.milliseconds >= 2000 && heard.milliseconds <= 2500, `${heard.milliseconds} ms`);
        assert.equal(fakes['only']?.requests.length, 2);
        const [row] = await rows(1);
        assert.deepEqual(
          [row?.settled, row?.attempts, row?.trace?.tries.map(({ outcome }) => outcome)],
          ['done', 2, ['upstream-429', 'ok']],
        );
        assert.match(String(heard.headers['x-gatehouse-route']), /^failed=only\/[^:]+:upstream-429; waited=2\d\d\d$/);
      });
    }
  });

  it('of two minutes is told at once, with a wait that agents bear and the word not to repeat', async () => {
    for (const [dialect, stream] of EACH) {
      await routed({ providers: { only: [limited(120)] } }, async ({ ask, fakes, rows }) => {
        const heard = await ask(dialect, stream);
        assert.deepEqual([heard.status, heard.milliseconds], [429, 0]);
        assert.deepEqual([heard.headers['x-should-retry'], heard.headers['retry-after']], ['false', '60']);
        const again = await ask(dialect, stream);
        assert.deepEqual([again.status, again.milliseconds, again.headers['retry-after']], [429, 0, '60']);
        assert.equal(fakes['only']?.requests.length, 1, 'it is left alone meanwhile');
        assert.deepEqual(
          (await rows(2)).map(({ settled, attempts, costNano }) => [settled, attempts, costNano]),
          [
            ['error', 1, 0],
            ['blocked', 0, 0],
          ],
        );
      });
    }
  });
});

describe('another key', function () {
  this.timeout(30_000);

  const keys = [
    { id: 'only/a', provider: 'only', secret: KEY },
    { id: 'only/b', provider: 'only', secret: SECOND_KEY },
  ];
  const session = (name: string) => ({ headers: { 'x-session-id': name } });
  const cases: readonly (readonly [string, Step['error'], number])[] = [
    ['401', { status: 401 }, 300_000],
    ['402', { status: 402, message: 'Insufficient Balance' }, 900_000],
    ['429', { status: 429, headers: { 'retry-after': '40' } }, 40_000],
  ];
  for (const [name, error, asideMs] of cases) {
    it(`is used after a ${name}, while the first is set aside, and the session stays with it`, async () => {
      for (const dialect of DIALECT_IDS) {
        const ill: { key?: string | undefined } = {};
        const script = ({ key }: { key: string | undefined }): Step => {
          ill.key ??= key;
          return key === ill.key ? { error: error! } : { text: 'of the other' };
        };
        await routed({ providers: { only: script }, keys }, async ({ ask, fakes, rows, wait }) => {
          const seen = () => fakes['only']!.requests.map(({ key }) => (key === ill.key ? 'ill' : 'well'));
          assert.equal(readAs(dialect, false, await ask(dialect, false, session('one'))).text, 'of the other');
          assert.deepEqual(seen(), ['ill', 'well']);
          const [first] = await rows(1);
          assert.deepEqual(
            [first?.key, first?.attempts, first?.trace?.tries.length],
            [ill.key === KEY ? 'only/b' : 'only/a', 2, 2],
          );
          for (let n = 0; n < 4; n++) await ask(dialect, false, session(`other ${n}`));
          assert.deepEqual(seen().slice(2), ['well', 'well', 'well', 'well'], 'the first key is set aside for all');
          await wait(asideMs);
          ill.key = 'none';
          const before = fakes['only']!.requests.length;
          for (let n = 0; n < 6; n++) await ask(dialect, false, session('one'));
          assert.equal(new Set(fakes['only']!.requests.slice(before).map(({ key }) => key)).size, 1, 'the session stays');
          assert.equal(fakes['only']!.requests.at(-1)?.key, fakes['only']!.requests[1]?.key);
        });
      }
    });
  }
});

describe('a fallback for a cause', function () {
  this.timeout(30_000);

  const agent = {
    fallbacks: [
      { to: 'spare/m', on: 'error' },
      { to: 'long/m', on: 'context-window' },
      { to: 'mild/m', on: 'content-policy' },
    ],
  };
  const others = { spare: answered('spare'), long: answered('long'), mild: answered('mild') };
  const served = async (
    first: Step,
    check: (routed: Routed, dialect: DialectId, stream: boolean, text: string) => Promise<void>,
  ) => {
    for (const [dialect, stream] of EACH) {
      await routed({ providers: { first: [first], ...others }, agent }, async (all) => {
        const read = readAs(dialect, stream, await all.ask(dialect, stream));
        await check(all, dialect, stream, read.kind === 'answer' ? read.text : `${read.kind}: ${read.error?.message}`);
      });
    }
  };

  it('takes what is too long, what is refused and what fails to where it belongs, and nowhere else', async () => {
    const cases: readonly (readonly [Step, string])[] = [
      [
        { error: { status: 400, code: 'context_length_exceeded', message: 'prompt is too long: 213462 tokens > 200000 maximum' } },
        'long',
      ],
      [{ error: { status: 400, code: 'content_filter', message: 'Output blocked by content filtering policy' } }, 'mild'],
      [{ error: { status: 404, message: 'model: old-model' } }, 'spare'],
    ];
    for (const [step, to] of cases) {
      await served(step, async ({ fakes, rows }, dialect, _stream, text) => {
        assert.equal(text, to, dialect);
        assert.deepEqual(
          Object.entries(fakes).map(([name, { requests }]) => [name, requests.length]),
          ['first', 'spare', 'long', 'mild'].map((name) => [name, name === 'first' || name === to ? 1 : 0]),
        );
        const [row] = await rows(1);
        assert.deepEqual([row?.provider, row?.key, row?.attempts], [to, `${to}/key`, 2]);
      });
    }
  });

  it('takes an answer that is a refusal without a word there, too, and what it used is paid for', async () => {
    const used = { input: 900, output: 3 };
    await served({ text: '', stop: 'refusal', usage: used }, async ({ rows, fakes }, dialect, stream, text) => {
      assert.equal(text, 'mild', `${dialect} ${stream}`);
      assert.deepEqual([fakes['first']?.requests.length, fakes['spare']?.requests.length], [1, 0]);
      const [row] = await rows(1);
      assert.deepEqual(
        row?.trace?.tries.map(({ outcome }) => outcome),
        ['content-policy', 'ok'],
      );
      assert.ok((row?.costNano ?? 0) > 900 * 3000 || (row?.estimated ?? false), JSON.stringify(row));
    });
  });

  it('takes a prompt that Gemini blocks there, relayed and translated', async () => {
    const blocked = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 900, totalTokenCount: 900 },
    };
    const asStep = (stream: boolean): Step => ({
      raw: {
        headers: { 'content-type': stream ? 'text/event-stream' : 'application/json' },
        chunks: [stream ? `data: ${JSON.stringify(blocked)}\r\n\r\n` : JSON.stringify(blocked)],
      },
    });
    for (const [dialect, stream] of EACH) {
      const providers = { first: [asStep(stream)], ...others };
      await routed({ providers, agent, providerConfig: { first: { dialects: ['gemini'] } } }, async ({ ask, rows }) => {
        assert.equal(readAs(dialect, stream, await ask(dialect, stream)).text, 'mild', dialect);
        const [row] = await rows(1);
        assert.deepEqual([row?.provider, row?.attempts], ['mild', 2]);
        assert.ok((row?.usage.input ?? 0) >= 900);
      });
    }
    // Without somebody else for it the answer passes as it came.
    for (const stream of [true, false]) {
      await routed(
        { providers: { first: [asStep(stream)], spare: answered('spare') }, agent: { fallbacks: ['spare/m'] } },
        async ({ ask, rows }) => {
          const heard = await ask('gemini', stream);
          assert.equal(heard.status, 200);
          assert.equal(heard.body.toString(), asStep(stream).raw?.chunks[0]);
          assert.deepEqual([(await rows(1))[0]?.settled, (await rows(1))[0]?.provider], ['done', 'first']);
        },
      );
    }
  });

  it('leaves an answer that began with words where it is', async () => {
    await served({ text: 'Well, I must not', stop: 'refusal' }, async ({ fakes }, dialect, stream, text) => {
      assert.equal(text, 'Well, I must not', `${dialect} ${stream}`);
      assert.equal(fakes['mild']?.requests.length, 0);
    });
  });
});

describe('the gateway repeats on its own', function () {
  this.timeout(30_000);

  it('within a budget that all requests share, however many fail at once', async () => {
    const throttled: Step = { error: { status: 429, message: 'Rate limit reached for requests.', details: [] } };
    await routed({ providers: { only: () => throttled }, agent: { limits: { burst: 'off' } } }, async ({ ask, fakes, rows }) => {
      const all = await Promise.all(Array.from({ length: 40 }, () => ask('anthropic-messages', true)));
      assert.deepEqual(new Set(all.map(({ status }) => status)), new Set([429]));
      const extra = fakes['only']!.requests.length - 40;
      assert.ok(extra >= 10 && extra <= 18, `${extra} repetitions of 40`);
      assert.equal(
        (await rows(40)).reduce((sum, { attempts }) => sum + attempts, 0),
        40 + extra,
      );
    });
  });
});

describe('x-gatehouse-route', function () {
  this.timeout(30_000);

  it('names the rule, the class, what failed and how long was waited, and no key', async () => {
    const agent = { routes: [{ name: 'all of it', when: { class: 'plain' }, to: 'first/m' }], fallbacks: ['second/n'] };
    const providers = { first: () => ({ error: { status: 500 } }), second: answered('second') };
    await routed({ providers, agent }, async ({ ask, rows }) => {
      const heard = await ask('openai-chat', true);
      assert.match(
        String(heard.headers['x-gatehouse-route']),
        /^rule=1 all of it; class=plain; failed=first\/m:upstream-500,first\/m:upstream-500,first\/m:upstream-500; waited=\d+$/,
      );
      assert.deepEqual(
        [heard.headers['x-gatehouse-target'], heard.headers['x-gatehouse-attempts'], heard.headers['x-gatehouse-mode']],
        ['second/n', '4', 'relay'],
      );
      const [row] = await rows(1);
      assert.deepEqual([row?.trace?.rule, row?.trace?.class, row?.trace?.tries.length], ['1 all of it', 'plain', 4]);
      assert.ok(!JSON.stringify(heard.headers).includes('/key'));
    });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { EVENTS, WITH_OPENING } from '../support/faults/fault.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { eventually } from '../support/gateway.ts';
import { routed } from './routing-gateway.ts';
import { readAs } from './routing-reading.ts';

const answered = (text: string) => () => ({ text });
const NO_RETRIES = { retries: { attempts: 0 } };

describe('the deadline of a request (totalSeconds)', function () {
  // Time stands still here, but a busy machine makes the judgement late that nothing is under way.
  this.timeout(30_000);

  it('in a stream: it is broken off, told, and what was used is booked', async () => {
    for (const dialect of DIALECT_IDS) {
      const slow: Step = { pieces: 40, delay: { betweenMs: 2000 } };
      await routed(
        {
          providers: { only: [slow], spare: answered('spare') },
          agent: { fallbacks: ['spare/m'] },
          config: { timeouts: { totalSeconds: 21 } },
        },
        async ({ ask, fakes, rows }) => {
          const heard = await ask(dialect, true);
          assert.equal(readAs(dialect, true, heard).kind, 'broken-stream', dialect);
          assert.equal(heard.milliseconds, 21_000);
          const [row] = await rows(1);
          assert.deepEqual([row?.settled, row?.attempts, row?.estimated], ['timeout', 1, true]);
          assert.ok((row?.costNano ?? 0) > 0);
          assert.equal(await eventually(() => fakes['only']?.requests[0]?.aborted, Boolean), true, 'the provider is hung up on');
          assert.equal(fakes['spare']?.requests.length, 0);
        },
      );
    }
  });

  it('before an answer: 504, and nobody else is asked', async () => {
    for (const dialect of DIALECT_IDS) {
      const providers = { only: () => ({ stallBeforeHeaders: true }), spare: answered('spare') };
      await routed(
        { providers, agent: { fallbacks: ['spare/m'] }, config: { timeouts: { totalSeconds: 7 } } },
        async ({ ask, fakes, rows }) => {
          const heard = await ask(dialect, false);
          assert.deepEqual([heard.status, heard.milliseconds, fakes['spare']?.requests.length], [504, 7000, 0]);
          const [row] = await rows(1);
          assert.deepEqual([row?.settled, row?.status, row?.estimated], ['timeout', 504, true]);
        },
      );
    }
  });

  it('counts all attempts, and is never slept through: who could not be asked again in time is not waited for', async () => {
    const limited: Step = { error: { status: 429, headers: { 'retry-after': '4' } } };
    const config = { timeouts: { totalSeconds: 4.5 } };
    await routed({ providers: { only: () => limited }, config }, async ({ ask, fakes, rows }) => {
      // 4 s and up to a quarter more would be too late.
      const told = await ask('anthropic-messages', false);
      assert.deepEqual([told.status, told.milliseconds, told.headers['retry-after']], [429, 0, '4']);
      assert.equal(fakes['only']?.requests.length, 1);
      await rows(1);
    });
    await routed(
      { providers: { only: [limited, { stallBeforeHeaders: true }] }, config: { timeouts: { totalSeconds: 9 } } },
      async ({ ask, rows }) => {
        const heard = await ask('anthropic-messages', false);
        assert.equal(heard.milliseconds, 9000, 'the time of the wait counts');
        // The first failure says more than that the time is over.
        assert.equal(heard.status, 429);
        assert.deepEqual(
          (await rows(1)).map(({ attempts }) => attempts),
          [2],
        );
      },
    );
  });

  it('while all that could serve is set aside: it is told when to come, and the time is not sat out', async () => {
    const limited: Step = { error: { status: 429, headers: { 'retry-after': '8' } } };
    await routed(
      { providers: { only: () => limited }, config: { timeouts: { totalSeconds: 5 } } },
      async ({ ask, fakes, rows }) => {
        assert.equal((await ask('openai-chat', true)).status, 429);
        const heard = await ask('openai-chat', true);
        assert.deepEqual([heard.status, heard.milliseconds, heard.headers['retry-after']], [429, 0, '8']);
        assert.equal(fakes['only']?.requests.length, 1);
        await rows(2);
      },
    );
  });
});

describe('a slow provider is given up by its own limits', function () {
  this.timeout(30_000);

  const spare = { agent: { fallbacks: ['spare/m'] } };

  it('firstTokenSeconds: an opening without output goes to the fallback, which has a limit of its own', async () => {
    for (const dialect of WITH_OPENING) {
      const providers = {
        only: [{ stallAfterEvents: EVENTS[dialect].opening }],
        spare: () => ({ text: 'spare', delay: { firstEventMs: 9000 } }),
      };
      const providerConfig = { only: { timeouts: { firstTokenSeconds: 4 } } };
      await routed(
        { providers, providerConfig, ...spare, config: { timeouts: { firstTokenSeconds: 20 } } },
        async ({ ask, rows }) => {
          const heard = await ask(dialect, true);
          assert.deepEqual([readAs(dialect, true, heard).text, heard.milliseconds], ['spare', 13_000], dialect);
          const [row] = await rows(1);
          assert.deepEqual(
            row?.trace?.tries.map(({ outcome, ms }) => [outcome, ms]),
            [
              ['no-output', 4000],
              ['ok', 9000],
            ],
          );
        },
      );
    }
  });

  it('firstTokenSeconds: is over with the first output', async () => {
    for (const dialect of DIALECT_IDS) {
      const only: Step = { text: 'a b c d e f g h', delay: { betweenMs: 1500 } };
      await routed({ providers: { only: [only] }, config: { timeouts: { firstTokenSeconds: 7 } } }, async ({ ask, rows }) => {
        const heard = await ask(dialect, true);
        assert.equal(readAs(dialect, true, heard).kind, 'answer', dialect);
        assert.ok(heard.milliseconds > 7000);
        await rows(1);
      });
    }
  });

  it('idleSeconds: before output another answers, after output the stream is broken', async () => {
    for (const dialect of DIALECT_IDS) {
      const { opening, output } = EVENTS[dialect];
      const only: readonly Step[] = [{ stallAfterEvents: opening, afterBytes: 5 }, { stallAfterEvents: output }];
      const providers = { only, spare: answered('spare') };
      const providerConfig = { only: { timeouts: { idleSeconds: 6 } } };
      await routed(
        { providers, providerConfig, ...spare, config: { timeouts: { idleSeconds: 300 } } },
        async ({ ask, fakes, rows }) => {
          const mended = await ask(dialect, true);
          assert.deepEqual([readAs(dialect, true, mended).text, mended.milliseconds], ['spare', 6000], dialect);
          const broken = await ask(dialect, true);
          assert.deepEqual([readAs(dialect, true, broken).kind, broken.milliseconds], ['broken-stream', 6000], dialect);
          assert.equal(fakes['spare']?.requests.length, 1);
          assert.deepEqual(
            (await rows(2)).map(({ settled }) => settled),
            ['done', 'timeout'],
          );
        },
      );
    }
  });

  it('minTokensPerSecond: a trickle of output is broken off after half a minute, a long silence before output is none', async () => {
    for (const dialect of DIALECT_IDS) {
      const only: readonly Step[] = [
        { text: 'words '.repeat(60), pieces: 60, delay: { betweenMs: 12_000 } },
        { text: 'late', delay: { firstEventMs: 40_000 } },
        { text: 'words '.repeat(4800), pieces: 80, delay: { betweenMs: 500 } },
      ];
      await routed(
        { providers: { only }, providerConfig: { only: { timeouts: { minTokensPerSecond: 2 } } } },
        async ({ ask, rows }) => {
          const slow = await ask(dialect, true);
          assert.equal(readAs(dialect, true, slow).kind, 'broken-stream', dialect);
          assert.ok(slow.milliseconds >= 30_000 && slow.milliseconds <= 80_000, `${dialect}: ${slow.milliseconds}`);
          assert.equal(readAs(dialect, true, await ask(dialect, true)).text, 'late', dialect);
          const quick = await ask(dialect, true);
          assert.ok(readAs(dialect, true, quick).kind === 'answer' && quick.milliseconds > 30_000, dialect);
          assert.deepEqual(
            (await rows(3)).map(({ settled }) => settled),
            ['timeout', 'done', 'done'],
          );
        },
      );
    }
  });
});

describe('the start of a stream is held back', function () {
  this.timeout(30_000);

  const opened = async (
    dialect: DialectId,
    step: Step,
    check: (heard: Awaited<ReturnType<Parameters<Parameters<typeof routed>[1]>[0]['ask']>>) => void,
  ): Promise<void> =>
    routed({ providers: { only: [step] }, config: NO_RETRIES }, async ({ ask, rows }) => {
      const heard = await ask(dialect, true);
      assert.equal(readAs(dialect, true, heard).kind, 'answer', dialect);
      check(heard);
      await rows(1);
    });

  it('until there is output', async () => {
    for (const dialect of DIALECT_IDS)
      await opened(dialect, { delay: { firstEventMs: 8000 } }, ({ headersMs }) => assert.equal(headersMs, 8000, dialect));
  });

  it('for ten seconds from the first event that says nothing', async () => {
    for (const dialect of WITH_OPENING)
      await opened(dialect, { delay: { betweenMs: 7000 }, pieces: 1, text: 'late' }, ({ headersMs }) => {
        // Its second event comes after 7 s; in some dialects that is the output.
        assert.ok(headersMs !== undefined && headersMs >= 7000 && headersMs <= 10_000, `${dialect}: ${headersMs}`);
        if (dialect !== 'openai-chat') assert.equal(headersMs, 10_000, dialect);
      });
  });

  it('for 45 seconds without any, and then silence is bridged every 15', async () => {
    for (const dialect of DIALECT_IDS)
      await opened(dialect, { delay: { firstEventMs: 100_000 } }, ({ headersMs, body }) => {
        assert.equal(headersMs, 45_000, dialect);
        assert.match(body.toString(), /^\n\n\n\n\n\n\n\n(?=data|event)/, dialect);
      });
  });

  it('for half a megabyte of it', async () => {
    const opening = (size: number) =>
      `event: response.created\ndata: ${JSON.stringify({ type: 'response.created', sequence_number: 0, response: { id: 'resp_1', output: [], instructions: 'x'.repeat(size) } })}\n\n`;
    const rest = `event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', sequence_number: 1, response: { id: 'resp_1', object: 'response', status: 'completed', output: [] } })}\n\n`;
    for (const [size, expected] of [
      [600_000, 0],
      [400_000, 5000],
    ] as const)
      await opened('openai-responses', { raw: { chunks: [opening(size), rest] }, delay: { betweenMs: 5000 } }, ({ headersMs }) =>
        assert.equal(headersMs, expected),
      );
  });

  it('and once it was let go, a failure is told in the stream and never repeated', async () => {
    for (const dialect of WITH_OPENING) {
      const only: Step = { stallAfterEvents: EVENTS[dialect].opening };
      await routed(
        {
          providers: { only: [only], spare: answered('spare') },
          agent: { fallbacks: ['spare/m'] },
          config: { timeouts: { idleSeconds: 20 } },
        },
        async ({ ask, fakes, rows }) => {
          const heard = await ask(dialect, true);
          assert.deepEqual(
            [readAs(dialect, true, heard).kind, heard.headersMs, heard.milliseconds],
            ['broken-stream', 10_000, 20_000],
          );
          assert.deepEqual([fakes['only']?.requests.length, fakes['spare']?.requests.length], [1, 0]);
          assert.deepEqual(
            (await rows(1)).map(({ settled, attempts }) => [settled, attempts]),
            [['timeout', 1]],
          );
        },
      );
    }
  });
});

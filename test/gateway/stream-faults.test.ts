import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../src/core/dialects/by-id.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { eventsOf } from '../properties/recorded-streams.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import {
  ask,
  type Asked,
  errorMessage,
  forgetFailures,
  jsonOf,
  KEY,
  startGateway,
  type TestGateway,
  USED,
  USED_NANO,
} from '../support/gateway.ts';
import { chunk, head, startOddUpstream } from './odd-upstream.ts';

/** Agents heed an error event in these two; in the others only a cut connection. */
const HEEDS_EVENT: readonly DialectId[] = ['openai-responses', 'anthropic-messages'];

/** The one thing that may never happen to a stream that was cut: an end that looks like one. */
function assertBrokenOff(dialect: DialectId, answer: Asked): void {
  assert.equal(answer.status, 200);
  if (!HEEDS_EVENT.includes(dialect)) return assert.equal(answer.clean, false, `${dialect}: a clean end`);
  assert.equal(answer.clean, true);
  const meter = DIALECTS[dialect].streamMeter({});
  eventsOf(answer.body, [], (event) => meter.observe(event));
  assert.equal(meter.state.phase, 'failed', `${dialect}: no error event`);
}

describe('a stream that goes wrong', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  beforeEach(async () => {
    fake = await startFakeProvider({ key: KEY });
    gateway = await startGateway({ provider: fake.url, config: { timeouts: { idleSeconds: 0.3 } } });
  });
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  const everyDialect = async (step: Step, check: (dialect: DialectId, answer: Asked) => void): Promise<void> => {
    for (const dialect of DIALECT_IDS) {
      fake.script(step);
      check(dialect, await ask(gateway, dialect, true));
    }
  };

  it('is reset, or ends as if it were whole, after some events', async () => {
    for (const cut of ['reset', 'eof'] as const) await everyDialect({ cut, afterEvents: 5, pieces: 9 }, assertBrokenOff);
    for (const row of await gateway.rows(8)) {
      assert.deepEqual([row.settled, row.status, row.estimated, row.error], ['truncated', 200, true, 'upstream-broken']);
      assert.ok(row.usage.output > 0);
    }
  });

  it('stalls: the provider is given up and the agent is told', async () => {
    const answers = DIALECT_IDS.map(async (dialect) => {
      fake.script({ stallAfterEvents: 5, pieces: 9 });
      assertBrokenOff(dialect, await ask(gateway, dialect, true));
    });
    await Promise.all(answers);
    for (const row of await gateway.rows(4))
      assert.deepEqual([row.settled, row.error, row.estimated], ['timeout', 'upstream-timeout', true]);
    assert.ok(
      fake.requests.every(({ aborted }) => aborted),
      'a provider that was given up is hung up on',
    );
  });

  it('is cut inside an event: what the agent has is not mended with an event of ours', async () => {
    for (const dialect of DIALECT_IDS) {
      const whole = (await ask(gateway, dialect, true)).body;
      const odd = await startOddUpstream((socket) => {
        socket.write(head('200 OK', { 'transfer-encoding': 'chunked' }) + chunk(whole.subarray(0, whole.length >> 1).toString()));
        setTimeout(() => socket.resetAndDestroy(), 20);
      });
      const other = await startGateway({ provider: odd.url });
      const answer = await ask(other, dialect, true);
      assert.equal(answer.clean, false, dialect);
      assert.equal((await other.row()).settled, 'truncated');
      await other.close();
      await odd.close();
    }
  });

  it('begins with an error: that is a status, of the kind that the error names', async () => {
    for (const [status, settledStatus] of [
      [429, 429],
      [529, 529],
      [400, 400],
      [500, 500],
    ] as const) {
      await everyDialect({ errorEvent: { status, message: `words of ${status}` } }, (dialect, answer) => {
        const known = dialect === 'anthropic-messages' || dialect === 'gemini' || status !== 529;
        if (known) assert.equal(answer.status, settledStatus, dialect);
        else assert.ok(answer.status >= 500);
        assert.match(errorMessage(answer), new RegExp(`words of ${status}`));
        assert.equal(answer.headers['x-should-retry'], status === 400 ? 'false' : undefined);
      });
    }
    for (const row of await gateway.rows(16)) assert.deepEqual([row.settled, row.costNano, row.estimated], ['error', 0, false]);
  });

  it('begins with an error and is then kept open: the agent does not wait, and neither does the book', async () => {
    for (const dialect of DIALECT_IDS) {
      const event = dialect === 'anthropic-messages' ? 'event: error\n' : dialect === 'openai-responses' ? 'event: error\n' : '';
      const data = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded', code: 503 } };
      const odd = await startOddUpstream((socket) =>
        socket.write(head('200 OK', { 'transfer-encoding': 'chunked' }) + chunk(`${event}data: ${JSON.stringify(data)}\n\n`)),
      );
      const other = await startGateway({ provider: odd.url });
      const answer = await ask(other, dialect, true);
      assert.ok(answer.status >= 500 && answer.clean);
      assert.equal((await other.row()).settled, 'error');
      await other.close();
      await odd.close();
    }
  });

  it('has an error event after output: it passes as it came and is booked as an error', async () => {
    await everyDialect({ errorEvent: { status: 500, message: 'late words' }, afterEvents: 5, pieces: 9 }, (dialect, answer) => {
      assert.ok(answer.clean && answer.status === 200, dialect);
      assert.match(answer.text, /late words/);
    });
    for (const row of await gateway.rows(4))
      assert.deepEqual([row.settled, row.error, row.estimated], ['error', 'upstream-500', true]);
  });

  it('is reset after its last word: the answer is whole', async () => {
    await everyDialect({ cut: 'reset', afterEvents: 1000, usage: USED }, (dialect, answer) => assert.ok(answer.clean, dialect));
    for (const row of await gateway.rows(4))
      assert.deepEqual([row.settled, row.costNano, row.estimated], ['done', USED_NANO, false]);
  });

  it('carries no usage, or nonsense: an estimate, marked, and never a negative or absurd figure', async () => {
    const nonsense = {
      prompt_tokens: -5,
      completion_tokens: 1e300,
      input_tokens: -1,
      output_tokens: '7',
      promptTokenCount: 1.5,
      candidatesTokenCount: null,
    };
    for (const usage of ['absent', { wire: nonsense }, { wire: null }, { wire: 'many' }] as const) {
      for (const stream of [true, false]) {
        for (const dialect of DIALECT_IDS) {
          fake.script({ usage });
          assert.equal((await ask(gateway, dialect, stream)).status, 200);
        }
      }
    }
    for (const row of await gateway.rows(32)) {
      assert.deepEqual([row.settled, row.estimated], ['done', true]);
      assert.ok(row.usage.input > 0 && row.usage.output > 0 && row.usage.output < 1000 && Number(row.costNano) > 0);
    }
  });

  it('is one event of five megabytes', async () => {
    const text = 'ä🌳'.repeat(900_000);
    await everyDialect({ text, pieces: 1, usage: USED, chunking: 65_521 }, (dialect, answer) => {
      assert.ok(answer.clean && answer.body.length > 5_000_000, dialect);
      assert.ok(answer.text.includes('ä🌳ä🌳') && !answer.text.includes('\uFFFD'));
    });
    for (const row of await gateway.rows(4)) assert.deepEqual([row.settled, row.costNano], ['done', USED_NANO]);
  });

  it('is JSON under status 200: an error in it is an error, an answer passes', async () => {
    const asJson = (body: string): Step => ({
      raw: { headers: { 'content-type': 'application/json' }, chunks: [body.slice(0, 9), body.slice(9)] },
    });
    await everyDialect(asJson('{"error":{"message":"no quota","type":"rate_limit_error","code":429}}'), (dialect, answer) => {
      assert.equal(answer.status, 429, dialect);
      assert.equal(errorMessage(answer), 'no quota');
    });
    await everyDialect(asJson('{"id":"x","error":null,"choices":[]}'), (_, answer) => {
      assert.deepEqual([answer.status, answer.text], [200, '{"id":"x","error":null,"choices":[]}']);
    });
    await everyDialect(asJson('{"id":"x","choices":['), (dialect, answer) => assert.equal(answer.status, 502, dialect));
    assert.deepEqual(
      (await gateway.rows(12)).map(({ settled }) => settled),
      ['error', 'done', 'truncated'].flatMap((settled) => [settled, settled, settled, settled]),
    );
  });

  it('calls itself plain text, or nothing at all, and is still watched', async () => {
    for (const type of ['text/plain', 'application/octet-stream', '']) {
      for (const dialect of DIALECT_IDS) {
        const whole = (await ask(gateway, dialect, true)).text;
        fake.script(
          { raw: { headers: { 'content-type': type }, chunks: [whole] } },
          { raw: { headers: { 'content-type': type }, chunks: [whole.slice(0, whole.length >> 1)] } },
        );
        const good = await ask(gateway, dialect, true);
        assert.deepEqual([good.text, good.clean], [whole, true]);
        assert.equal((await ask(gateway, dialect, true)).clean, false, `${dialect} as ${type}`);
      }
    }
    assert.equal((await gateway.rows(36)).filter(({ settled }) => settled === 'truncated').length, 12);
  });

  it('comes compressed although identity was asked for: bytes pass, usage is read, a cut one is not ended cleanly', async () => {
    const packers = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync, zstd: zlib.zstdCompressSync };
    for (const [encoding, pack] of Object.entries(packers)) {
      for (const dialect of DIALECT_IDS) {
        fake.script({ usage: USED });
        const plain = (
          await ask(gateway, dialect, true, {
            change: dialect === 'openai-chat' ? { stream_options: { include_usage: true } } : {},
          })
        ).body;
        const packed = pack(plain);
        const headers = { 'content-encoding': encoding };
        const cuts = [packed.subarray(0, packed.length - 5), pack(plain.subarray(0, plain.length >> 1))];
        fake.script({ raw: { headers, chunks: [packed] } }, ...cuts.map((bytes) => ({ raw: { headers, chunks: [bytes] } })));
        const answer = await ask(gateway, dialect, true);
        assert.ok(answer.clean && answer.body.equals(packed));
        assert.equal(answer.headers['content-encoding'], encoding);
        for (const _ of cuts) assert.equal((await ask(gateway, dialect, true)).clean, false, `${dialect} ${encoding}`);
      }
    }
    const settled = (await gateway.rows(64)).map((row) => [row.settled, row.settled === 'done' && row.costNano]);
    for (let at = 0; at < 64; at += 4) {
      assert.deepEqual(settled.slice(at, at + 4), [
        ['done', USED_NANO],
        ['done', USED_NANO],
        ['truncated', false],
        ['truncated', false],
      ]);
    }
  });
});

describe('a whole answer that goes wrong', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  beforeEach(async () => {
    fake = await startFakeProvider({ key: KEY });
    gateway = await startGateway({ provider: fake.url });
  });
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  it('is cut in its middle: a small one, which is not yet under way, is a status; a large one is never ended cleanly', async () => {
    const large = { text: 'word '.repeat(40_000) };
    for (const dialect of DIALECT_IDS) {
      fake.script({ cut: 'reset' }, { cut: 'eof' });
      for (let n = 0; n < 2; n++) {
        const answer = await ask(gateway, dialect, false);
        assert.equal(answer.status, 502, dialect);
        assert.match(errorMessage(answer), /closed the connection/);
      }
      const unpromised = { raw: { headers: { 'content-type': 'application/json' }, chunks: ['{"id":"x","half":['] } };
      fake.script(unpromised);
      assert.equal((await ask(gateway, dialect, false)).status, 502, dialect);
      fake.script({ ...large, cut: 'reset' }, { ...large, cut: 'eof' });
      for (let n = 0; n < 2; n++) assert.equal((await ask(gateway, dialect, false)).clean, false, dialect);
    }
    for (const row of await gateway.rows(20)) assert.deepEqual([row.settled, row.estimated], ['truncated', true]);
  });

  it('is an error under status 200: it passes as it came and is booked as one', async () => {
    const body = '{"error":{"message":"no credit","code":402}}';
    for (const dialect of DIALECT_IDS) {
      forgetFailures(gateway);
      fake.script({ raw: { headers: { 'content-type': 'application/json' }, chunks: [body] } });
      const answer = await ask(gateway, dialect, false);
      assert.deepEqual([answer.status, jsonOf(answer)], [200, JSON.parse(body)]);
    }
    for (const row of await gateway.rows(4)) assert.deepEqual([row.settled, row.costNano], ['error', 0]);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { STREAM_TIMING } from '../../src/core/gateway/stream-answer.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { framed, ownStream } from '../properties/recorded-streams.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, type Asked, errorMessage, KEY } from '../support/gateway.ts';
import { type ExactGateway, startExactGateway } from './exact-upstream.ts';

/** A hundred and a thousand times faster than the real ones, and in the same order. */
const FAST = { silence: 60, commit: 200, hold: 40 };

describe('silence', () => {
  let fake: FakeProvider;
  let gateway: ExactGateway;
  beforeEach(async () => {
    fake = await startFakeProvider({ key: KEY });
    gateway = await startExactGateway({ provider: fake.url, streamTiming: FAST });
  });
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  it('is given what the agents allow: a line within 20 s, headers within 60 s', () => {
    assert.deepEqual(STREAM_TIMING, { silence: 15_000, commit: 45_000, hold: 10_000 });
  });

  /** The answer to a stream whose chunks come so many milliseconds apart, and when its first byte came. */
  async function slowly(
    dialect: DialectId,
    chunks: readonly (string | Uint8Array)[],
    delay: Step['delay'] = { betweenMs: 160 },
    change: object = {},
  ): Promise<Asked> {
    fake.script({ raw: { chunks }, delay });
    return ask(gateway, dialect, true, { change });
  }

  for (const dialect of DIALECT_IDS) {
    const whole = framed(ownStream(dialect, 'text')).toString();
    const events = whole.split(/(?<=\n\n)/);

    it(`${dialect}: between events it is bridged by bare blank lines, and by nothing else`, async () => {
      const change = dialect === 'openai-chat' ? { stream_options: { include_usage: true } } : {};
      const answer = await slowly(dialect, [events[0]!, events.slice(1).join('')], { betweenMs: 160 }, change);
      const extra = answer.body.length - Buffer.byteLength(whole);
      assert.ok(extra >= 2 && extra <= 6 && extra % 2 === 0, `${extra} bytes were added`);
      assert.equal(answer.text, events[0] + '\n'.repeat(extra) + events.slice(1).join(''));
      assert.equal((await gateway.newest(1)).settled, 'done');
    });

    it(`${dialect}: inside an event nothing is put`, async () => {
      const change = dialect === 'openai-chat' ? { stream_options: { include_usage: true } } : {};
      const at = events[0]!.length + (events[1]!.length >> 1);
      assert.equal((await slowly(dialect, [whole.slice(0, at), whole.slice(at)], { betweenMs: 160 }, change)).text, whole);
      // Between the line feeds that end an event, too.
      const end = events[0]!.length - 1;
      fake.script({ raw: { chunks: [whole.slice(0, end), whole.slice(end)] }, delay: { betweenMs: 160 } });
      assert.equal((await ask(gateway, dialect, true, { change })).text.replace(/\n+/g, '\n'), whole.replace(/\n+/g, '\n'));
    });
  }

  it('is bridged in a chat stream whose usage event is taken out, where half an event has come and nothing of it passed', async () => {
    const whole = framed(ownStream('openai-chat', 'text')).toString();
    const first = whole.indexOf('\n\n') + 2;
    const answer = await slowly('openai-chat', [whole.slice(0, first + 9), whole.slice(first + 9)]);
    assert.match(answer.text.slice(first), /^\n\n/);
    assert.ok(answer.clean && answer.text.includes('[DONE]'));
    for (const line of answer.text.split('\n').filter((each) => each.startsWith('data: {'))) JSON.parse(line.slice(6));
  });

  it('before the first event holds the headers back, so that a late refusal still is a status', async () => {
    for (const dialect of DIALECT_IDS) {
      fake.script({ errorEvent: { status: 429 }, delay: { firstEventMs: 100 } });
      assert.equal((await ask(gateway, dialect, true)).status, 429, dialect);
    }
    fake.script({ error: { status: 400, message: 'late words' }, delay: { headersMs: 100 } });
    assert.equal(errorMessage(await ask(gateway, 'openai-chat', true)), 'late words');
  });

  it('is not broken by the heartbeats of a provider that only waits', async () => {
    const refusal = 'data: {"error":{"message":"all busy","code":503}}\n\n';
    const answer = await slowly('openai-chat', [': OPENROUTER PROCESSING\n\n', ': OPENROUTER PROCESSING\n\n', refusal], {
      betweenMs: 40,
    });
    assert.deepEqual([answer.status, errorMessage(answer)], [503, 'all busy']);
  });

  it('that lasts ends with headers before the agent gives up; then a good answer follows all the same', async () => {
    for (const [dialect, headersMs, firstEventMs] of [
      ['gemini', 800, 0],
      ['anthropic-messages', 0, 800],
    ] as const) {
      let firstAt = 0;
      const asked = performance.now();
      fake.script({ pieces: 1, delay: { headersMs, firstEventMs } });
      const answer = await ask(gateway, dialect, true, { onData: () => (firstAt ||= performance.now() - asked) });
      assert.ok(firstAt >= 200 && firstAt < 780, `first byte after ${firstAt} ms`);
      assert.ok(answer.status === 200 && answer.clean && answer.text.startsWith('\n\n'));
      assert.match(answer.headers['content-type'] ?? '', /^text\/event-stream/);
      assert.match(answer.text, /scripted answer/);
    }
    assert.deepEqual([(await gateway.newest(2)).settled, (await gateway.newest(2)).estimated], ['done', false]);
  });

  it('that lasts and then turns out a failure ends as one, in the form that each dialect heeds', async () => {
    const failures: readonly Step[] = [
      { error: { status: 500 }, delay: { headersMs: 300 } },
      { error: { status: 400, message: 'stream_options' }, delay: { headersMs: 300 } },
      { cut: 'eof', afterEvents: 0, delay: { headersMs: 300 } },
      { raw: { headers: { 'content-type': 'text/html' }, chunks: ['<html>'] }, delay: { headersMs: 300 } },
    ];
    let count = 0;
    for (const failure of failures) {
      for (const dialect of DIALECT_IDS) {
        fake.script(failure);
        const answer = await ask(gateway, dialect, true);
        assert.equal(answer.status, 200);
        if (dialect === 'anthropic-messages') assert.match(answer.text, /^\n*event: error\ndata: \{"type":"error"/);
        else if (dialect === 'openai-responses') assert.match(answer.text, /^\n*event: response\.failed\n/);
        else assert.equal(answer.clean, false, 'a clean end of nothing');
        count += 1;
        assert.notEqual((await gateway.newest(count)).settled, 'done');
      }
    }
    assert.equal(fake.requests.length, count, 'nothing is repeated once the headers are out');
  });

  it('sends headers at the limit, and not only when the silence is next bridged', async () => {
    await gateway.close();
    gateway = await startExactGateway({ provider: fake.url, streamTiming: { silence: 5_000, commit: 100, hold: 100 } });
    let firstAt = 0;
    const asked = performance.now();
    fake.script({ pieces: 1, delay: { headersMs: 1_500 } });
    await ask(gateway, 'gemini', true, { onData: () => (firstAt ||= performance.now() - asked) });
    assert.ok(firstAt < 1_400, `first byte after ${firstAt} ms`);
  });
});

describe('silence of a provider that speaks another dialect', () => {
  for (const [agent, provider] of [
    ['anthropic-messages', 'openai-chat'],
    ['gemini', 'anthropic-messages'],
    ['openai-chat', 'openai-responses'],
    ['openai-responses', 'gemini'],
  ] as const) {
    it(`${agent} on ${provider}: is bridged before and between the events, and inside one of the provider's`, async () => {
      const fake = await startFakeProvider({ key: KEY, dialect: provider });
      const gateway = await startExactGateway({ provider: fake.url, dialects: [provider], streamTiming: FAST });
      try {
        const whole = framed(ownStream(provider, 'text')).toString();
        const at = whole.length >> 1;
        fake.script(
          { raw: { chunks: [whole] } },
          { raw: { chunks: [whole.slice(0, at), whole.slice(at)] }, delay: { firstEventMs: 300, betweenMs: 160 } },
        );
        const quick = await ask(gateway, agent, true);
        const slow = await ask(gateway, agent, true);
        assert.match(slow.text, /^\n\n/, 'headers and a blank line came before the first event');
        // Ids and times are the answer's own.
        const shape = (text: string): string[] =>
          text.split(/\n+/).map((line) => line.replace(/\d{2,}|(?:resp|msg|chatcmpl)[-_]\w+|"[0-9a-z]{26}[^"]*"/g, '*'));
        assert.deepEqual(shape(slow.text.trimStart()), shape(quick.text));
        assert.ok((slow.text.match(/\n{3,}/g) ?? []).length > 0, 'and between two of them');
        assert.equal((await gateway.newest(2)).settled, 'done');
      } finally {
        await gateway.close();
        await fake.close();
      }
    });
  }
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../src/core/dialects/by-id.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { corpusStreams, corpusWholes, eventsOf, framed, ownStreams, type RecordedStream } from '../properties/recorded-streams.ts';
import { ask, type Asked } from '../support/gateway.ts';
import { cutBy, type ExactGateway, startExactGateway } from './exact-upstream.ts';

const SIZES = [1, 2, 3, 7, 64, 1000, 'whole'] as const;
const SSE = { 'content-type': 'text/event-stream; charset=utf-8' };
const USAGE_ASKED = { stream_options: { include_usage: true } };

interface Recorded {
  readonly dialect: DialectId;
  readonly name: string;
  readonly body: Buffer;
}

function ownWholes(): readonly Recorded[] {
  const root = join(import.meta.dirname, '../fixtures');
  return DIALECT_IDS.flatMap((dialect) =>
    readdirSync(join(root, dialect))
      .filter((name) => name.endsWith('.json'))
      .map((name) => ({ dialect, name, body: readFileSync(join(root, dialect, name)) })),
  );
}

/** What is left of a Chat stream when the event that carries nothing but usage is taken out; worked out apart from the product. */
function withoutUsageEvents(bytes: Buffer, newline: string): Buffer {
  const blank = newline + newline;
  const events = bytes.toString('latin1').split(blank);
  const kept = events.filter((event) => {
    const data = /^data: (\{.*)$/m.exec(event)?.[1];
    const chunk = data === undefined ? undefined : (JSON.parse(data) as { choices?: unknown[]; usage?: unknown });
    return !(chunk?.choices?.length === 0 && chunk.usage);
  });
  return Buffer.from(kept.join(blank), 'latin1');
}

/** The status of an error that comes before the stream has said anything: then it is none yet. */
function failsEarly({ dialect }: RecordedStream, bytes: Buffer): number | undefined {
  const meter = DIALECTS[dialect].streamMeter({});
  let said = false;
  let status: number | undefined;
  eventsOf(bytes, [], (event) => {
    meter.observe(event);
    if (meter.state.phase === 'failed' && !said) status ??= meter.state.status;
    said ||= status === undefined && event.data !== '' && !DIALECTS[dialect].isPreamble(event);
  });
  return status;
}

describe('what a provider sent comes out byte for byte', () => {
  let gateway: ExactGateway;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  let asked = 0;
  before(async () => (gateway = await startExactGateway()));
  after(async () => {
    agent.destroy();
    await gateway.close();
  });

  const relayed = async (dialect: DialectId, stream: boolean, change: object = {}): Promise<Asked> => {
    asked += 1;
    return ask(gateway, dialect, stream, { agent, change });
  };

  async function streamComesOut(stream: RecordedStream, newline: '\n' | '\r\n', removesUsage: boolean): Promise<void> {
    const bytes = framed(stream, { newline });
    const meter = DIALECTS[stream.dialect].streamMeter({});
    eventsOf(bytes, [], (event) => meter.observe(event));
    const early = failsEarly(stream, bytes);
    const expected = removesUsage ? withoutUsageEvents(bytes, newline) : bytes;
    let usage: unknown;
    for (const size of SIZES) {
      const at = `${stream.dialect}/${stream.name}, ${JSON.stringify(newline)}, by ${size}`;
      gateway.answer = { status: 200, headers: SSE, chunks: cutBy(bytes, size) };
      const answer = await relayed(stream.dialect, true, stream.dialect === 'openai-chat' && !removesUsage ? USAGE_ASKED : {});
      const row = await gateway.newest(asked);
      if (early !== undefined) {
        assert.deepEqual([answer.status, row.settled], [early, 'error'], at);
        continue;
      }
      assert.equal(answer.status, 200, at);
      usage ??= row.usage;
      assert.deepEqual(row.usage, usage, at);
      if (meter.state.phase === 'open') {
        assert.ok(answer.body.subarray(0, expected.length).equals(expected), at);
        assert.ok(!answer.clean || answer.body.length > expected.length, `${at}: a cut stream was ended cleanly`);
        assert.equal(row.settled, 'truncated', at);
        continue;
      }
      assert.ok(answer.clean && answer.body.equals(expected), at);
      assert.equal(row.settled, meter.state.phase === 'finished' ? 'done' : 'error', at);
      assert.equal(row.bytesOut, expected.length, at);
    }
  }

  for (const newline of ['\n', '\r\n'] as const) {
    it(`our own streams at every cut, with ${JSON.stringify(newline)}`, async function () {
      this.timeout(30_000);
      for (const stream of ownStreams()) await streamComesOut(stream, newline, false);
    });

    it(`recorded streams at every cut, with ${JSON.stringify(newline)}`, async function () {
      const streams = corpusStreams();
      if (streams === undefined) return this.skip();
      this.timeout(60_000);
      for (const stream of streams) await streamComesOut(stream, newline, false);
    });

    it(`chat streams for whose usage nobody asked, less that one event, with ${JSON.stringify(newline)}`, async function () {
      this.timeout(30_000);
      const streams = [...ownStreams(), ...(corpusStreams() ?? [])].filter(({ dialect }) => dialect === 'openai-chat');
      let removed = 0;
      for (const stream of streams) {
        await streamComesOut(stream, newline, true);
        const bytes = framed(stream, { newline });
        if (withoutUsageEvents(bytes, newline).length < bytes.length) removed += 1;
      }
      assert.ok(removed >= 3, 'the fixtures hold too few usage events for this test to mean something');
    });
  }

  it('heartbeats, comments, a byte order mark and what follows the terminal event', async () => {
    for (const stream of ownStreams().filter(({ name }) => name === 'text')) {
      const bytes = Buffer.concat([
        Buffer.from('\uFEFF: OPENROUTER PROCESSING\n\n\n\n'),
        framed(stream, { comments: true, spaceless: true }),
        Buffer.from(': bye\n\nid: 9\nretry: 10\n\ndata: unfinished'),
      ]);
      for (const size of SIZES) {
        gateway.answer = { status: 200, headers: SSE, chunks: cutBy(bytes, size) };
        const answer = await relayed(stream.dialect, true, stream.dialect === 'openai-chat' ? USAGE_ASKED : {});
        assert.ok(answer.clean && answer.body.equals(bytes), `${stream.dialect} by ${size}`);
        const row = await gateway.newest(asked);
        assert.deepEqual([row.settled, row.usage.source], ['done', 'reported']);
      }
    }
  });

  it('a last event whose blank line never came is an event for the reader, and for the book', async () => {
    for (const stream of ownStreams().filter(({ name }) => name === 'text')) {
      for (const newline of ['\n', '\r\n', '\r'] as const) {
        const whole = framed(stream, { newline });
        for (const missing of [1, newline.length * 2]) {
          const bytes = whole.subarray(0, whole.length - missing);
          gateway.answer = { status: 200, headers: SSE, chunks: cutBy(bytes, 7) };
          const answer = await relayed(stream.dialect, true, stream.dialect === 'openai-chat' ? USAGE_ASKED : {});
          assert.ok(answer.clean && answer.body.equals(bytes), `${stream.dialect} ${JSON.stringify(newline)} less ${missing}`);
          assert.equal((await gateway.newest(asked)).settled, 'done');
        }
      }
    }
  });

  it('whole answers and errors, and the list that Gemini streams as', async function () {
    this.timeout(30_000);
    const wholes = [...ownWholes(), ...(corpusWholes() ?? [])];
    assert.ok(wholes.length >= 8);
    for (const { dialect, name, body } of wholes) {
      const parsed = JSON.parse(body.toString()) as { error?: unknown; object?: string };
      const status = parsed.error ? 418 : 200;
      let usage: unknown;
      for (const size of SIZES) {
        gateway.answer = { status, headers: { 'content-type': 'application/json' }, chunks: cutBy(body, size) };
        const answer = await relayed(dialect, name === 'stream-as-array.json');
        assert.ok(answer.status === status && answer.clean && answer.body.equals(body), `${dialect}/${name} by ${size}`);
        const row = await gateway.newest(asked);
        usage ??= row.usage;
        assert.deepEqual([row.usage, row.settled], [usage, status === 200 ? 'done' : 'error'], `${dialect}/${name} by ${size}`);
        if (status === 200) assert.equal(row.usage.source, 'reported', `${dialect}/${name}`);
      }
    }
  });
});

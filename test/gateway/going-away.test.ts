import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, eventually, KEY, send, startGateway, type TestGateway, USED, WIRES } from '../support/gateway.ts';

/** The promise of the product: so many milliseconds after the agent left, the provider knows. */
const PROMPT_MS = 100;

describe('an agent that goes away', () => {
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

  /** Sends a request and returns a way to drop the connection, once `ready` says so. */
  async function leaveWhen(dialect: DialectId, stream: boolean, ready: (seen: string) => boolean): Promise<number> {
    const wire = WIRES[dialect];
    const request = http.request(gateway.url + wire.path(stream), {
      method: 'POST',
      agent: false,
      headers: { ...wire.headers, 'content-type': 'application/json' },
    });
    let seen = '';
    request.on('error', () => undefined);
    request.on('response', (response) => {
      response.on('error', () => undefined);
      response.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    });
    request.end(JSON.stringify(wire.body(stream)));
    assert.ok(await eventually(() => ready(seen), Boolean), 'the moment to leave never came');
    const left = performance.now();
    request.destroy();
    return left;
  }

  async function upstreamKnowsWithin(left: number): Promise<void> {
    const request = fake.requests.at(-1);
    const aborted = await eventually(
      () => request?.times.aborted,
      (time) => time !== undefined,
    );
    assert.ok(aborted !== undefined && aborted - left < PROMPT_MS, `the provider knew after ${(aborted ?? Infinity) - left} ms`);
  }

  const idle = () =>
    eventually(
      () => gateway.running.server.running,
      (running) => running === 0,
    );

  for (const dialect of DIALECT_IDS) {
    it(`${dialect}: before the provider has answered`, async () => {
      for (const stream of [false, true]) {
        fake.script({ delay: { headersMs: 5000 } });
        const count = fake.requests.length + 1;
        const left = await leaveWhen(
          dialect,
          stream,
          () => fake.requests.length === count && fake.requests.at(-1)?.times.bodyRead !== undefined,
        );
        await upstreamKnowsWithin(left);
      }
      for (const row of await gateway.rows(2)) {
        assert.deepEqual([row.settled, row.status, row.estimated, row.usage.source], ['aborted', 499, true, 'estimated']);
        assert.ok(row.usage.input > 0 && row.usage.output === 0, 'the provider had begun to work on the input');
      }
      assert.equal(await idle(), 0);
    });

    it(`${dialect}: in the middle of a stream`, async () => {
      fake.script({ text: 'word '.repeat(200), pieces: 20, usage: USED, stallAfterEvents: 8 });
      const left = await leaveWhen(dialect, true, (seen) => seen.split('data:').length > 6);
      await upstreamKnowsWithin(left);
      const row = await gateway.row();
      assert.deepEqual([row.settled, row.status, row.estimated], ['aborted', 200, true]);
      assert.ok(row.usage.output > 0 && row.costNano !== undefined && row.costNano > 0, 'what was used is still booked');
      assert.equal(await idle(), 0);
    });

    it(`${dialect}: in the middle of a whole answer`, async () => {
      const headers = { 'content-type': 'application/json', 'content-length': '100000' };
      fake.script({ raw: { headers, chunks: ['{"half":'] }, stallAfterEvents: 0 });
      const left = await leaveWhen(dialect, false, (seen) => seen !== '');
      await upstreamKnowsWithin(left);
      const row = await gateway.row();
      assert.deepEqual([row.settled, row.status, row.estimated], ['aborted', 200, true]);
    });

    it(`${dialect}: right after the last event, as Codex does, is a success`, async () => {
      const last = {
        'openai-chat': '[DONE]',
        'openai-responses': 'response.completed',
        'anthropic-messages': 'message_stop',
        gemini: '"STOP"',
      }[dialect];
      const whole = (await ask(gateway, dialect, true)).text;
      // The provider keeps its connection open after its last word.
      fake.script({ usage: USED, raw: { chunks: [whole] }, stallAfterEvents: 0 });
      const left = await leaveWhen(dialect, true, (seen) => seen.includes(last));
      await upstreamKnowsWithin(left);
      const rows = await gateway.rows(2);
      assert.deepEqual([rows[1]?.settled, rows[1]?.status, rows[1]?.estimated], ['done', 200, dialect === 'openai-chat']);
    });
  }

  it('while its own body is on the way: nobody is called and nothing is booked', async () => {
    const socket = net.connect(gateway.port, '127.0.0.1');
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${gateway.port}\r\nx-api-key: ${WIRES['anthropic-messages'].headers['x-api-key']}\r\ncontent-length: 100\r\n\r\n{"model":`,
    );
    await eventually(
      () => gateway.running.server.running,
      (running) => running === 1,
    );
    socket.destroy();
    assert.equal(await idle(), 0);
    assert.equal(fake.requests.length, 0);
    assert.equal(gateway.running.ledger.requests({}).length, 0);
  });

  it('while the way to the provider is still being opened', async () => {
    // A full backlog: the connection is neither taken nor refused. (Linux; elsewhere the system may answer, and the test says nothing.)
    const deaf = net.createServer().listen(0, '127.0.0.1', 1);
    await new Promise((resolve) => deaf.once('listening', resolve));
    const { port } = deaf.address() as net.AddressInfo;
    const blocked = Array.from({ length: 4 }, () => net.connect(port, '127.0.0.1').on('error', () => undefined));
    const other = await startGateway({ provider: `http://127.0.0.1:${port}` });
    try {
      const request = http.request(`${other.url}/v1/messages`, {
        method: 'POST',
        agent: false,
        headers: WIRES['anthropic-messages'].headers,
      });
      request.on('error', () => undefined);
      request.end(JSON.stringify(WIRES['anthropic-messages'].body(true)));
      await sleep(100);
      request.destroy();
      const row = await other.row();
      assert.deepEqual([row.settled, row.status, row.estimated], ['aborted', 499, true]);
      assert.equal(
        await eventually(
          () => other.running.server.running,
          (running) => running === 0,
        ),
        0,
      );
    } finally {
      await other.close();
      for (const socket of blocked) socket.destroy();
      deaf.close();
    }
  });

  it('five hundred times, in every phase, leaves nothing behind', async function () {
    this.timeout(30_000);
    fake.script(({ body }) => ({
      delay: { headersMs: (body as { max_tokens: number }).max_tokens % 40, betweenMs: 5 },
      text: 'word '.repeat(50),
      pieces: 30,
    }));
    const total = 500;
    for (let from = 0; from < total; from += 50) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, at) => {
          const request = http.request(`${gateway.url}/v1/messages`, {
            method: 'POST',
            agent: false,
            headers: { ...WIRES['anthropic-messages'].headers, 'content-type': 'application/json' },
          });
          request.on('error', () => undefined);
          request.on('response', (response) => response.on('error', () => undefined).resume());
          request.end(JSON.stringify({ ...WIRES['anthropic-messages'].body(at % 4 !== 0), max_tokens: from + at + 1 }));
          await sleep((at * 7) % 90);
          request.destroy();
        }),
      );
    }
    assert.equal(await idle(), 0);
    const open = () => fake.requests.filter(({ times }) => times.ended === undefined && times.aborted === undefined).length;
    assert.equal(await eventually(open, (count) => count === 0), 0);
    const rows = gateway.running.ledger.requests({ limit: 1000 });
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
    assert.ok(rows.length >= fake.requests.length, 'every request that a provider saw is in the book');
    assert.ok(rows.every(({ settled }) => settled === 'aborted' || settled === 'done'));
    assert.ok(rows.filter(({ settled }) => settled === 'aborted').length > total / 2, 'the test did not abort what it wanted to');
    const answer = await send(gateway.url, {
      path: '/v1/messages',
      headers: WIRES['anthropic-messages'].headers,
      body: WIRES['anthropic-messages'].body(false),
    });
    assert.equal(answer.status, 200, 'and the next request is served');
  });
});

import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'mocha';
import { DIALECT_IDS } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, errorMessage, jsonOf, forgetFailures, KEY, startGateway, type TestGateway, USED } from '../support/gateway.ts';
import { chunk, head, type OddUpstream, startOddUpstream } from './odd-upstream.ts';

/** The limit on connecting is kept to the second only, and has to be the first to be over where it is the subject. */
const TIMEOUTS = { connectSeconds: 0.3, firstByteSeconds: 0.3, idleSeconds: 0.3 };

/** Asks whole and streamed in every dialect; each answer must be one proper error of the gateway's own, and free of charge. */
async function everyoneGets(gateway: TestGateway, status: number, words: RegExp, settled: string, free = true): Promise<void> {
  const asked = DIALECT_IDS.flatMap((dialect) => [false, true].map((stream) => ({ dialect, stream })));
  await Promise.all(
    asked.map(async ({ dialect, stream }) => {
      const answer = await ask(gateway, dialect, stream);
      assert.deepEqual(
        [answer.status, answer.clean, answer.headers['content-type']],
        [status, true, 'application/json'],
        `${dialect} ${stream}`,
      );
      assert.match(errorMessage(answer), words);
      assert.equal(answer.headers['retry-after'], '2', 'agents with a back-off of minutes are told when to come back');
      assert.equal(answer.headers['x-gatehouse-attempts'], '1');
    }),
  );
  for (const row of await gateway.rows(8)) {
    assert.deepEqual([row.settled, row.status], [settled, status]);
    if (free) assert.deepEqual([row.costNano, row.estimated], [0, false], 'nobody worked');
    else assert.equal(row.estimated, true, 'the provider may have worked');
  }
}

describe('a provider that cannot be reached', () => {
  let gateway: TestGateway;
  afterEach(() => gateway.close());

  it('refuses the connection', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as net.AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    gateway = await startGateway({ provider: `http://127.0.0.1:${port}` });
    await everyoneGets(gateway, 502, /Nothing answers at 127\.0\.0\.1:\d+ \("fake"\)/, 'error');
  });

  it('has a name that nobody knows', async () => {
    gateway = await startGateway({ provider: 'https://gatehouse-test.invalid' });
    await everyoneGets(gateway, 502, /host gatehouse-test\.invalid of "fake" could not be found/, 'error');
  });

  it('does not take the connection in time', async () => {
    const deaf = net.createServer().listen(0, '127.0.0.1', 1);
    await new Promise((resolve) => deaf.once('listening', resolve));
    const { port } = deaf.address() as net.AddressInfo;
    // TLS begins only when the other side speaks, and this one does not.
    gateway = await startGateway({
      provider: `https://127.0.0.1:${port}`,
      config: { timeouts: { ...TIMEOUTS, firstByteSeconds: 5 } },
    });
    const started = performance.now();
    const answer = await ask(gateway, 'anthropic-messages', true);
    assert.deepEqual([answer.status, jsonOf(answer).error.type], [504, 'timeout_error']);
    assert.ok(performance.now() - started < 3000);
    const row = await gateway.row();
    assert.deepEqual([row.settled, row.costNano], ['timeout', 0]);
    deaf.close();
  });
});

describe('a provider that answers no HTTP', () => {
  let gateway: TestGateway;
  let odd: OddUpstream;
  const start = async (answer: Parameters<typeof startOddUpstream>[0]): Promise<void> => {
    odd = await startOddUpstream(answer);
    gateway = await startGateway({ provider: odd.url, config: { timeouts: TIMEOUTS } });
  };
  afterEach(async () => {
    await gateway.close();
    await odd.close();
  });

  it('resets the connection before its headers', async () => {
    await start((socket) => socket.resetAndDestroy());
    await everyoneGets(gateway, 502, /closed the connection before its answer was complete/, 'error');
    assert.equal(odd.connections, 8, 'nothing is sent twice: the provider may have worked on it');
  });

  it('closes it politely', async () => {
    await start((socket) => socket.end());
    await everyoneGets(gateway, 502, /closed the connection/, 'error');
  });

  it('speaks something else', async () => {
    await start((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await everyoneGets(gateway, 502, /not valid HTTP/, 'error');
  });

  it('takes the request and says nothing', async () => {
    await start(() => undefined);
    await everyoneGets(gateway, 504, /did not begin to answer in time/, 'timeout', false);
  });

  it('says half a header and stalls', async () => {
    await start((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-ty'));
    await everyoneGets(gateway, 504, /did not begin to answer in time/, 'timeout', false);
  });

  it('promises a stream and stalls before its first event', async () => {
    await start((socket) => socket.write(head('200 OK', { 'transfer-encoding': 'chunked' })));
    await everyoneGets(gateway, 504, /fell silent/, 'timeout', false);
  });

  it('promises a whole answer and resets', async () => {
    await start((socket) => {
      socket.write(head('200 OK', { 'content-type': 'application/json', 'content-length': '100' }));
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    await everyoneGets(gateway, 502, /closed the connection/, 'error', false);
  });

  it('answers 200 and nothing', async () => {
    await start((socket) => socket.write(head('200 OK', { 'content-type': 'application/json', 'content-length': '0' })));
    for (const dialect of DIALECT_IDS) {
      for (const stream of [false, true]) {
        const answer = await ask(gateway, dialect, stream);
        assert.equal(answer.status, 502);
        assert.match(errorMessage(answer), /and nothing else/);
      }
    }
    for (const row of await gateway.rows(8)) assert.deepEqual([row.settled, row.costNano], ['error', 0]);
  });

  it('answers with an empty stream', async () => {
    await start((socket) => socket.write(head('200 OK', { 'transfer-encoding': 'chunked' }) + '0\r\n\r\n'));
    const answer = await ask(gateway, 'openai-chat', true);
    assert.equal(answer.status, 502);
    assert.match(errorMessage(answer), /cut off before its end/);
    assert.equal((await gateway.row()).settled, 'truncated');
  });

  it('answers with a web page', async () => {
    const page = '<!doctype html><title>Sign in</title>';
    await start((socket) =>
      socket.write(head('200 OK', { 'content-type': 'text/html; charset=utf-8', 'content-length': String(page.length) }) + page),
    );
    await everyoneGets(gateway, 502, /web page instead of an API answer/, 'error');
  });

  it('puts UTF-8 into its headers, which no answer of ours may die of', async () => {
    const body = '{"id":"x"}';
    await start((socket) =>
      socket.write(
        Buffer.from(
          head('200 OK', { 'content-type': 'application/json', 'x-model-name': '模型 é', 'content-length': String(body.length) }) +
            body,
        ),
      ),
    );
    const answer = await ask(gateway, 'openai-chat', false);
    assert.equal(answer.status, 200);
    assert.equal(Buffer.from(String(answer.headers['x-model-name']), 'latin1').toString(), '模型 é');
  });

  it('leads elsewhere: a redirect is neither followed nor passed on', async () => {
    const trap = await startOddUpstream((socket) => socket.end(head('200 OK', { 'content-length': '2' }) + '{}'));
    for (const status of ['301 Moved', '302 Found', '307 Temporary Redirect', '308 Permanent Redirect']) {
      await start((socket) => socket.write(head(status, { location: `${trap.url}/v1/x`, 'content-length': '0' })));
      const answer = await ask(gateway, 'openai-responses', true);
      assert.deepEqual([answer.status, answer.headers['location']], [502, undefined]);
      assert.match(errorMessage(answer), /answered with a redirect \(30\d\), which is never followed/);
      await gateway.close();
      await odd.close();
    }
    assert.equal(trap.connections, 0);
    await trap.close();
    await start((socket) => socket.end());
  });

  it('sends interim answers first', async () => {
    const body = '{"usage":{"input_tokens":3,"output_tokens":4},"type":"message"}';
    const whole = head('200 OK', { 'content-type': 'application/json', 'content-length': String(body.length) }) + body;
    await start((socket) => socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${whole}`));
    const answer = await ask(gateway, 'anthropic-messages', false);
    assert.deepEqual([answer.status, answer.text], [200, body]);
    assert.equal((await gateway.row()).usage.output, 4);
  });

  it('ends its headers with an error and stalls in its words', async () => {
    await start((socket) => socket.write(head('500 Oops', { 'transfer-encoding': 'chunked' }) + chunk('{"error":')));
    const answer = await ask(gateway, 'openai-chat', true);
    assert.equal(answer.status, 504);
    assert.equal((await gateway.row()).settled, 'error');
  });
});

describe('a provider that refuses', () => {
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

  it('tells how long to wait in any of its forms, and all of them pass', async () => {
    const soon = new Date(Date.now() + 30_000).toUTCString();
    /** What the provider says, and what of it is told otherwise: in seconds where all agents read it, and never more than a minute. */
    const hints: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
      [{ 'retry-after': '17' }, {}],
      [{ 'retry-after': soon }, {}],
      [{ 'retry-after': 'Wed, 31 Dec 2036 23:59:59 GMT' }, {}],
      [{ 'retry-after': '3600' }, { 'retry-after': '60', 'x-should-retry': 'false' }],
      [{ 'retry-after-ms': '1700' }, { 'retry-after': '2' }],
      [{ 'x-ratelimit-reset-requests': '1m30.951s', 'x-ratelimit-remaining-tokens': '0' }, {}],
      [{ 'anthropic-ratelimit-requests-reset': '2037-01-01T00:00:00Z', 'x-should-retry': 'false' }, {}],
    ];
    for (const dialect of DIALECT_IDS) {
      for (const [headers, told] of hints) {
        forgetFailures(gateway);
        fake.script({ error: { status: 429, headers } });
        const answer = await ask(gateway, dialect, true);
        assert.equal(answer.status, 429);
        for (const [name, value] of Object.entries({ ...headers, ...told })) assert.equal(answer.headers[name], value, name);
        if (dialect === 'gemini') assert.match(answer.text, /"retryDelay":"2s"/);
      }
    }
    assert.equal(fake.requests.length, DIALECT_IDS.length * hints.length, 'the gateway did not repeat by itself');
  });

  it('is overloaded: 503 and 529 stay what they are', async () => {
    for (const dialect of DIALECT_IDS) {
      for (const status of [503, 529]) {
        fake.script({ error: { status, message: 'Overloaded' } });
        const answer = await ask(gateway, dialect, true);
        assert.deepEqual([answer.status, errorMessage(answer)], [status, 'Overloaded']);
      }
    }
  });

  it('keeps the words of a 400 by which agents repair their request, to the byte', async () => {
    const body = {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
      big: 'ü',
    };
    fake.script({ error: { status: 400, body } });
    const answer = await ask(gateway, 'anthropic-messages', true);
    assert.deepEqual([answer.status, answer.text], [400, JSON.stringify(body)]);
    const row = await gateway.row();
    assert.deepEqual([row.settled, row.status, row.error, row.costNano], ['error', 400, 'upstream-400', 0]);
  });

  it('does not know stream_options: it is asked once more without them, and the book says two attempts', async () => {
    const message = 'Unrecognized request argument supplied: stream_options';
    fake.script({ error: { status: 400, message } }, { usage: USED });
    const answer = await ask(gateway, 'openai-chat', true);
    assert.deepEqual([answer.status, answer.headers['x-gatehouse-attempts']], [200, '2']);
    assert.deepEqual(
      fake.requests.map(({ body }) => (body as { stream_options?: object }).stream_options),
      [{ include_usage: true }, undefined],
    );
    const row = await gateway.row();
    assert.deepEqual([row.settled, row.attempts, row.estimated], ['done', 2, true]);
  });

  it('is not asked twice when the agent wanted stream_options itself, nor a third time', async () => {
    const refusal = { error: { status: 400, message: 'stream_options is not supported' } };
    fake.script(refusal);
    const own = await ask(gateway, 'openai-chat', true, { change: { stream_options: { include_usage: true } } });
    assert.deepEqual([own.status, fake.requests.length], [400, 1]);
    fake.script(refusal, refusal);
    const twice = await ask(gateway, 'openai-chat', true);
    assert.deepEqual([twice.status, fake.requests.length], [400, 3]);
    assert.deepEqual(
      (await gateway.rows(2)).map(({ settled, attempts }) => [settled, attempts]),
      [
        ['error', 1],
        ['error', 2],
      ],
    );
  });
});

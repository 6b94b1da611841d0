import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from '../../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../../support/fake-providers/server.ts';

const KEY = 'fake-key';

describe('fake provider faults', () => {
  let fake: FakeProvider;
  beforeEach(async () => (fake = await startFakeProvider({ key: KEY })));
  afterEach(() => fake.close());

  const ask = (stream: boolean, signal?: AbortSignal): Promise<Response> =>
    fetch(`${fake.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4.1', stream, messages: [{ role: 'user', content: 'hello' }] }),
      ...(signal === undefined ? {} : { signal }),
    });
  const streamed = async (step: Step): Promise<Response> => {
    fake.script(step);
    return ask(true);
  };
  /** All bytes that came before the end, and whether the end was a clean one. */
  const drain = async (response: Response): Promise<{ text: string; clean: boolean; chunks: number }> => {
    let text = '';
    let chunks = 0;
    try {
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString();
        chunks += 1;
      }
      return { text, clean: true, chunks };
    } catch {
      return { text, clean: false, chunks };
    }
  };
  const eventsIn = (text: string): number => text.split('\n\n').length - 1;

  it('ends a stream as if it were complete after so many events', async () => {
    const { text, clean } = await drain(await streamed({ cut: 'eof', afterEvents: 3 }));
    assert.deepEqual([eventsIn(text), clean], [3, true]);
  });

  it('resets a stream after so many events, all of which arrive', async () => {
    const { text, clean } = await drain(await streamed({ cut: 'reset', afterEvents: 3 }));
    assert.deepEqual([eventsIn(text), clean], [3, false]);
  });

  it('dies before its headers', async () => {
    fake.script({ cut: 'before-headers' });
    await assert.rejects(ask(true));
    assert.equal(fake.requests[0]?.aborted, false, 'our own cut is not the client going away');
  });

  it('cuts a whole answer in the middle of its body', async () => {
    for (const cut of ['reset', 'eof'] as const) {
      fake.script({ cut });
      await assert.rejects((await ask(false)).text());
    }
  });

  it('puts an error event after some output', async () => {
    const { text, clean } = await drain(await streamed({ errorEvent: { status: 500, message: 'broken' }, afterEvents: 2 }));
    assert.deepEqual([eventsIn(text), clean], [3, true]);
    assert.match(text, /"message":"broken"[^\n]*\n\n$/);
  });

  it('answers the error event of a whole answer as an error', async () => {
    fake.script({ errorEvent: { status: 500 } });
    assert.equal((await ask(false)).status, 500);
  });

  it('stalls until the client leaves, and writes down when it left', async () => {
    fake.script({ stallAfterEvents: 2 });
    const leave = new AbortController();
    const response = await ask(true, leave.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    await sleep(60);
    assert.equal(fake.requests[0]?.aborted, false);
    const left = performance.now();
    leave.abort();
    await sleep(60);
    const [request] = fake.requests;
    assert.equal(request?.aborted, true);
    const late = (request?.times.aborted ?? Infinity) - left;
    assert.ok(late >= 0 && late < 50, `noticed after ${late} ms`);
  });

  it('notices a client that leaves before any header was sent', async () => {
    fake.script({ delay: { headersMs: 2000 } });
    const leave = AbortSignal.timeout(50);
    await assert.rejects(ask(false, leave));
    await sleep(40);
    assert.deepEqual([fake.requests[0]?.aborted, fake.requests[0]?.times.headersSent], [true, undefined]);
  });

  it('notices a client that leaves in the middle of its own body', async () => {
    const socket = connect(Number(new URL(fake.url).port), '127.0.0.1');
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half":');
    await sleep(40);
    socket.destroy();
    await sleep(40);
    assert.equal(fake.requests[0]?.aborted, true);
  });

  it('does not take a client that leaves after the last event for an aborted one', async () => {
    await drain(await streamed({}));
    await sleep(20);
    const [request] = fake.requests;
    assert.equal(request?.aborted, false);
    assert.ok((request?.times.ended ?? 0) >= (request?.times.headersSent ?? Infinity));
  });

  it('waits before the headers, before the first event and between events', async () => {
    const started = performance.now();
    const response = await streamed({ delay: { headersMs: 60, firstEventMs: 60, betweenMs: 20 }, cut: 'eof', afterEvents: 4 });
    const headersAt = performance.now() - started;
    const { chunks } = await drain(response);
    const endedAt = performance.now() - started;
    assert.ok(headersAt >= 55 && headersAt < 115, `headers after ${headersAt} ms`);
    assert.ok(endedAt >= 175, `end after ${endedAt} ms`);
    assert.equal(chunks, 4);
  });

  it('cuts its bytes as told, without changing them', async () => {
    const text = 'Zwölf Bäume 🌳';
    const plain = (await drain(await streamed({ text }))).text;
    const bytewise = await drain(await streamed({ text, chunking: 7 }));
    const atOnce = await drain(await streamed({ text, chunking: 'whole' }));
    const normal = (value: string): string => value.replaceAll(/Fake\d+/g, 'ID').replaceAll(/"created":\d+/g, '');
    assert.equal(normal(bytewise.text), normal(plain));
    assert.equal(normal(atOnce.text), normal(plain));
    assert.equal(atOnce.chunks, 1);
  });

  it('sends raw bytes as they are', async () => {
    const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0x64, 0xff]);
    const response = await streamed({ raw: { status: 203, headers: { 'content-type': 'text/html' }, chunks: [bytes, 'x'] } });
    assert.deepEqual([response.status, response.headers.get('content-type')], [203, 'text/html']);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.concat([bytes, Buffer.from('x')]));
  });

  it('adds headers, repeated ones as well', async () => {
    const response = await streamed({ headers: { 'x-ratelimit-remaining-requests': '1', 'set-cookie': ['a=1', 'b=2'] } });
    assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '1');
    assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
  });

  it('leaves usage out, or sends nonsense, on all four wires', async () => {
    const wires: readonly (readonly [string, Record<string, string>, object])[] = [
      ['/v1/chat/completions', { authorization: `Bearer ${KEY}` }, { model: 'm', messages: [{ role: 'user', content: 'x' }] }],
      ['/v1/responses', { authorization: `Bearer ${KEY}` }, { model: 'm', input: 'x' }],
      [
        '/v1/messages',
        { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' },
        { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] },
      ],
      ['/v1beta/models/m:generateContent', { 'x-goog-api-key': KEY }, { contents: [{ parts: [{ text: 'x' }] }] }],
    ];
    for (const [path, headers, body] of wires) {
      for (const stream of [false, true]) {
        const send = async (usage: Step['usage']): Promise<string> => {
          fake.script(usage === undefined ? {} : { usage });
          const streaming =
            stream && !path.includes(':')
              ? { stream, ...(path.includes('chat') ? { stream_options: { include_usage: true } } : {}) }
              : {};
          const url = fake.url + (stream ? path.replace(':generateContent', ':streamGenerateContent?alt=sse') : path);
          const response = await fetch(url, {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify({ ...body, ...streaming }),
          });
          assert.equal(response.status, 200);
          return response.text();
        };
        assert.match(await send(undefined), /"usage(?:Metadata)?":\{/);
        assert.doesNotMatch(await send('absent'), /"usage(?:Metadata)?":\{/, path);
        assert.match(await send({ wire: { prompt_tokens: -5 } }), /"usage(?:Metadata)?":\{"prompt_tokens":-5\}/, path);
      }
    }
  });

  it('takes one step a request, keeps steps for other operations, then asks the function', async () => {
    fake.script({ text: 'first' }, { on: 'models', error: { status: 503 } }, { text: 'second' });
    fake.script(() => ({ text: 'function' }));
    const texts: string[] = [];
    for (let n = 0; n < 4; n++) texts.push(((await (await ask(false)).json()) as any).choices[0].message.content);
    assert.deepEqual(texts, ['first', 'second', 'function', 'function']);
    const models = (): Promise<Response> => fetch(`${fake.url}/v1/models`, { headers: { authorization: `Bearer ${KEY}` } });
    assert.deepEqual([(await models()).status, (await models()).status], [503, 200]);
  });

  it('does not spend a step on a request that it refuses', async () => {
    fake.script({ text: 'kept' });
    await fetch(`${fake.url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    assert.match(await (await ask(false)).text(), /kept/);
    assert.match(fake.requests[0]?.refusal ?? '', /didn't provide an API key/);
  });

  it('records headers, path, bytes and body as they came', async () => {
    const payload = '{"model": "gpt-4.1",  "messages":[{"role":"user","content":"é"}]}';
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest(`${fake.url}/v1/chat/completions?x=1`, { method: 'POST' }, (response) =>
        response.resume().on('end', resolve),
      );
      request.on('error', reject);
      request.setHeader('Authorization', `Bearer ${KEY}`);
      request.setHeader('Content-Type', 'application/json');
      request.setHeader('X-Twice', ['a', 'b']);
      request.end(payload);
    });
    const [seen] = fake.requests;
    assert.equal(seen?.path, '/v1/chat/completions?x=1');
    assert.equal(seen?.headers['x-twice'], 'a, b');
    assert.ok(seen?.rawHeaders.includes('X-Twice'));
    assert.equal(seen?.raw.toString(), payload);
    assert.deepEqual(seen?.body, JSON.parse(payload));
    assert.deepEqual([seen?.dialect, seen?.operation, seen?.status], ['openai-chat', 'generate', 200]);
  });

  it('tells the three model lists apart by header, for they share an address', async () => {
    const list = async (headers: Record<string, string>): Promise<any> =>
      (await fetch(`${fake.url}/v1/models`, { headers })).json();
    assert.equal((await list({ authorization: `Bearer ${KEY}` })).object, 'list');
    assert.equal((await list({ 'x-api-key': KEY, 'anthropic-version': '2023-06-01' })).data[0].type, 'model');
    assert.equal((await list({ 'x-goog-api-key': KEY })).models[0].name, 'models/fake-large');
  });

  it('turns a websocket away with 426 and answers the knock of Claude Code', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(fake.url).port), '127.0.0.1');
      socket.once('data', (data) => resolve(data.toString()));
      socket.write('GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    });
    assert.match(answer, /^HTTP\/1.1 426 /);
    assert.equal((await fetch(`${fake.url}/api/hello`, { method: 'HEAD' })).status, 200);
  });
});

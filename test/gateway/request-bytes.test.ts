import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { errorMessage, KEY, send, startGateway, type TestGateway, WIRES } from '../support/gateway.ts';

/** What JSON.parse and stringify would ruin: order of integer-like keys, big integers, doubled keys, escapes, spaces, odd numbers. */
const AWKWARD =
  '"x_awkward" : {"10":1,"2":2,"1":{"b":1,"a":2}, "big":12345678901234567890, "n":1.0, "e":1E5,\t"z":-0, "esc":"\\u00e9\\/\\ud83c\\udf33é", "twice":1,"twice":2}';

/** A body of each dialect around it, with the model named last (or, for Gemini, not at all). */
const BODIES: Readonly<Record<DialectId, (model: string, more?: string) => string>> = {
  'openai-chat': (model, more = '') =>
    `\n{ ${AWKWARD},"messages":[{"role":"user","content":"h\\u00e9"}]${more} , "model" : ${model} }\n`,
  'openai-responses': (model) => `{${AWKWARD},"input":"hello","model":${model}}`,
  'anthropic-messages': (model) => `{${AWKWARD},"max_tokens":9,"messages":[{"role":"user","content":"hello"}],"model":${model}}`,
  gemini: () => `{"contents":[{"role":"user","parts":[{"text":"h\\u00e9"}]}] , ${AWKWARD}}`,
};

describe('what an agent sent reaches the provider byte for byte, but for the named edits', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  const start = async (agent: object): Promise<void> => {
    gateway = await startGateway({ provider: fake.url, agent });
  };
  beforeEach(async () => (fake = await startFakeProvider({ key: KEY })));
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  const post = (dialect: DialectId, body: string | Uint8Array, headers: Record<string, string> = {}, stream = false) =>
    send(gateway.url, { path: WIRES[dialect].path(stream), headers: { ...WIRES[dialect].headers, ...headers }, body });
  /** Strict fakes refuse the unknown member, so what counts is what they were sent. */
  const received = (): string => fake.requests.at(-1)?.raw.toString() ?? 'nothing';

  it('an agent that names its model itself: not one byte differs', async () => {
    await start({ provider: 'fake' });
    for (const dialect of DIALECT_IDS) {
      const body = BODIES[dialect]('"gpt-4.1"');
      await post(dialect, body);
      assert.equal(received(), body, dialect);
      assert.equal(fake.requests.at(-1)?.headers['content-length'], String(Buffer.byteLength(body)));
    }
  });

  it('an agent with a model of its own: the name is spliced in, wherever and however it was written', async () => {
    await start({ model: 'fake/other/model-é"x' });
    for (const dialect of DIALECT_IDS.filter((id) => id !== 'gemini')) {
      for (const model of ['"gpt-4.1"', '"gpt\\u002d4.1"', 'null', '17']) {
        await post(dialect, BODIES[dialect](model));
        assert.equal(received(), BODIES[dialect]('"other/model-é\\"x"'), dialect);
      }
    }
    await post('openai-chat', '{"model":"a","messages":[],"mod\\u0065l":"b"}');
    assert.equal(received(), '{"model":"other/model-é\\"x","messages":[],"mod\\u0065l":"other/model-é\\"x"}');
    await post('openai-chat', '{"messages":[]}');
    assert.equal(received(), '{"messages":[],"model":"other/model-é\\"x"}');
  });

  it('a chat stream is asked for its usage, once, without touching other options', async () => {
    await start({ provider: 'fake' });
    const chat = BODIES['openai-chat'];
    const cases: readonly (readonly [string, string])[] = [
      [',"stream":true', ',"stream":true'],
      [
        ',"stream":true,"stream_options":{"x":12345678901234567890}',
        ',"stream":true,"stream_options":{"x":12345678901234567890,"include_usage":true}',
      ],
      [',"stream":true,"stream_options":{"include_usage":false}', ',"stream":true,"stream_options":{"include_usage":true}'],
      [',"stream":true,"stream_options":null', ',"stream":true,"stream_options":{"include_usage":true}'],
      [',"stream":true,"stream_options":{"include_usage":true}', ',"stream":true,"stream_options":{"include_usage":true}'],
      [',"stream":false', ',"stream":false'],
    ];
    for (const [sent, expected] of cases) {
      await post('openai-chat', chat('"m"', sent));
      const appended =
        sent === ',"stream":true'
          ? chat('"m"', expected).replace('"m" }', '"m","stream_options":{"include_usage":true} }')
          : chat('"m"', expected);
      assert.equal(received(), appended, sent);
    }
  });

  it('a provider that always sends usage is not asked for it', async () => {
    gateway = await startGateway({ provider: fake.url, providerConfig: { kind: 'mistral' } });
    const body = BODIES['openai-chat']('"m"', ',"stream":true');
    await post('openai-chat', body);
    assert.equal(received(), body);
  });

  it('Gemini: a body that names the model agrees with the path, in all three places', async () => {
    await start({ model: 'fake/tuned/gemini-x' });
    const send1 = (action: string, body: string) =>
      send(gateway.url, { path: `/v1beta/models/gemini-3-pro:${action}`, headers: WIRES.gemini.headers, body });
    await send1('countTokens', '{"generateContentRequest":{"model":"models/gemini-3-pro","contents":[{"parts":[{"text":"x"}]}]}}');
    assert.equal(received(), '{"generateContentRequest":{"model":"models/tuned/gemini-x","contents":[{"parts":[{"text":"x"}]}]}}');
    await send1('embedContent', '{"model":"models/gemini-3-pro","content":{"parts":[{"text":"x"}]}}');
    assert.equal(received(), '{"model":"models/tuned/gemini-x","content":{"parts":[{"text":"x"}]}}');
    await send1('batchEmbedContents', '{"requests":[{"model":"models/a","content":{"parts":[]}},{"content":{"parts":[]}}]}');
    assert.equal(received(), '{"requests":[{"model":"models/tuned/gemini-x","content":{"parts":[]}},{"content":{"parts":[]}}]}');
    assert.equal(fake.requests.at(-1)?.path, '/v1beta/models/tuned/gemini-x:batchEmbedContents');
    await post('gemini', BODIES.gemini(''));
    assert.equal(received(), BODIES.gemini(''), 'a body without a model stays without one');
  });

  it('compressed bodies are unpacked, in every encoding that agents use', async () => {
    await start({ provider: 'fake' });
    const body = BODIES['openai-responses']('"gpt-5.5"');
    const packed: Readonly<Record<string, Buffer>> = {
      gzip: zlib.gzipSync(body),
      'x-gzip': zlib.gzipSync(body),
      deflate: zlib.deflateSync(body),
      br: zlib.brotliCompressSync(body),
      zstd: zlib.zstdCompressSync(body),
      identity: Buffer.from(body),
    };
    for (const [encoding, bytes] of Object.entries(packed)) {
      await post('openai-responses', bytes, { 'content-encoding': encoding });
      assert.equal(received(), body, encoding);
      assert.equal(
        fake.requests.at(-1)?.headers['content-encoding'],
        undefined,
        'the provider gets it plain and must not be told otherwise',
      );
    }
  });

  it('what cannot be unpacked is refused in the dialect, and the provider is left alone', async () => {
    gateway = await startGateway({ provider: fake.url, config: { maxBodyMegabytes: 1 } });
    const bomb = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const cases: readonly (readonly [number, RegExp, string, Uint8Array])[] = [
      [415, /content encoding "snappy" is not known/, 'snappy', Buffer.from('{}')],
      [400, /not valid gzip/, 'gzip', Buffer.from('{}')],
      [400, /not valid zstd/, 'zstd', zlib.zstdCompressSync('{"model":"m"}').subarray(0, 9)],
      [413, /larger than 1 MB/, 'gzip', bomb],
      [413, /larger than 1 MB/, 'zstd', zlib.zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))],
    ];
    for (const dialect of DIALECT_IDS) {
      for (const [status, words, encoding, bytes] of cases) {
        const answer = await post(dialect, bytes, { 'content-encoding': encoding });
        assert.equal(answer.status, status, encoding);
        assert.match(errorMessage(answer), words);
        assert.equal(answer.headers['x-should-retry'], 'false');
      }
    }
    assert.equal(fake.requests.length, 0);
  });

  it('what is no JSON object is refused before anybody is called', async () => {
    await start({ provider: 'fake' });
    for (const dialect of DIALECT_IDS) {
      for (const body of ['', 'null', '[]', '{"a":1', 'model=x', '{"a":1}{"b":2}']) {
        const answer = await post(dialect, body);
        assert.equal(answer.status, 400);
        assert.match(errorMessage(answer), /not a JSON object/);
      }
    }
    assert.equal(fake.requests.length, 0);
    assert.equal(gateway.running.ledger.requests({}).length, 0);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { type ExactGateway, startExactGateway } from '../gateway/exact-upstream.ts';
import { ask, KEY } from '../support/gateway.ts';

const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const escaped = KEY.split('')
  .map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)
  .join('');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** As careless programs write a key; each is put into the words of an error as it is, so JSON escapes are those of the body. */
const FORMS: Readonly<Record<string, string>> = {
  whole: KEY,
  'whole, after Bearer': `Bearer ${KEY}`,
  'cut in the middle': KEY.slice(0, 22),
  'without its beginning': KEY.slice(9),
  'in two halves': `${KEY.slice(0, 18)}...${KEY.slice(18)}`,
  'as a URL has it': encodeURIComponent(KEY).replaceAll('-', '%2D'),
  'in a URL in a URL': encodeURIComponent(KEY.replaceAll('-', '%2D')),
  'in base64': base64(KEY),
  'in base64, after a user': base64(`user:${KEY}`),
  'in base64url': Buffer.from(`Bearer ${KEY}`).toString('base64url'),
  'in hexadecimal': Buffer.from(KEY).toString('hex'),
  'in JSON escapes': escaped,
  'in JSON in JSON': json(`{"key":"${escaped}"}`),
};

/** Whatever of the key could be put together again from what was heard. */
function assertKeyAbsent(heard: string, what: string): void {
  const plain = [heard, decodeJson(heard), decodeJson(decodeJson(heard)), decodeUrl(heard), decodeUrl(decodeUrl(heard))];
  for (const run of heard.match(/[\w+/=-]{16,}/g) ?? []) {
    for (let skip = 0; skip < 4; skip++) plain.push(Buffer.from(run.slice(skip), 'base64').toString('latin1'));
    plain.push(Buffer.from(run, 'hex').toString('latin1'));
  }
  for (let at = 0; at + 12 <= KEY.length; at++)
    assert.ok(!plain.some((text) => text.includes(KEY.slice(at, at + 12))), `${what}: "${KEY.slice(at, at + 12)}" came through`);
}

const decodeJson = (text: string): string =>
  text.replaceAll(/\\+u([0-9a-f]{4})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
const decodeUrl = (text: string): string =>
  text.replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));

/** An error in each dialect's shape. */
const ERRORS: Readonly<Record<DialectId, (words: string) => string>> = {
  'openai-chat': (words) => `{"error":{"message":"${words}","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`,
  'openai-responses': (words) =>
    `{"error":{"message":"${words}","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`,
  'anthropic-messages': (words) => `{"type":"error","error":{"type":"authentication_error","message":"${words}"}}`,
  gemini: (words) =>
    `{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"${words}","details":[{"reason":"API_KEY_INVALID","value":"${words}"}]}}`,
};

/** The beginning of a stream, with output, and an error in it. */
const STREAMS: Readonly<Record<DialectId, { readonly output: string; readonly error: (words: string) => string }>> = {
  'openai-chat': {
    output: `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"hi"}}]}\n\n`,
    error: (words) => `data: {"error":{"message":"${words}","type":"server_error","code":500}}\n\n`,
  },
  'openai-responses': {
    output: `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":3,"item_id":"m","output_index":0,"content_index":0,"delta":"hi"}\n\n`,
    error: (words) =>
      `event: error\ndata: {"type":"error","sequence_number":4,"code":"server_error","message":"${words}","param":null}\n\n`,
  },
  'anthropic-messages': {
    output: `event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}\n\nevent: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}\n\n`,
    error: (words) => `event: error\ndata: {"type":"error","error":{"type":"api_error","message":"${words}"}}\n\n`,
  },
  gemini: {
    output: `data: {"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},"index":0}]}\n\n`,
    error: (words) => `data: {"error":{"code":500,"status":"INTERNAL","message":"${words}"}}\n\n`,
  },
};

/** Bytes of the gateway on the agent's side, whatever its header names. */
describe('a provider that echoes the key', function () {
  this.timeout(30_000);
  let gateway: ExactGateway;
  before(async () => void (gateway = await startExactGateway()));
  after(() => gateway.close());

  async function heardFrom(
    dialect: DialectId,
    stream: boolean,
    status: number,
    type: string,
    chunks: readonly string[],
    more = {},
  ) {
    gateway.answer = { status, headers: { 'content-type': type, ...more }, chunks: chunks.map((text) => Buffer.from(text)) };
    const { headers, text } = await ask(gateway, dialect, stream);
    return JSON.stringify(headers) + text;
  }

  for (const dialect of DIALECT_IDS) {
    for (const stream of [false, true]) {
      it(`${dialect}, ${stream ? 'a stream' : 'whole'}: in an error body, in every form`, async () => {
        for (const [form, words] of Object.entries(FORMS)) {
          for (const status of [400, 401, 500]) {
            const body = ERRORS[dialect](`Incorrect API key provided: ${words} (see the docs)`);
            const heard = await heardFrom(dialect, stream, status, 'application/json', [body.slice(0, 60), body.slice(60)]);
            assertKeyAbsent(heard, `${form}, ${status}`);
            assert.match(heard, /see the docs/, `${form}: all was thrown away`);
          }
        }
      });
    }

    it(`${dialect}: in an error under status 200, and in plain text`, async () => {
      for (const [form, words] of Object.entries(FORMS)) {
        assertKeyAbsent(await heardFrom(dialect, false, 200, 'application/json', [ERRORS[dialect](words)]), form);
        assertKeyAbsent(await heardFrom(dialect, false, 403, 'text/plain', [`key ${words} may not`]), form);
      }
    });

    it(`${dialect}: in headers, of errors in every form and of others as it is`, async () => {
      for (const [form, words] of Object.entries(FORMS)) {
        if (/[\\"]/.test(words)) continue;
        const error = ERRORS[dialect]('no');
        assertKeyAbsent(await heardFrom(dialect, false, 401, 'application/json', [error], { 'x-debug': `k=${words}` }), form);
      }
      const fine = await heardFrom(dialect, false, 200, 'application/json', ['{"id":"x"}'], { 'x-debug': `k=${KEY}` });
      assertKeyAbsent(fine, 'a header of success');
    });

    it(`${dialect}: in an error in the midst of a stream, in every form`, async () => {
      for (const [form, words] of Object.entries(FORMS)) {
        const { output, error } = STREAMS[dialect];
        const heard = await heardFrom(dialect, true, 200, 'text/event-stream', [output, error(`bad ${words}!`)]);
        assert.match(heard, /hi/, 'there was no output before it');
        assertKeyAbsent(heard, form);
      }
    });

    it(`${dialect}: split over two chunks of a stream, wherever it is cut, and over two events`, async () => {
      const { output, error } = STREAMS[dialect];
      const text = error(`bad ${KEY}!`);
      const at = text.indexOf(KEY);
      for (let cut = at - 1; cut <= at + KEY.length + 1; cut++) {
        const heard = await heardFrom(dialect, true, 200, 'text/event-stream', [output, text.slice(0, cut), text.slice(cut)]);
        assertKeyAbsent(heard, `cut at ${cut - at}`);
      }
      const inOutput = output.replace('hi', `hi ${KEY}`);
      assertKeyAbsent(await heardFrom(dialect, true, 200, 'text/event-stream', [inOutput, error('x')]), 'in the output itself');
      // Halves are harmless only as long as each is short; the error is the last word, so nothing follows it.
      const halves = [error(`bad ${KEY.slice(0, 18)}`), error(KEY.slice(18))];
      assertKeyAbsent(await heardFrom(dialect, true, 200, 'text/event-stream', [output, ...halves]), 'in two events');
    });
  }
});

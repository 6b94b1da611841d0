import assert from 'node:assert/strict';
import type { DecodeOptions } from '../../../src/core/dialects/codec.ts';
import { anthropicCodec } from '../../../src/core/dialects/anthropic-messages/codec.ts';
import { chatCodec } from '../../../src/core/dialects/openai-chat/codec.ts';
import type { JsonRecord } from '../../../src/core/dialects/read-json.ts';
import { tagOf, TAG_START } from '../../../src/core/ir/carry.ts';
import { corpusStreams, CORPUS, decodeAll, fold, hasCorpus, wire, type Folded } from './support.ts';
import { readFileSync, readdirSync } from 'node:fs';

const chunk = (delta: object, finish: string | null = null) =>
  JSON.stringify({ id: 'c1', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] });
const stream = (options: DecodeOptions, ...deltas: readonly object[]): Folded =>
  fold(decodeAll(chatCodec.decoder(options), [wire([...deltas.map((delta) => chunk(delta)), chunk({}, 'stop')], 'openai-chat')]));
const whole = (message: object, options: DecodeOptions = {}, rest: object = {}): Folded =>
  fold(chatCodec.decodeWhole({ id: 'c1', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }], ...rest }, options));

const ISSUER = 'openai-chat@openrouter';
const REPLAY: DecodeOptions = { issuer: ISSUER, quirks: { replaysReasoning: true } };
const CALL = { index: 0, id: 'x', function: { name: 'f', arguments: '{}' } };

describe('decoder openai-chat: what a provider wants back', () => {
  it('plain thoughts only where the provider asks for them', () => {
    const deltas = [{ reasoning_content: 'A' }, { reasoning_content: 'B' }, { content: 'x' }];
    assert.deepEqual(stream({}, ...deltas).blocks, ['reasoning: AB', 'text: x']);
    assert.deepEqual(stream(REPLAY, ...deltas).blocks, [`reasoning: AB <${ISSUER} {"reasoning_content":"AB"}>`, 'text: x']);
    assert.deepEqual(stream(REPLAY, { reasoning: 'A' }).blocks, [`reasoning: A <${ISSUER} {"reasoning":"A"}>`]);
    assert.deepEqual(whole({ reasoning_content: 'A', content: 'x', tool_calls: [CALL] }, REPLAY).blocks, [
      `reasoning: A <${ISSUER} {"reasoning_content":"A"}>`,
      'text: x',
      'x f {}',
    ]);
  });

  it('details are put together and carried whole, and their text is not read twice', () => {
    const piece = (rest: object) => ({ type: 'reasoning.text', index: 0, format: 'anthropic-claude-v1', ...rest });
    const details = [piece({ text: 'AB', signature: 's' })].map(({ type, index, format, ...rest }) => ({
      type,
      index,
      format,
      ...rest,
    }));
    const folded = stream(
      { issuer: ISSUER },
      { reasoning: 'A', reasoning_details: [piece({ text: 'A' })] },
      { reasoning: 'B', reasoning_details: [piece({ text: 'B' })] },
      { content: '', reasoning_details: [piece({ signature: 's' })] },
      { content: 'x' },
      { tool_calls: [CALL] },
    );
    assert.deepEqual(folded.blocks, [
      `reasoning: AB <${ISSUER} ${JSON.stringify({ reasoning_details: details })}>`,
      'text: x',
      'x f {}',
    ]);
    const message = { reasoning: 'AB', reasoning_details: details, content: 'x', tool_calls: [CALL] };
    assert.deepEqual(whole(message, { issuer: ISSUER }).blocks, folded.blocks);
    assert.deepEqual(stream({ issuer: ISSUER }, { reasoning_details: [{ type: 'reasoning.summary', summary: 'S' }] }).blocks, [
      `reasoning: S <${ISSUER} {"reasoning_details":[{"type":"reasoning.summary","summary":"S"}]}>`,
    ]);
  });

  it('sealed thoughts without words are a block of their own, before the call that they led to', () => {
    const sealed = { type: 'reasoning.encrypted', data: 'd', id: 'x' };
    const expected = `reasoning:  <${ISSUER} ${JSON.stringify({ reasoning_details: [sealed] })}>`;
    assert.deepEqual(stream({ issuer: ISSUER }, { content: 'x' }, { reasoning_details: [sealed], tool_calls: [CALL] }).blocks, [
      'text: x',
      expected,
      'x f {}',
    ]);
    assert.deepEqual(stream({ issuer: ISSUER }, { content: 'x' }, { reasoning_details: [sealed] }).blocks, ['text: x', expected]);
  });

  it("the signature of a call at Google's endpoint", () => {
    const extra_content = { google: { thought_signature: 'c2ln' } };
    const folded = stream(
      {},
      {
        tool_calls: [
          { ...CALL, extra_content },
          { ...CALL, index: 1, id: 'y' },
        ],
      },
    );
    assert.deepEqual(folded.blocks, [`x f {} <openai-chat ${JSON.stringify({ extra_content })}>`, 'y f {}']);
  });

  it('an id of an earlier answer is not given twice', () => {
    const [first] = stream({ usedCallIds: new Set(['x']) }, { tool_calls: [CALL] }).blocks;
    assert.equal(first, 'call_c1_1 f {}');
  });
});

describe('decodeWhole openai-chat', () => {
  it('says what the stream would', () => {
    const usage = { prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 3 } };
    assert.deepEqual(whole({ role: 'assistant', content: 'Hello', tool_calls: null }, {}, { usage }), {
      model: 'm',
      blocks: ['text: Hello'],
      end: 'end (stop)',
      usage: '2+3 in, 2 out, reported',
    });
    assert.equal(whole({ content: null, refusal: 'No.' }).end, 'refusal (stop)');
    assert.deepEqual(whole({ content: null, function_call: { name: 'old', arguments: '{"a":1}' } }).blocks, [
      'call_c1_1 old {"a":1}',
    ]);
    const calls = [CALL, { ...CALL, id: 'y', function: { name: 'g', arguments: { b: 2 } } }].map(({ index: _, ...call }) => call);
    assert.deepEqual(whole({ content: '', tool_calls: calls }).blocks, ['x f {}', 'y g {"b":2}']);
  });

  it('an error inside a success, an answer without a choice, and one without a reason', () => {
    const decode = (body: JsonRecord) => fold(chatCodec.decodeWhole(body, {})).end;
    assert.match(decode({ error: { message: 'Slow down', code: 429 } }), /^upstream-rate-limited: .*Slow down/);
    assert.match(decode({ object: 'error', message: 'Bad', code: 400 }), /^bad-request: .*Bad/);
    assert.match(decode({ id: 'c', choices: [] }), /^upstream-broken/);
    assert.equal(decode({ id: 'c', choices: [{ message: { content: 'x' }, finish_reason: null }] }), 'unknown ()');
  });

  it('recorded answers are whole in both forms', function () {
    if (!hasCorpus) return this.skip();
    const folder = `${CORPUS}/openai-chat`;
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.json') && !each.includes('error'))) {
      const answer = fold(chatCodec.decodeWhole(JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as JsonRecord, {}));
      assert.match(answer.end, /^(?:end|tool-use) /, name);
      assert.match(answer.usage ?? '', /reported$/, name);
      const streamed = corpusStreams('openai-chat').find(([each]) => each === name.replace('.json', '.chunks.txt'));
      if (streamed === undefined) continue;
      const kinds = (folded: Folded) =>
        folded.blocks.map((block) => block.replace(/ .*/s, '').replace(/^(?!text|reasoning).*/, 'call'));
      assert.deepEqual(kinds(answer), kinds(fold(decodeAll(chatCodec.decoder({}), [streamed[1]]))), name);
    }
  });
});

describe('readError openai-chat', () => {
  const cases: readonly (readonly [number, JsonRecord | undefined, string, boolean, RegExp])[] = [
    [
      400,
      { error: { message: 'No such field', type: 'invalid_request_error', param: 'x', code: null } },
      'bad-request',
      false,
      /^No such field$/,
    ],
    [401, { error: { message: 'Incorrect API key', code: 'invalid_api_key' } }, 'unauthenticated', false, /^Incorrect API key$/],
    [402, { error: { message: 'Insufficient credits', code: 402 } }, 'out-of-credit', false, /credits/],
    [403, { error: 'forbidden' }, 'forbidden', false, /^forbidden$/],
    [404, { error: { message: 'The model `x` does not exist', code: 'model_not_found' } }, 'model-not-found', false, /`x`/],
    [404, { detail: 'Not Found' }, 'not-found', false, /^Not Found$/],
    [413, { message: 'Too large' }, 'body-too-large', false, /^Too large$/],
    [
      422,
      { detail: [{ loc: ['body', 'messages'], msg: 'Field required', type: 'missing' }] },
      'bad-request',
      false,
      /^body\.messages: Field required$/,
    ],
    [
      422,
      {
        object: 'error',
        message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'store'], msg: 'Extra inputs are not permitted' }] },
      },
      'bad-request',
      false,
      /^body\.store: Extra inputs are not permitted$/,
    ],
    [429, { error: { message: 'Rate limit', code: 'rate_limit_exceeded' } }, 'upstream-rate-limited', true, /^Rate limit$/],
    [429, { error: { message: 'No quota', code: 'insufficient_quota' } }, 'out-of-credit', false, /^No quota$/],
    [
      429,
      { object: 'error', message: 'Requests rate limit exceeded', type: 'rate_limited', code: '1300' },
      'upstream-rate-limited',
      true,
      /^Requests/,
    ],
    [500, { error: { message: 'Oh' } }, 'upstream-error', true, /^Oh$/],
    [502, undefined, 'upstream-error', true, /status 502 and no words/],
    [503, { error: { message: 'Busy' } }, 'upstream-overloaded', true, /^Busy$/],
    [504, {}, 'upstream-timeout', true, /status 504/],
    [
      502,
      { error: { message: 'Provider returned error', code: 502, metadata: { raw: 'Upstream is down', provider_name: 'P' } } },
      'upstream-error',
      true,
      /^Provider returned error: Upstream is down$/,
    ],
    [200, { error: { message: 'Slow down', code: 429 } }, 'upstream-rate-limited', true, /^Slow down$/],
    [400, { errors: [{ code: 7000, message: 'No route' }] }, 'bad-request', false, /^No route$/],
  ];
  for (const [status, body, code, retryable, message] of cases) {
    it(`${status} ${JSON.stringify(body)?.slice(0, 80)}`, () => {
      const error = chatCodec.readError(status, body);
      assert.deepEqual([error.code, error.retryable], [code, retryable]);
      assert.match(error.message, message);
      assert.equal(error.status, status === 200 ? 429 : status);
    });
  }

  it('a prompt that is too long is told from other faults, in whatever words', () => {
    for (const error of [
      { message: "This model's maximum context length is 128000 tokens.", code: 'context_length_exceeded' },
      { message: 'Please reduce it.', type: 'invalid_request_error', code: 'context_length_exceeded' },
      { message: 'the request exceeds the available context size', type: 'exceed_context_size_error' },
    ]) {
      const read = chatCodec.readError(400, { error });
      assert.deepEqual([read.code, read.retryable, read.message], ['context-too-long', false, error.message]);
      assert.match(JSON.stringify(anthropicCodec.readError(400, { error }).code), /context-too-long/);
    }
  });
});

describe('untag openai-chat', () => {
  const own = (token: string) => tagOf({ issuer: ISSUER, token });
  const foreign = tagOf({ issuer: 'gemini@google', token: 'x' });
  const call = (signature: string, more: object = {}) => ({
    id: '1',
    type: 'function',
    function: { name: 'f', arguments: '{}' },
    extra_content: { google: { thought_signature: signature, ...more } },
  });
  const { extra_content: _, ...bare } = call('');
  const untag = (message: object, untagged: 'keep' | 'drop' = 'keep') => {
    const body = {
      model: 'm',
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: null, ...message },
      ],
    };
    const before = JSON.stringify(body);
    const clean = chatCodec.untag(body, ISSUER, untagged);
    assert.equal(JSON.stringify(body), before, 'the body is not changed');
    const [, { role: __, content: ___, ...rest }] = (clean?.['messages'] ?? [{}, {}]) as [object, Record<string, unknown>];
    return clean === undefined ? undefined : rest;
  };

  it('signatures of calls: put back, left out, kept', () => {
    const extra_content = { google: { thought_signature: 'c2ln' } };
    assert.deepEqual(untag({ tool_calls: [call(own(JSON.stringify({ extra_content })))] }), {
      tool_calls: [{ ...bare, extra_content }],
    });
    assert.deepEqual(untag({ tool_calls: [call(foreign)] }), { tool_calls: [bare] });
    assert.deepEqual(untag({ tool_calls: [call(foreign, { a: 1 })] }), {
      tool_calls: [{ ...bare, extra_content: { google: { a: 1 } } }],
    });
    assert.deepEqual(untag({ tool_calls: [call(`${TAG_START}cut`)] }), { tool_calls: [bare] });
    assert.equal(untag({ tool_calls: [call('native')] }), undefined);
    assert.deepEqual(untag({ tool_calls: [call('native')] }, 'drop'), { tool_calls: [bare] });
  });

  it('thoughts: put back in the field they came in, left out with what repeats them, kept', () => {
    const detail = (signature: string) => ({ type: 'reasoning.text', text: 'A', signature, index: 0 });
    const said = { reasoning_content: 'A', reasoning_details: [detail(own('{"reasoning_content":"A"}'))] };
    assert.deepEqual(untag(said), { reasoning_content: 'A' });
    const details = { reasoning_details: [{ type: 'reasoning.text', text: 'A', signature: 's', index: 0 }] };
    assert.deepEqual(untag({ reasoning_details: [detail(own(JSON.stringify(details)))] }), details);
    assert.deepEqual(untag({ reasoning_content: 'A', reasoning_details: [detail(foreign)] }), {});
    assert.deepEqual(untag({ reasoning_details: [detail('native'), { type: 'reasoning.encrypted', data: foreign }] }), {
      reasoning_details: [detail('native')],
    });
    assert.equal(untag({ reasoning_content: 'A', reasoning_details: [detail('native')] }), undefined);
    assert.deepEqual(untag({ reasoning_details: [detail('native')] }, 'drop'), {});
    assert.equal(untag({ reasoning_content: 'A' }, 'drop'), undefined);
  });

  it('what holds no messages is left alone', () => {
    assert.equal(chatCodec.untag({ model: 'm' }, ISSUER, 'drop'), undefined);
    assert.equal(chatCodec.untag({ messages: 'x' }, ISSUER, 'drop'), undefined);
  });
});

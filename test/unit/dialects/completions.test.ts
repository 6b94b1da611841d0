import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import OpenAI from 'openai';
import type { CompletionCall } from '../../../src/core/dialects/completions/completion-call.ts';
import {
  completionStream,
  convertCompletion,
  type CompletionFrame,
} from '../../../src/core/dialects/completions/convert-answer.ts';
import { completionForm, type CompletionForm } from '../../../src/core/dialects/completions/forms.ts';
import { readCompletion } from '../../../src/core/dialects/completions/read-completion.ts';
import { writeCompletion } from '../../../src/core/dialects/completions/write-completion.ts';
import type { DialectQuirks } from '../../../src/core/dialects/dialect.ts';
import type { JsonRecord } from '../../../src/core/dialects/read-json.ts';
import { isGatewayError } from '../../../src/core/ir/error.ts';
import type { SseEvent } from '../../../src/core/wire/sse-event.ts';
import { SseScanner } from '../../../src/core/wire/sse-scanner.ts';

const ASKED = { model: 'asked', stream: false };

function read(form: CompletionForm, body: JsonRecord, asked = ASKED): { call: CompletionCall; losses: readonly string[] } {
  const result = readCompletion(form, body, asked);
  assert.ok(!isGatewayError(result), JSON.stringify(result));
  return result;
}

function refused(form: CompletionForm, body: JsonRecord): string {
  const result = readCompletion(form, body, ASKED);
  assert.ok(isGatewayError(result));
  assert.deepEqual([result.code, result.status], ['bad-request', 400]);
  return result.message;
}

function written(form: CompletionForm, call: CompletionCall, quirks?: DialectQuirks) {
  const { path, body, losses } = writeCompletion(form, call, quirks);
  return { path, body: JSON.parse(body) as Record<string, unknown>, losses };
}

const CALL: CompletionCall = {
  model: 'm',
  prompt: 'def f(',
  maxTokens: 64,
  sampling: {},
  stop: [],
  stream: false,
  includeUsage: false,
};

const frame = (call: Partial<CompletionCall> = {}): CompletionFrame => ({
  id: 'abc',
  model: 'asked',
  createdAt: 7,
  call: { ...CALL, ...call },
});

const event = (data: string, name = ''): SseEvent => ({ raw: new Uint8Array(), name, data });

/** What comes out for these payloads, and how it ended. */
function converted(to: CompletionForm, payloads: readonly (object | string)[], of: CompletionFrame = frame()) {
  const stream = completionStream(to, of);
  const pushed = payloads.map((each) => stream.push(event(typeof each === 'string' ? each : JSON.stringify(each))));
  const bytes = [...pushed, stream.end()].join('');
  return { bytes, failure: stream.failure, chunks: payloadsOf(bytes) };
}

function payloadsOf(bytes: string): readonly (JsonRecord | string)[] {
  const events: SseEvent[] = [];
  const scanner = new SseScanner();
  scanner.push(Buffer.from(bytes), (each) => events.push(each));
  assert.equal(scanner.end((each) => events.push(each)).length, 0, 'every event is whole');
  return events.map(({ data }) => (data === '[DONE]' ? data : (JSON.parse(data) as JsonRecord)));
}

const text = (said: string, finish: string | null = null, more: object = {}) => ({
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1,
  model: 'x',
  choices: [{ text: said, index: 0, logprobs: null, finish_reason: finish }],
  ...more,
});
const chat = (content: unknown, finish: string | null = null, more: object = {}) => ({
  id: '1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'x',
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  ...more,
});
const USAGE = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7, prompt_cache_hit_tokens: 4 };

describe('the form of a completion', () => {
  for (const [path, form] of [
    ['/v1/completions', 'legacy'],
    ['/completions?x=1', 'legacy'],
    ['//v1//completions/', 'legacy'],
    ['/openai/v1/completions', 'legacy'],
    ['/v1/fim/completions', 'mistral-fim'],
    ['/fim/completions?x=/completions', 'mistral-fim'],
    ['/beta/completions', 'deepseek-beta'],
    ['/v1/chat/completions', undefined],
    ['/v1/messages', undefined],
    ['/', undefined],
  ] as const) {
    it(`of ${path} is ${form ?? 'none'}`, () => assert.equal(completionForm(path), form));
  }
});

describe('a completion request', () => {
  const LEGACY = {
    model: 'x',
    prompt: ['def f('],
    suffix: '\n',
    max_tokens: 64,
    temperature: 1.9,
    top_p: 0.9,
    stop: '\n\n',
    seed: 3,
    presence_penalty: 0.5,
    frequency_penalty: -0.5,
    user: 'u',
    n: 1,
    best_of: 1,
    echo: false,
    logprobs: 2,
    logit_bias: { 50256: -100 },
    stream: true,
    stream_options: { include_usage: true },
  };

  it('goes from the legacy form to Mistral', () => {
    const { call, losses } = read('legacy', LEGACY, { model: 'asked', stream: true });
    assert.deepEqual(losses, ['field:logprobs', 'field:logit_bias']);
    assert.equal(call.includeUsage, true);
    assert.deepEqual(written('mistral-fim', { ...call, model: 'codestral-latest' }), {
      path: '/fim/completions',
      body: {
        model: 'codestral-latest',
        prompt: 'def f(',
        suffix: '\n',
        max_tokens: 64,
        temperature: 1.5,
        top_p: 0.9,
        stop: ['\n\n'],
        random_seed: 3,
        stream: true,
      },
      losses: ['clamped-sampling', 'field:presence_penalty', 'field:frequency_penalty', 'field:user'],
    });
  });

  it('goes from the legacy form to DeepSeek', () => {
    const { call } = read('legacy', { ...LEGACY, max_tokens: 9000 }, { model: 'asked', stream: true });
    assert.deepEqual(written('deepseek-beta', call), {
      path: '/beta/completions',
      body: {
        model: 'asked',
        prompt: 'def f(',
        suffix: '\n',
        max_tokens: 4096,
        temperature: 1.9,
        top_p: 0.9,
        presence_penalty: 0.5,
        frequency_penalty: -0.5,
        stop: ['\n\n'],
        stream: true,
        stream_options: { include_usage: true },
      },
      losses: ['field:seed', 'clamped-max-tokens', 'field:user'],
    });
  });

  it('goes from Mistral to the legacy form', () => {
    const { call, losses } = read('mistral-fim', {
      model: 'x',
      prompt: 'a',
      suffix: 'b',
      max_tokens: 10,
      min_tokens: 1,
      temperature: 0,
      stop: ['x', 'y', 'z', '1', '2'],
      random_seed: 3,
      metadata: {},
    });
    assert.deepEqual(losses, ['field:metadata']);
    assert.equal(call.includeUsage, true);
    assert.deepEqual(written('legacy', call), {
      path: '/completions',
      body: {
        model: 'asked',
        prompt: 'a',
        suffix: 'b',
        max_tokens: 10,
        temperature: 0,
        stop: ['x', 'y', 'z', '1', '2'],
        seed: 3,
        stream: false,
      },
      losses: ['field:min_tokens'],
    });
  });

  it('means the same in its own form again', () => {
    for (const form of ['legacy', 'mistral-fim', 'deepseek-beta'] as const) {
      const { call } = read(form, { prompt: '', suffix: 'b', max_tokens: 0, temperature: 0.5, stop: ['x'], stream: true });
      assert.deepEqual(read(form, written(form, call).body).call, { ...call, includeUsage: call.includeUsage || call.stream });
    }
  });

  it('says how much where one side would stop after a line', () => {
    // OpenAI's own default is part of its form.
    assert.equal(read('legacy', { prompt: 'a' }).call.maxTokens, 16);
    assert.equal(written('legacy', read('mistral-fim', { prompt: 'a' }).call).body['max_tokens'], 1024);
    assert.equal(written('mistral-fim', read('mistral-fim', { prompt: 'a' }).call).body['max_tokens'], undefined);
  });

  it('has no suffix where the suffix is empty, and no empty stops', () => {
    assert.ok(!('suffix' in read('legacy', { prompt: 'a', suffix: '' }).call));
    const { body, losses } = written('legacy', { ...CALL, stop: ['', '\n'] });
    assert.deepEqual([body['stop'], losses], [['\n'], ['stop-sequences']]);
    assert.deepEqual(written('deepseek-beta', { ...CALL, stop: Array<string>(17).fill('x') }).losses, ['stop-sequences']);
  });

  it('asks a stream for usage as the provider wants it', () => {
    const call = { ...CALL, stream: true };
    const asks = { include_usage: true };
    assert.deepEqual(written('legacy', call).body['stream_options'], asks);
    assert.deepEqual(written('legacy', call, { streamUsage: 'never' }).body['stream_options'], undefined);
    assert.deepEqual(written('legacy', CALL).body['stream_options'], undefined);
    assert.deepEqual(written('mistral-fim', call).body['stream_options'], undefined);
  });

  for (const [what, body, names] of [
    ['token numbers', { prompt: [1, 2] }, /^prompt holds token numbers/],
    ['lists of token numbers', { prompt: [[1]] }, /^prompt holds token numbers/],
    ['several prompts', { prompt: ['a', 'b'] }, /^prompt holds several texts/],
    ['no prompt', {}, /^prompt is missing/],
    ['an empty list', { prompt: [] }, /^prompt is missing/],
    ['a prompt of another kind', { prompt: {} }, /^prompt must be a text/],
    ['an echo', { prompt: 'a', echo: true }, /^echo cannot be true/],
    ['several answers', { prompt: 'a', n: 2 }, /^n must be 1/],
    ['the best of several', { prompt: 'a', best_of: 3 }, /^best_of must be 1/],
    ['a limit that is none', { prompt: 'a', max_tokens: -1 }, /^max_tokens must be a whole number, 0 or more/],
    ['a limit as text', { prompt: 'a', max_tokens: '9' }, /^max_tokens/],
    ['a temperature too high', { prompt: 'a', temperature: 2.1 }, /^temperature must be a number from 0 to 2/],
    ['a suffix of another kind', { prompt: 'a', suffix: 1 }, /^suffix must be a text/],
    ['stops of another kind', { prompt: 'a', stop: [1] }, /^stop must be a text or a list/],
    ['a seed of another kind', { prompt: 'a', seed: 0.5 }, /^seed must be a whole number\./],
    ['stream options of another kind', { prompt: 'a', stream_options: true }, /^stream_options must be an object/],
  ] as const) {
    it(`is refused with ${what}`, () => assert.match(refused('legacy', body), names));
  }

  it('may say null for whatever it does not set', () => {
    const names = ['suffix', 'max_tokens', 'temperature', 'stop', 'logprobs', 'echo', 'n', 'stream_options', 'user', 'whatever'];
    const { losses } = read('legacy', { prompt: 'a', ...Object.fromEntries(names.map((name) => [name, null])) });
    assert.deepEqual(losses, []);
  });
});

describe('a completion stream', () => {
  const CHAT = [chat(''), chat('x = '), chat([{ type: 'text', text: '1' }]), chat('', 'length', { usage: USAGE }), '[DONE]'];
  const TEXT = [text('x = '), text('1'), text('', 'length'), { ...text(''), choices: [], usage: USAGE }, '[DONE]'];

  it('becomes text chunks', () => {
    const head = { id: 'cmpl-abc', object: 'text_completion', created: 7, model: 'asked' };
    const choice = (said: string, finish: string | null) => [{ text: said, index: 0, logprobs: null, finish_reason: finish }];
    for (const from of [CHAT, TEXT]) {
      assert.deepEqual(converted('legacy', from).chunks, [
        { ...head, choices: choice('x = ', null) },
        { ...head, choices: choice('1', null) },
        { ...head, choices: choice('', 'length') },
        '[DONE]',
      ]);
      assert.deepEqual(converted('deepseek-beta', from, frame({ includeUsage: true })).chunks, [
        { ...head, choices: choice('x = ', null), usage: null },
        { ...head, choices: choice('1', null), usage: null },
        { ...head, choices: choice('', 'length'), usage: null },
        { ...head, choices: [], usage: USAGE },
        '[DONE]',
      ]);
    }
  });

  it('becomes chat chunks', () => {
    const head = { id: 'abc', object: 'chat.completion.chunk', created: 7, model: 'asked' };
    for (const from of [CHAT, TEXT]) {
      assert.deepEqual(converted('mistral-fim', from).chunks, [
        { ...head, choices: [{ index: 0, delta: { role: 'assistant', content: 'x = ' }, finish_reason: null }] },
        { ...head, choices: [{ index: 0, delta: { content: '1' }, finish_reason: null }] },
        { ...head, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'length' }], usage: USAGE },
        '[DONE]',
      ]);
    }
  });

  it('keeps text that comes with the finish reason, and usage that comes with it or alone', () => {
    const { chunks } = converted('mistral-fim', [text('a', 'stop', { usage: USAGE }), '[DONE]']);
    assert.equal(chunks.length, 3);
    assert.deepEqual((chunks[1] as JsonRecord)['usage'], USAGE);
  });

  it('is read by the official SDK', async () => {
    const { bytes } = converted('legacy', CHAT, frame({ includeUsage: true }));
    const client = new OpenAI({
      apiKey: 'k',
      baseURL: 'http://127.0.0.1:9/v1',
      fetch: () => Promise.resolve(new Response(bytes, { headers: { 'content-type': 'text/event-stream' } })),
    });
    let said = '';
    let finish: string | undefined;
    let total: number | undefined;
    for await (const chunk of await client.completions.create({ model: 'x', prompt: 'a', stream: true })) {
      said += chunk.choices[0]?.text ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      total = chunk.usage?.total_tokens ?? total;
    }
    assert.deepEqual([said, finish, total], ['x = 1', 'length', 7]);
  });

  for (const [raw, legacy, mistral] of [
    ['stop', 'stop', 'stop'],
    ['eos', 'stop', 'stop'],
    ['model_length', 'length', 'length'],
    ['content_filter', 'content_filter', 'content_filter'],
    ['toString', 'stop', 'stop'],
  ] as const) {
    it(`that finishes with ${raw} says so in each form`, () => {
      const finish = (form: CompletionForm) =>
        ((converted(form, [chat('a', raw), '[DONE]']).chunks.at(-2) as { choices: JsonRecord[] }).choices[0] ?? {})[
          'finish_reason'
        ];
      assert.deepEqual([finish('legacy'), finish('mistral-fim')], [legacy, mistral]);
    });
  }

  it('ends without [DONE] when it has finished, and without a finish reason when [DONE] came', () => {
    for (const payloads of [
      [text('a', 'stop')],
      [text('a'), '[DONE]'],
      [text('a'), '[DONE]', text('b')],
      [text('a', ''), '', '[DONE]'],
    ]) {
      const { chunks, failure } = converted('legacy', payloads);
      assert.deepEqual([chunks.length, chunks.at(-1), failure], [3, '[DONE]', undefined]);
    }
  });

  for (const [what, payloads, code, says] of [
    ['was cut', [text('a')], 'upstream-broken', /cut off/],
    ['never began', [], 'upstream-broken', /cut off/],
    ['is no JSON', [text('a'), 'oops', '[DONE]'], 'upstream-broken', /not JSON/],
    ['holds an error', [text('a'), { error: { code: 429, message: 'Slow.' } }, '[DONE]'], 'upstream-rate-limited', /Slow\./],
    ['holds an error as text', [{ error: 'Bad luck.' }], 'upstream-error', /Bad luck\./],
    ['is an error of older vLLM', [{ object: 'error', message: 'Bad luck.', code: 400 }], 'bad-request', /Bad luck\./],
    ['finishes with an error', [text('a', 'error'), '[DONE]'], 'upstream-error', /broke off/],
    ['is stopped by a full provider', [text('a', 'insufficient_system_resource')], 'upstream-overloaded', /overloaded/],
  ] as const) {
    it(`that ${what} is never ended cleanly`, () => {
      for (const form of ['legacy', 'mistral-fim'] as const) {
        const { bytes, failure } = converted(form, payloads);
        assert.equal(failure?.code, code);
        assert.match(failure?.message ?? '', says);
        assert.doesNotMatch(bytes, /DONE|"stop"|"error"/);
      }
    });
  }

  it('that says error in its event name has failed', () => {
    const stream = completionStream('legacy', frame());
    assert.equal(stream.push(event('{"message":"Bad luck."}', 'error')), '');
    assert.match(stream.failure?.message ?? '', /Bad luck\./);
  });

  it('says the same as the whole answer, there and back', () => {
    const texts = fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 });
    fc.assert(
      fc.property(texts, fc.constantFrom('stop', 'length', 'content_filter'), (pieces, finish) => {
        const whole = convertCompletion(text(pieces.join(''), finish, { usage: USAGE }), 'mistral-fim', frame());
        assert.ok(!isGatewayError(whole));
        const there = converted('mistral-fim', [...pieces.map((each) => text(each)), text('', finish), { usage: USAGE }, '[DONE]']);
        const back = converted('legacy', [...there.chunks], frame({ includeUsage: true }));
        const chunks = back.chunks.filter((each) => typeof each !== 'string') as {
          choices: { text: string; finish_reason: string | null }[];
        }[];
        const choices = chunks.flatMap((each) => each.choices);
        const { message } = (whole['choices'] as { message: JsonRecord }[])[0]!;
        assert.equal(choices.map((each) => each.text).join(''), message['content']);
        assert.equal(choices.at(-1)?.finish_reason, finish);
        assert.deepEqual((chunks.at(-1) as JsonRecord | undefined)?.['usage'], whole['usage']);
      }),
    );
  });
});

describe('a whole completion', () => {
  const message = (content: unknown) => ({
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  });

  it('becomes a text completion', () => {
    assert.deepEqual(convertCompletion({ ...message('x'), usage: USAGE }, 'legacy', frame()), {
      id: 'cmpl-abc',
      object: 'text_completion',
      created: 7,
      model: 'asked',
      choices: [{ text: 'x', index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: USAGE,
    });
    assert.ok(!('usage' in convertCompletion(message('x'), 'legacy', frame())));
  });

  it('becomes a chat completion, with an estimate where usage is not told', () => {
    assert.deepEqual(convertCompletion(text('x = 1', 'length'), 'mistral-fim', frame()), {
      id: 'abc',
      object: 'chat.completion',
      created: 7,
      model: 'asked',
      choices: [{ index: 0, message: { role: 'assistant', content: 'x = 1' }, finish_reason: 'length' }],
      usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
    });
  });

  it('is an error where there is none in it', () => {
    for (const body of [{}, { choices: [] }, { error: { message: 'No.' } }, message('x').choices, text('a', 'error')]) {
      const result = convertCompletion(body as JsonRecord, 'legacy', frame());
      assert.ok(isGatewayError(result), JSON.stringify(body));
    }
  });
});

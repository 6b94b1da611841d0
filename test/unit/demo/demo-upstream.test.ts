import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { type Content, GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import type { UpstreamCall, UpstreamSink } from '../../../src/core/ports.ts';
import { createDemoUpstream } from '../../../src/core/providers/demo/demo-upstream.ts';
import { serveUpstream } from '../../support/fake-providers/serve-upstream.ts';

const CLOCK = { now: () => 1_800_000_000_000, monotonic: () => 0 };
const LABEL = /^This is Gatehouse's demo provider\. No provider was called and nothing was spent\./;
const HOW = /"Gatehouse: Add Key"/;

describe('demo provider, through the official SDKs', () => {
  let demo: Awaited<ReturnType<typeof serveUpstream>>;
  before(async () => (demo = await serveUpstream(createDemoUpstream(CLOCK, 1))));
  after(() => demo.close());

  const order = 'please\ndemo: call lookup {"q":"ä"}\nthank you';
  const schema = { type: 'object' as const, properties: { q: { type: 'string' } } };

  it('speaks Anthropic Messages: stream, whole, a tool loop, counting, models', async () => {
    const client = new Anthropic({ apiKey: 'any', baseURL: demo.url, maxRetries: 0 });
    const ask = {
      model: 'gatehouse-demo',
      max_tokens: 9,
      tools: [{ name: 'lookup', input_schema: schema }],
      messages: [{ role: 'user' as const, content: 'hello there' }],
    };
    const streamed = await client.messages.stream(ask).finalMessage();
    const whole = await client.messages.create(ask);
    assert.deepEqual(
      streamed.content[0]?.type === 'text' && streamed.content[0].text,
      whole.content[0]?.type === 'text' && whole.content[0].text,
    );
    const said = whole.content[0]?.type === 'text' ? whole.content[0].text : '';
    assert.match(said, LABEL);
    assert.match(said, HOW);
    assert.match(said, /I saw 1 message\..*You wrote: "hello there"/);
    assert.equal(whole.usage.output_tokens, Math.ceil(said.length / 4));
    assert.ok(whole.usage.input_tokens > 0);

    const called = await client.messages.stream({ ...ask, messages: [{ role: 'user', content: order }] }).finalMessage();
    assert.equal(called.stop_reason, 'tool_use');
    const use = called.content[1];
    assert.deepEqual(use?.type === 'tool_use' && [use.name, use.input], ['lookup', { q: 'ä' }]);
    const result = { type: 'tool_result' as const, tool_use_id: use?.type === 'tool_use' ? use.id : '', content: '42' };
    const messages: Anthropic.MessageParam[] = [
      { role: 'user', content: order },
      { role: 'assistant', content: called.content },
      { role: 'user', content: [result, { type: 'text', text: order }] },
    ];
    const ended = await client.messages.create({ ...ask, messages });
    assert.equal(ended.stop_reason, 'end_turn', 'an order beside its own result must not be carried out again');
    assert.match(ended.content[0]?.type === 'text' ? ended.content[0].text : '', /The tool answered: "42"/);

    const { max_tokens: _, ...counted } = ask;
    assert.equal((await client.messages.countTokens(counted)).input_tokens > 0, true);
    assert.equal((await client.models.list()).data[0]?.id, 'gatehouse-demo');
  });

  it('speaks OpenAI Chat: stream with usage, whole, a tool call, models; embeddings are refused clearly', async () => {
    const client = new OpenAI({ apiKey: 'any', baseURL: `${demo.url}/v1`, maxRetries: 0 });
    const tools: OpenAI.ChatCompletionTool[] = [{ type: 'function', function: { name: 'lookup', parameters: schema } }];
    const ask = { model: 'gatehouse-demo', messages: [{ role: 'user' as const, content: 'hello there' }], tools };
    const streamed = await client.chat.completions
      .stream({ ...ask, stream_options: { include_usage: true } })
      .finalChatCompletion();
    const whole = await client.chat.completions.create(ask);
    assert.equal(streamed.choices[0]?.message.content, whole.choices[0]?.message.content);
    assert.match(whole.choices[0]?.message.content ?? '', LABEL);
    assert.equal(streamed.usage?.total_tokens, (streamed.usage?.prompt_tokens ?? 0) + (streamed.usage?.completion_tokens ?? NaN));
    const called = await client.chat.completions
      .stream({ ...ask, messages: [{ role: 'user', content: order }] })
      .finalChatCompletion();
    const call = called.choices[0]?.message.tool_calls?.[0];
    assert.deepEqual(call?.type === 'function' && call.function.arguments, '{"q":"ä"}');
    assert.equal((await client.models.list()).data[0]?.id, 'gatehouse-demo');
    await assert.rejects(
      client.embeddings.create({ model: 'x', input: 'x' }),
      (error) => error instanceof OpenAI.APIError && error.status === 501 && HOW.test(error.message),
    );
  });

  it('speaks OpenAI Responses: stream, whole, a tool call', async () => {
    const client = new OpenAI({ apiKey: 'any', baseURL: `${demo.url}/v1`, maxRetries: 0 });
    const tools: OpenAI.Responses.Tool[] = [{ type: 'function', name: 'lookup', strict: false, parameters: schema }];
    const ask = { model: 'gatehouse-demo', input: 'hello there', tools };
    const streamed = await client.responses.stream(ask).finalResponse();
    const whole = await client.responses.create(ask);
    assert.equal(streamed.output_text, whole.output_text);
    assert.match(whole.output_text, LABEL);
    assert.ok((whole.usage?.output_tokens ?? 0) > 0);
    const called = await client.responses.stream({ ...ask, input: order }).finalResponse();
    const call = called.output.find((item) => item.type === 'function_call');
    assert.equal(call?.arguments, '{"q":"ä"}');
    assert.ok((await client.responses.inputTokens.count({ model: 'x', input: 'hello' })).input_tokens > 0);
  });

  it('speaks Gemini: stream, whole, a tool call, counting, models', async () => {
    const client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: demo.url } });
    const contents: Content[] = [{ role: 'user', parts: [{ text: '<session>' }, { text: 'hello there' }] }];
    const config = { tools: [{ functionDeclarations: [{ name: 'lookup', parametersJsonSchema: schema }] }] };
    const ask = { model: 'gatehouse-demo', contents, config };
    let streamed = '';
    for await (const chunk of await client.models.generateContentStream(ask)) streamed += chunk.text ?? '';
    const whole = await client.models.generateContent(ask);
    assert.equal(streamed, whole.text);
    assert.match(streamed, LABEL);
    assert.match(streamed, /You wrote: "hello there"/);
    const called = await client.models.generateContent({ ...ask, contents: order });
    assert.deepEqual([called.functionCalls?.[0]?.name, called.functionCalls?.[0]?.args], ['lookup', { q: 'ä' }]);
    assert.ok(((await client.models.countTokens({ model: 'x', contents: 'hello' })).totalTokens ?? 0) > 0);
    for await (const model of await client.models.list()) assert.equal(model.name, 'models/gatehouse-demo');
  });
});

interface Heard {
  readonly events: string[];
  text: string;
  readonly call: UpstreamCall;
}

describe('demo upstream', () => {
  const send = (body: unknown, paceMs = 1, path = '/v1/chat/completions', during?: (heard: Heard, what: string) => void): Heard => {
    const heard: { events: string[]; text: string; call: UpstreamCall } = {
      events: [],
      text: '',
      call: { sent: true, pause: () => {}, resume: () => {}, abort: () => {} },
    };
    const note = (what: string): void => {
      heard.events.push(what);
      during?.(heard, what);
    };
    const sink: UpstreamSink = {
      response: (status) => note(`response ${status}`),
      data: (chunk) => {
        heard.text += chunk.toString();
        note('data');
      },
      end: () => note('end'),
      fail: (failure) => note(`fail ${failure}`),
    };
    const timeouts = { connect: 1, firstByte: 1, idle: 1 };
    const payload = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const method = body === undefined ? 'GET' : 'POST';
    heard.call = createDemoUpstream(CLOCK, paceMs).send(
      { origin: 'http://demo.localhost', path, method, headers: [], body: payload, timeouts },
      sink,
    );
    return heard;
  };
  const say = (content: string, more: object = {}): object => ({ model: 'm', messages: [{ role: 'user', content }], ...more });
  const finished = async (heard: Heard): Promise<Heard> => {
    for (let n = 0; n < 400 && heard.events.at(-1) !== 'end'; n++) await sleep(5);
    assert.equal(heard.events.at(-1), 'end');
    return heard;
  };

  it('calls nothing back before send has returned', async () => {
    const heard = send(say('x'));
    assert.deepEqual(heard.events, []);
    assert.deepEqual((await finished(heard)).events, ['response 200', 'data', 'end']);
  });

  it('gives the same request the same bytes', async () => {
    const body = say('x', { stream: true });
    const first = await finished(send(body));
    const second = await finished(send(body));
    assert.equal(first.text, second.text);
    assert.notEqual(first.text, (await finished(send(say('y', { stream: true })))).text);
  });

  it('streams in about 30 chunks at its pace', async () => {
    const started = performance.now();
    const { events } = await finished(send(say('x', { stream: true }), 10));
    const chunks = events.filter((event) => event === 'data').length;
    assert.ok(chunks >= 30 && chunks <= 36, `${chunks} chunks`);
    assert.ok(performance.now() - started >= (chunks - 2) * 9);
  });

  it('holds no timer after an abort', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const heard = send(say('x'));
    assert.equal(timers(), before + 1);
    heard.call.abort();
    assert.equal(timers(), before);
  });

  it('is silent after an abort, in every phase', async () => {
    const body = say('x', { stream: true });
    const early = send(body);
    early.call.abort();
    const atResponse = send(body, 1, undefined, (heard, what) => what.startsWith('response') && heard.call.abort());
    let seen = 0;
    const later = send(body, 1, undefined, (heard, what) => what === 'data' && (seen += 1) === 5 && heard.call.abort());
    await sleep(120);
    assert.deepEqual(early.events, []);
    assert.deepEqual(atResponse.events, ['response 200']);
    assert.equal(later.events.length, 6);
    later.call.abort();
    later.call.resume();
    await sleep(20);
    assert.equal(later.events.length, 6);
  });

  it('holds everything back while paused, the end included, and loses nothing', async () => {
    const whole = (await finished(send(say('x', { stream: true })))).text;
    const heard = send(say('x', { stream: true }), 1, undefined, (each) => each.call.pause());
    for (let n = 1; n < 200 && heard.events.at(-1) !== 'end'; n++) {
      await sleep(4);
      assert.ok(heard.events.length <= n, 'an event came while paused');
      heard.call.resume();
      heard.call.resume();
    }
    assert.equal(heard.text, whole);
    assert.deepEqual([heard.events.at(-1), heard.events.filter((event) => event === 'end').length], ['end', 1]);
  });

  it('says why it did not call a tool', async () => {
    const tools = [{ type: 'function', function: { name: 'lookup' } }];
    assert.match(
      (await finished(send(say('demo: call other {}', { tools })))).text,
      /The tool \\"other\\" was not offered to me\. These were: lookup\./,
    );
    assert.match((await finished(send(say('demo: call lookup {q}', { tools })))).text, /is not a JSON object\. Write it like this/);
    assert.match((await finished(send(say('demo: call lookup', { tools })))).text, /"arguments":"\{\}"/);
  });

  it('does not carry out an old order again', async () => {
    const tools = [{ type: 'function', function: { name: 'lookup' } }];
    const messages = [
      { role: 'user', content: 'demo: call lookup {}' },
      { role: 'assistant', content: 'done' },
      { role: 'user', content: 'thanks' },
    ];
    const { text } = await finished(send({ model: 'm', messages, tools }));
    assert.match(text, /"finish_reason":"stop"/);
    assert.match(text, /I saw 3 messages\. You wrote: \\"thanks\\"/);
  });

  it('shortens what it repeats without breaking a character', async () => {
    const { text } = await finished(send(say('🌳'.repeat(500))));
    assert.match(text, /You wrote: \\"(?:🌳){240}\.\.\.\\"/u);
  });

  it('answers faulty bodies and unknown addresses with an error that says what to do', async () => {
    for (const [body, path, status] of [
      ['{', '/v1/messages', 400],
      [{}, '/v1/audio/speech', 404],
      [undefined, '/v1/files', 404],
    ] as const) {
      const heard = await finished(send(body, 1, path));
      assert.equal(heard.events[0], `response ${status}`);
      assert.match(heard.text, /Gatehouse: Add Key/);
    }
  });
});

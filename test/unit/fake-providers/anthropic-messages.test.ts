import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { type FakeProvider, startFakeProvider } from '../../support/fake-providers/server.ts';

const KEY = 'sk-ant-api03-right-key';
const TOOL: Anthropic.Tool = { name: 'lookup', input_schema: { type: 'object', properties: { q: { type: 'string' } } } };

describe('fake Anthropic with the official SDK', () => {
  let fake: FakeProvider;
  before(async () => (fake = await startFakeProvider({ dialect: 'anthropic-messages', key: KEY })));
  after(() => fake.close());
  const client = (apiKey = KEY): Anthropic => new Anthropic({ apiKey, baseURL: fake.url, maxRetries: 0 });
  const ask = { model: 'claude-opus-5-5', max_tokens: 4096, messages: [{ role: 'user' as const, content: 'hello' }] };

  it('streams thinking, text and parallel tool calls, one without arguments, and takes them back', async () => {
    fake.script({
      thinking: 'Let me think.',
      text: 'Zwölf Bäume 🌳',
      toolCalls: [{ name: 'lookup', args: { q: 'ä"\\n' } }, { name: 'lookup' }],
      pieces: 9,
    });
    const request = { ...ask, tools: [TOOL], thinking: { type: 'enabled' as const, budget_tokens: 1024 } };
    const message = await client().messages.stream(request).finalMessage();
    assert.equal(message.stop_reason, 'tool_use');
    assert.deepEqual(
      message.content.map((block) =>
        block.type === 'thinking'
          ? block.thinking
          : block.type === 'text'
            ? block.text
            : block.type === 'tool_use'
              ? block.input
              : undefined,
      ),
      ['Let me think.', 'Zwölf Bäume 🌳', { q: 'ä"\\n' }, {}],
    );
    const results = message.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'ok' }] : [],
    );
    assert.equal(results.length, 2);
    const history: Anthropic.MessageParam[] = [
      ...ask.messages,
      { role: 'assistant', content: message.content },
      { role: 'user', content: results },
    ];
    assert.equal((await client().messages.create({ ...request, messages: history })).stop_reason, 'end_turn');
    // The signature stands for its own thought and for no other.
    const changed = JSON.parse(JSON.stringify(history).replace('Let me think.', 'Let me lie.')) as Anthropic.MessageParam[];
    await assert.rejects(client().messages.create({ ...request, messages: changed }), /Invalid `signature`/);
  });

  it('hides omitted thinking but signs it, and redacts', async () => {
    fake.script({ thinking: 'secret', text: 'a' }, { thinking: 'secret', redacted: true, text: 'b' });
    const omitted = await client().messages.create({ ...ask, thinking: { type: 'adaptive', display: 'omitted' } });
    assert.deepEqual(
      omitted.content[0]?.type === 'thinking' && [omitted.content[0].thinking, omitted.content[0].signature.length > 20],
      ['', true],
    );
    const redacted = await client().messages.stream(ask).finalMessage();
    assert.equal(redacted.content[0]?.type, 'redacted_thinking');
    for (const content of [omitted.content, redacted.content]) {
      await client().messages.create({
        ...ask,
        messages: [...ask.messages, { role: 'assistant', content }, { role: 'user', content: 'on' }],
      });
    }
  });

  it('gives scripted usage, whole and streamed', async () => {
    const usage = { input: 7, cacheRead: 100, cacheWrite5m: 20, cacheWrite1h: 3, output: 11 };
    fake.script({ usage }, { usage });
    const whole = await client().messages.create(ask);
    const streamed = await client().messages.stream(ask).finalMessage();
    for (const { usage: got } of [whole, streamed]) {
      assert.equal(got.input_tokens, 7);
      assert.equal(got.cache_read_input_tokens, 100);
      assert.equal(got.cache_creation_input_tokens, 23);
      assert.equal(got.cache_creation?.ephemeral_1h_input_tokens, 3);
      assert.equal(got.output_tokens, 11);
    }
  });

  it('raises the typed errors', async () => {
    await assert.rejects(client('sk-ant-wrong').messages.create(ask), Anthropic.AuthenticationError);
    await assert.rejects(client().messages.create({ ...ask, messages: [] }), Anthropic.BadRequestError);
    fake.script({ error: { status: 429, headers: { 'retry-after': '3' } } }, { error: { status: 529 } });
    await assert.rejects(
      client().messages.create(ask),
      (error) => error instanceof Anthropic.RateLimitError && error.headers.get('retry-after') === '3',
    );
    await assert.rejects(client().messages.create(ask), /"overloaded_error"|Overloaded/);
    fake.script({ errorEvent: { status: 529 }, afterEvents: 4 });
    await assert.rejects(client().messages.stream(ask).finalMessage(), /Overloaded/);
  });

  it('counts tokens and lists models', async () => {
    const { max_tokens: _, ...counted } = ask;
    assert.ok((await client().messages.countTokens(counted)).input_tokens > 0);
    const ids = (await client().models.list()).data.map((model) => model.id);
    assert.deepEqual(ids, ['fake-large', 'fake-small']);
    assert.equal((await client().models.retrieve('fake-large')).id, 'fake-large');
  });
});

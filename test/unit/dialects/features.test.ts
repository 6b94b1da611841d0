import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../../src/core/dialects/by-id.ts';
import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';
import type { RequestFeatures } from '../../../src/core/ir/features.ts';
import { AGENT_REQUESTS } from '../../matrix/agent-requests.ts';

const read = (dialect: DialectId, body: unknown, indent?: number): RequestFeatures =>
  readBytes(dialect, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body, undefined, indent)));

/** With what is worked out when asked for. */
function readBytes(dialect: DialectId, body: Uint8Array): RequestFeatures {
  const features = DIALECTS[dialect].readFeatures(body);
  return { ...features, lastUserCharacters: features.lastUserCharacters };
}

const NOTHING: RequestFeatures = {
  tokens: 0,
  tools: 0,
  webSearch: false,
  onlyWebSearch: false,
  images: 0,
  newImages: 0,
  thinking: false,
  turns: 0,
  jsonAnswer: false,
  lastUserCharacters: 0,
  outputLimit: undefined,
  background: undefined,
};

type Messages = readonly unknown[];

/** One conversation in each dialect: two pictures, one from a tool, and a last word of the user. */
const picture = 'aVZCT1I='.repeat(500);
const CONVERSATION: Readonly<Record<DialectId, Messages>> = {
  'anthropic-messages': [
    { role: 'user', content: 'Look at both.' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'Read', input: { type: 'image' } }] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: { type: 'base64', data: picture } }] },
        { type: 'tool_result', tool_use_id: 'u', content: 'Long words that no user said.' },
      ],
    },
    { role: 'system', content: 'The date is set.' },
    { role: 'assistant', content: [{ type: 'text', text: 'Seen.' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: '<system-reminder>Keep to the plan.</system-reminder>' },
        { type: 'image', source: { type: 'base64', data: picture } },
        { type: 'text', text: 'Größer? "So"' },
      ],
    },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'v', name: 'Read', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'v', content: [{ type: 'text', text: 'Also nobody.' }] }] },
  ],
  'openai-chat': [
    { role: 'system', content: 'You help.' },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } }] },
    { role: 'user', content: 'Look at both.' },
    { role: 'assistant', content: null, tool_calls: [{ id: 't', type: 'function', function: { name: 'read', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: 't', content: 'Long words that no user said.' },
    { role: 'assistant', content: 'Seen.' },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } }] },
    { role: 'user', content: [{ type: 'text', text: 'Größer? "So"' }] },
    { role: 'assistant', content: '' },
    { role: 'tool', tool_call_id: 'v', content: [{ type: 'text', text: 'Also nobody.' }] },
  ],
  'openai-responses': [
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'You help.' }] },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Look at both.' }] },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'x' },
    { type: 'function_call', call_id: 't', name: 'read', arguments: '{}' },
    {
      type: 'function_call_output',
      call_id: 't',
      output: [{ type: 'input_image', image_url: `data:image/png;base64,${picture}` }],
    },
    { type: 'function_call_output', call_id: 'u', output: 'Long words that no user said.' },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Seen.' }] },
    {
      role: 'user',
      content: [
        { type: 'input_image', image_url: `data:image/png;base64,${picture}` },
        { type: 'input_text', text: 'Größer? "So"' },
      ],
    },
    { type: 'function_call', call_id: 'v', name: 'read', arguments: '{}' },
    { type: 'function_call_output', call_id: 'v', output: 'Also nobody.' },
  ],
  gemini: [
    { role: 'user', parts: [{ text: 'Look at both.' }] },
    { role: 'model', parts: [{ functionCall: { name: 'read', args: { text: 'mine' } } }] },
    {
      role: 'user',
      parts: [
        {
          functionResponse: {
            name: 'read',
            response: { text: 'Long words that no user said.' },
            parts: [{ inlineData: { mimeType: 'image/png', data: picture } }],
          },
        },
      ],
    },
    { role: 'model', parts: [{ text: 'Seen.' }] },
    { parts: [{ inline_data: { mime_type: 'IMAGE/PNG', data: picture } }, { text: 'Größer? "So"' }] },
    { role: 'model', parts: [{ functionCall: { name: 'read', args: {} } }] },
    {
      role: 'user',
      parts: [{ functionResponse: { name: 'read', response: { output: 'Also nobody.' }, parts: [{ text: 'Nobody.' }] } }],
    },
  ],
};

const LIST: Readonly<Record<DialectId, string>> = {
  'anthropic-messages': 'messages',
  'openai-chat': 'messages',
  'openai-responses': 'input',
  gemini: 'contents',
};

const conversation = (dialect: DialectId, messages: Messages = CONVERSATION[dialect]) => ({ [LIST[dialect]]: messages });

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, each]) => [key, reversed(each)]),
  );
}

describe('readFeatures', () => {
  for (const id of DIALECT_IDS) {
    it(`${id}: reads turns, pictures and the user's last words`, () => {
      const { turns, images, newImages, lastUserCharacters, tokens } = read(id, conversation(id));
      assert.deepEqual(
        { turns, images, newImages, lastUserCharacters },
        { turns: 7, images: 2, newImages: 1, lastUserCharacters: 12 },
      );
      // Two pictures of 1,600 and about a kilobyte of JSON. As text their base64 would be 2,000 more.
      assert.ok(tokens > 3200 && tokens < 3700, `${tokens}`);
    });

    it(`${id}: calls a picture old once the user has said something else`, () => {
      const last = { 'anthropic-messages': 'content', 'openai-chat': 'content', 'openai-responses': 'content', gemini: 'parts' }[
        id
      ];
      const said = id === 'gemini' ? [{ text: 'Go on.' }] : 'Go on.';
      const features = read(id, conversation(id, [...CONVERSATION[id], { role: 'user', [last]: said }]));
      assert.equal(features.images, 2);
      assert.equal(features.newImages, 0);
    });

    it(`${id}: has no features for what is broken or strange`, () => {
      for (const body of ['', 'x', '[]', '7', 'null', '{', '{"a":}', `{"${LIST[id]}":[{"role" "user"}]}`, `{"${LIST[id]}":["`])
        assert.deepEqual(read(id, body), NOTHING, body);
      for (const strange of ['"text"', 'null', '7', '{}', '[7,null,"x",[],{}]', '[{"role":7,"content":7,"parts":7}]']) {
        const { turns, images, tools } = read(id, `{"${LIST[id]}":${strange},"tools":${strange}}`);
        assert.ok(turns <= 1 && images === 0, strange);
        assert.ok(tools <= 2, strange);
      }
    });

    it(`${id}: is not taken in by depth`, () => {
      const deep = '[{"content":'.repeat(50_000) + '1' + '}]'.repeat(50_000);
      assert.equal(read(id, `{"${LIST[id]}":${deep},"tools":${deep.replaceAll('content', 'tools')}}`).images, 0);
    });
  }

  it('counts no text of the user that is only blanks of the format', () => {
    assert.equal(read('openai-chat', { messages: [{ role: 'user', content: '' }] }).lastUserCharacters, 0);
    assert.equal(read('openai-responses', { input: 'Two words' }).lastUserCharacters, 9);
    assert.equal(read('openai-responses', { input: 'Two words' }).turns, 1);
  });

  it('takes long words by their bytes', () => {
    const long = 'ä'.repeat(10_000);
    assert.equal(read('openai-chat', { messages: [{ role: 'user', content: long }] }).lastUserCharacters, 20_000);
  });

  it('depends neither on the order of members nor on white space', () => {
    for (const { dialect, body, name } of AGENT_REQUESTS) {
      const features = read(dialect, body);
      assert.deepEqual(read(dialect, reversed(body)), features, name);
      assert.deepEqual({ ...read(dialect, body, 2), tokens: 0 }, { ...features, tokens: 0 }, name);
    }
  });

  it('never throws, whatever becomes of a body on its way', () => {
    const bodies = AGENT_REQUESTS.map(({ dialect, body }) => ({ dialect, bytes: Buffer.from(JSON.stringify(body)) }));
    fc.assert(
      fc.property(
        fc.constantFrom(...bodies),
        fc.nat(),
        fc.nat(),
        fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', 'x'),
        ({ dialect, bytes }, cut, at, byte) => {
          const spoilt = Buffer.from(bytes);
          spoilt[at % spoilt.length] = byte.charCodeAt(0);
          const { tokens, turns } = DIALECTS[dialect].readFeatures(spoilt);
          assert.ok(tokens >= 0 && turns >= 0);
          assert.deepEqual(readBytes(dialect, bytes.subarray(0, cut % bytes.length)), NOTHING);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('readFeatures: media', () => {
  const anthropic = (...content: readonly unknown[]) => read('anthropic-messages', { messages: [{ role: 'user', content }] });
  const data = 'QUJD'.repeat(50_000);

  it('counts a document by its size, one elsewhere by a guess, and a text as a text', () => {
    const document = (source: object) => anthropic({ type: 'document', source }).tokens;
    // 150,000 bytes: three pages of 3,000.
    assert.ok(Math.abs(document({ type: 'base64', media_type: 'application/pdf', data }) - 12_000) < 3100);
    assert.ok(Math.abs(document({ type: 'url', url: 'https://example.com/a.pdf' }) - 15_000) < 100);
    assert.ok(Math.abs(document({ type: 'text', media_type: 'text/plain', data }) - 50_000) < 100);
    const inline = (mimeType: string) => read('gemini', { contents: [{ parts: [{ inlineData: { mimeType, data } }] }] }).tokens;
    assert.ok(Math.abs(inline('audio/mp3') - 300) < 50);
    assert.ok(Math.abs(inline('text/csv') - 50_000) < 100);
    assert.ok(Math.abs(inline('application/pdf') - 12_000) < 3100);
    const chat = (file: object) => read('openai-chat', { messages: [{ role: 'user', content: [{ type: 'file', file }] }] }).tokens;
    assert.ok(Math.abs(chat({ file_data: `data:application/pdf;base64,${data}` }) - 12_000) < 3100);
    assert.ok(Math.abs(chat({ file_id: 'file-1' }) - 15_000) < 100);
    const part = (file: object) =>
      read('openai-responses', { input: [{ role: 'user', content: [{ type: 'input_file', ...file }] }] });
    assert.ok(Math.abs(part({ file_data: data }).tokens - 12_000) < 3100);
    assert.ok(Math.abs(part({ file_url: 'https://example.com/a.pdf' }).tokens - 15_000) < 100);
  });

  it('does not take words about pictures for pictures', () => {
    const words = '{"type":"image","source":{"type":"base64","data":"x"}}';
    assert.equal(anthropic({ type: 'text', text: words }, { type: 'tool_use', input: { type: 'image', content: [] } }).images, 0);
    const chat = { role: 'assistant', tool_calls: [{ function: { arguments: words } }], content: words };
    assert.equal(read('openai-chat', { messages: [chat] }).images, 0);
  });

  it("counts screenshots and pictures that the provider's tool drew", () => {
    const features = read('openai-responses', {
      input: [
        { role: 'user', content: 'Look.' },
        { type: 'image_generation_call', result: data },
        { type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', image_url: data } },
      ],
    });
    assert.equal(features.images, 2);
    assert.ok(features.tokens < 3300);
  });
});

describe('readFeatures: tools', () => {
  const counts = (dialect: DialectId, body: object) => {
    const { tools, webSearch, onlyWebSearch } = read(dialect, body);
    return [tools, webSearch, onlyWebSearch];
  };

  it('tells tools of the agent from those of the provider', () => {
    const own = { name: 'Bash', input_schema: {} };
    const search = { type: 'web_search_20250305', name: 'web_search' };
    assert.deepEqual(counts('anthropic-messages', { tools: [own, { type: 'bash_20250124', name: 'bash' }] }), [2, false, false]);
    assert.deepEqual(counts('anthropic-messages', { tools: [own, search] }), [1, true, false]);
    assert.deepEqual(counts('anthropic-messages', { tools: [search] }), [0, true, true]);
    assert.deepEqual(counts('anthropic-messages', { tools: [search, { type: 'code_execution_20250825' }] }), [0, true, false]);
    const called = { type: 'tool', name: 'web_search' };
    assert.deepEqual(counts('anthropic-messages', { tools: [own, search], tool_choice: called }), [1, true, true]);
    assert.deepEqual(counts('anthropic-messages', { tools: [own], tool_choice: called }), [1, false, false]);

    const chat = { type: 'function', function: { name: 'f', parameters: { type: 'web_search' } } };
    assert.deepEqual(counts('openai-chat', { tools: [chat, { type: 'custom', custom: { name: 'c' } }] }), [2, false, false]);
    assert.deepEqual(counts('openai-chat', { functions: [{ name: 'f' }] }), [1, false, false]);
    assert.deepEqual(counts('openai-chat', { web_search_options: {} }), [0, true, true]);
    assert.deepEqual(counts('openai-chat', { tools: [chat], web_search_options: {} }), [1, true, false]);

    const plain = { type: 'function', name: 'f' };
    const namespace = { type: 'namespace', name: 'n', tools: [plain, { type: 'custom', name: 'c' }] };
    assert.deepEqual(counts('openai-responses', { tools: [plain, namespace, { type: 'local_shell' }] }), [4, false, false]);
    assert.deepEqual(counts('openai-responses', { input: [{ type: 'additional_tools', tools: [namespace] }] }), [2, false, false]);
    assert.deepEqual(counts('openai-responses', { tools: [{ type: 'tool_search', execution: 'client' }] }), [1, false, false]);
    assert.deepEqual(counts('openai-responses', { tools: [{ type: 'tool_search' }, { type: 'mcp' }] }), [0, false, false]);
    const online = { type: 'web_search_preview' };
    assert.deepEqual(counts('openai-responses', { tools: [{ type: 'namespace', tools: [] }, online] }), [0, true, true]);
    assert.deepEqual(counts('openai-responses', { tools: [plain, online] }), [1, true, false]);
    assert.deepEqual(counts('openai-responses', { tools: [plain, online], tool_choice: online }), [1, true, true]);

    const functions = { functionDeclarations: [{ name: 'f' }, { name: 'g' }] };
    assert.deepEqual(counts('gemini', { tools: [functions, { codeExecution: {} }] }), [2, false, false]);
    assert.deepEqual(counts('gemini', { tools: [{ function_declarations: [{ name: 'f' }], google_search: {} }] }), [
      1,
      true,
      false,
    ]);
    assert.deepEqual(counts('gemini', { tools: [{ googleSearch: {} }, { urlContext: {} }] }), [0, true, true]);
    const none = { functionCallingConfig: { mode: 'none' } };
    assert.deepEqual(counts('gemini', { tools: [functions, { googleSearch: {} }], toolConfig: none }), [2, true, true]);
  });
});

describe('readFeatures: settings', () => {
  const thinks = (dialect: DialectId, ...bodies: readonly object[]) => bodies.map((body) => read(dialect, body).thinking);

  it('calls thinking what is more than agents ask for by themselves', () => {
    const effort = (word: string, type = 'adaptive') => ({ thinking: { type }, output_config: { effort: word } });
    const usual = [effort('medium'), { thinking: { type: 'enabled', budget_tokens: 31_999 } }, effort('max', 'disabled'), {}];
    const more = [effort('high'), effort('max', 'enabled'), { thinking: { type: 'enabled', budget_tokens: 48_000 } }];
    assert.deepEqual(thinks('anthropic-messages', ...usual, ...more), [false, false, false, false, true, true, true]);

    const chat = ['none', 'low', 'medium', 'high', 'xhigh'].map((word) => ({ reasoning_effort: word }));
    assert.deepEqual(thinks('openai-chat', ...chat, { reasoning: { effort: 'high' } }), [false, false, false, true, true, true]);
    const responses = [{ summary: 'auto' }, { effort: 'medium' }, { effort: 'high' }].map((reasoning) => ({ reasoning }));
    assert.deepEqual(thinks('openai-responses', ...responses), [false, false, true]);
    const gemini = [{ thinkingLevel: 'HIGH' }, { thinkingBudget: -1 }, { thinkingBudget: 8192 }, { thinking_budget: 24_576 }];
    const configs = gemini.map((thinkingConfig) => ({ generationConfig: { thinkingConfig } }));
    assert.deepEqual(thinks('gemini', ...configs), [false, false, false, true]);
  });

  it('sees where the answer must be JSON', () => {
    const json = (dialect: DialectId, body: object) => read(dialect, body).jsonAnswer;
    assert.ok(json('anthropic-messages', { output_config: { format: { type: 'json_schema', schema: {} } } }));
    assert.ok(json('anthropic-messages', { output_format: { type: 'json_schema', schema: {} } }));
    assert.ok(!json('anthropic-messages', { output_config: { effort: 'low' } }));
    assert.ok(json('openai-chat', { response_format: { type: 'json_object' } }));
    assert.ok(!json('openai-chat', { response_format: { type: 'text' } }));
    assert.ok(json('openai-responses', { text: { format: { type: 'json_schema' } } }));
    assert.ok(!json('openai-responses', { text: { verbosity: 'low' } }));
    assert.ok(json('gemini', { generationConfig: { responseMimeType: 'application/json' } }));
    assert.ok(json('gemini', { generation_config: { response_schema: { type: 'OBJECT' } } }));
    assert.ok(!json('gemini', { generationConfig: { responseMimeType: 'text/plain' } }));
  });
});

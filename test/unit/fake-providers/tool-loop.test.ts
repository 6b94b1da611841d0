import assert from 'node:assert/strict';
import { type FakeProvider, startFakeProvider } from '../../support/fake-providers/server.ts';
import { toolLoop } from '../../support/fake-providers/tool-loop.ts';
import { post } from './rules.ts';

const KEY = 'fake-key';
const COMMAND = 'echo hi > hello.txt';
const schema = (properties: object, required: string[] = []): object => ({ type: 'object', properties, required });
const string = { type: 'string' };
const BASH = schema({ command: string, description: string }, ['command']);

describe('toolLoop', () => {
  let fake: FakeProvider;
  before(async () => (fake = await startFakeProvider({ key: KEY, script: toolLoop({ command: COMMAND, final: 'All done.' }) })));
  after(() => fake.close());
  const bearer = { authorization: `Bearer ${KEY}` };
  const anthropic = { 'x-api-key': KEY, 'anthropic-version': '2023-06-01', 'anthropic-beta': 'claude-code-20250219' };

  it("calls Claude Code's Bash, sees its result behind a system turn, and ends", async () => {
    const tools = [
      { name: 'Agent', input_schema: schema({}) },
      { name: 'Bash', input_schema: BASH },
    ];
    const first = {
      model: 'claude-opus-5-5',
      max_tokens: 9,
      tools,
      messages: [
        { role: 'user', content: 'go' },
        { role: 'system', content: 'env' },
      ],
    };
    const { json } = await post(fake, '/v1/messages', anthropic, first);
    const [call] = json.content;
    assert.deepEqual([call.type, call.name, call.input], ['tool_use', 'Bash', { command: COMMAND }]);
    const result = [
      { type: 'tool_result', tool_use_id: call.id, content: '' },
      { type: 'text', text: 'a reminder' },
    ];
    const messages = [
      ...first.messages,
      { role: 'assistant', content: json.content },
      { role: 'user', content: result },
      { role: 'system', content: 'late' },
    ];
    assert.equal((await post(fake, '/v1/messages', anthropic, { ...first, messages })).json.content[0].text, 'All done.');
  });

  it("calls Codex's exec_command, its old shell and its custom exec", async () => {
    const ask = async (tools: object[], input: object[] = [{ role: 'user', content: 'go' }]): Promise<any> =>
      (await post(fake, '/v1/responses', bearer, { model: 'gpt-5.5', tools, input })).json.output[0];
    const plain = { type: 'function', name: 'exec_command', parameters: schema({ cmd: string }, ['cmd']) };
    const call = await ask([{ type: 'function', name: 'write_stdin', parameters: schema({}) }, plain]);
    assert.deepEqual([call.type, JSON.parse(call.arguments)], ['function_call', { cmd: COMMAND }]);
    const final = await ask(
      [plain],
      [{ role: 'user', content: 'go' }, call, { type: 'function_call_output', call_id: call.call_id, output: 'ok' }],
    );
    assert.equal(final.content[0].text, 'All done.');
    const shell = await ask([
      { type: 'function', name: 'shell', parameters: schema({ command: { type: 'array', items: string } }, ['command']) },
    ]);
    assert.deepEqual(JSON.parse(shell.arguments), { command: ['bash', '-lc', COMMAND] });
    const lite = {
      type: 'additional_tools',
      role: 'developer',
      tools: [{ type: 'namespace', name: 'functions', tools: [{ type: 'custom', name: 'exec' }] }],
    };
    const custom = await ask([], [lite, { role: 'user', content: 'go' }]);
    assert.deepEqual([custom.type, custom.name, custom.namespace], ['custom_tool_call', 'exec', 'functions']);
    assert.match(custom.input, /hello\.txt/);
  });

  it('works in chat and in Gemini, and fills what a schema requires', async () => {
    const run = {
      name: 'execute_command',
      parameters: schema({ command: string, requires_approval: { type: 'boolean' } }, ['command', 'requires_approval']),
    };
    const chat = await post(fake, '/v1/chat/completions', bearer, {
      model: 'm',
      messages: [{ role: 'user', content: 'go' }],
      tools: [{ type: 'function', function: run }],
    });
    const called = chat.json.choices[0].message;
    assert.deepEqual(JSON.parse(called.tool_calls[0].function.arguments), { command: COMMAND, requires_approval: false });
    const after = [
      { role: 'user', content: 'go' },
      called,
      { role: 'tool', tool_call_id: called.tool_calls[0].id, content: 'ok' },
    ].map(({ annotations: _annotations, ...rest }: any) => rest);
    assert.equal(
      (await post(fake, '/v1/chat/completions', bearer, { model: 'm', messages: after })).json.choices[0].message.content,
      'All done.',
    );

    const tools = [{ functionDeclarations: [{ name: 'run_shell_command', parametersJsonSchema: BASH }] }];
    const path = '/v1beta/models/gemini-3.1-pro-preview:generateContent';
    const ask = { contents: [{ role: 'user', parts: [{ text: 'go' }] }] as object[], tools };
    const gemini = await post(fake, path, { 'x-goog-api-key': KEY }, ask);
    const { content } = gemini.json.candidates[0];
    assert.deepEqual(content.parts[0].functionCall, { name: 'run_shell_command', args: { command: COMMAND } });
    const result = { role: 'user', parts: [{ functionResponse: { name: 'run_shell_command', response: { output: 'ok' } } }] };
    const final = await post(fake, path, { 'x-goog-api-key': KEY }, { ...ask, contents: [...ask.contents, content, result] });
    assert.equal(final.json.candidates[0].content.parts[0].text, 'All done.');
  });

  it('prefers the named tool, and gives the final text at once where nothing fits', async () => {
    const named = await startFakeProvider({
      key: KEY,
      script: toolLoop({ tool: ['Write', 'write_file'], args: (name) => ({ via: name }), final: 'Done.' }),
    });
    const ask = async (...names: string[]): Promise<any> => {
      const tools = names.map((name) => ({ name, input_schema: BASH }));
      return (
        await post(named, '/v1/messages', anthropic, {
          model: 'm',
          max_tokens: 9,
          messages: [{ role: 'user', content: 'go' }],
          tools,
        })
      ).json.content[0];
    };
    assert.deepEqual((await ask('Bash', 'write_file')).input, { via: 'write_file' });
    assert.equal((await ask('Bash')).text, 'Done.');
    await named.close();
  });
});

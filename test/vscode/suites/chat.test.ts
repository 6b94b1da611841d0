import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GatehouseRequest } from '../../../gatehouse.d.ts';
import { chooseTools } from '../../../src/vscode/chat/tools.ts';
import { eventually, gatehouse } from './gatehouse.ts';

describe('what chat stands on in the editor', () => {
  before(() => gatehouse());

  const settings = () => vscode.workspace.getConfiguration();
  const echo = () =>
    eventually('the model', async () =>
      (await vscode.lm.selectChatModels({ vendor: 'gatehouse' })).find(({ id }) => id === 'demo/echo'),
    );

  it('offers the tools of the editor by names and schemas that can be sent', () => {
    const names = vscode.lm.tools.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, description, inputSchema } of vscode.lm.tools) {
      assert.ok(name !== '' && typeof description === 'string');
      assert.ok(inputSchema === undefined || typeof inputSchema === 'object');
    }
    const { tools } = chooseTools(vscode.lm.tools, []);
    const offered = tools.map(({ name }) => name);
    assert.ok(offered.includes('run_in_terminal'), names.join(' '));
    for (const own of ['setup_tools_createNewWorkspace', 'vscode_editFile_internal', 'runSubagent'])
      assert.ok(!offered.includes(own), own);
  });

  it('answers through vscode.lm while AI features are switched off and nobody is signed in, and books it', async () => {
    const api = await gatehouse();
    assert.equal((await vscode.authentication.getAccounts('github').then(undefined, () => [])).length, 0);
    await settings().update('chat.disableAIFeatures', true, vscode.ConfigurationTarget.Global);
    const settled: GatehouseRequest[] = [];
    const listening = api.onDidSettle((request) => settled.push(request));
    try {
      const model = await echo();
      const response = await model.sendRequest([vscode.LanguageModelChatMessage.User('still there?')]);
      let text = '';
      for await (const piece of response.text) text += piece;
      assert.match(text, /still there\?/);
      const request = await eventually('the settlement', () => settled[0]);
      assert.deepEqual([request.settled, request.agent], ['done', 'editor']);
    } finally {
      listening.dispose();
      await settings().update('chat.disableAIFeatures', undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('gives usage with an answer, in the form that the context ring reads', async () => {
    const response = await (await echo()).sendRequest([vscode.LanguageModelChatMessage.User('count me')]);
    const usage: unknown[] = [];
    for await (const part of response.stream) {
      if (part instanceof vscode.LanguageModelDataPart && part.mimeType === 'usage')
        usage.push(JSON.parse(Buffer.from(part.data).toString('utf8')));
    }
    assert.equal(usage.length, 1);
    const [counts] = usage as Record<string, number>[];
    assert.ok((counts?.['prompt_tokens'] ?? 0) > 0);
    assert.equal(counts?.['total_tokens'], (counts?.['prompt_tokens'] ?? 0) + (counts?.['completion_tokens'] ?? 0));
  });

  it('counts tokens of many parts at no cost', async () => {
    const model = await echo();
    const started = performance.now();
    const message = vscode.LanguageModelChatMessage.User('word '.repeat(2_000));
    for (let n = 0; n < 50; n += 1) assert.ok((await model.countTokens(message)) > 2_000);
    assert.ok(performance.now() - started < 2_000, `${performance.now() - started} ms`);
  });

  it('contributes its commands', () => {
    const extension = vscode.extensions.getExtension('gatehouse.gatehouse');
    const manifest = extension?.packageJSON as {
      contributes: { chatParticipants: { commands: { name: string }[] }[] };
    };
    assert.deepEqual(
      manifest.contributes.chatParticipants[0]?.commands.map(({ name }) => name),
      ['agent', 'compare', 'cost', 'route'],
    );
  });
});

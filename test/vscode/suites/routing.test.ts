import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GatehouseRequest } from '../../../gatehouse.d.ts';
import { agentVariables, eventually, gatehouse } from './gatehouse.ts';

describe('routing in the editor', () => {
  const settings = () => vscode.workspace.getConfiguration('gatehouse');
  const previous: Record<string, unknown> = {};

  before(async () => {
    await gatehouse();
    for (const name of ['agents', 'models']) previous[name] = settings().inspect(name)?.globalValue;
    await settings().update('models', { fast: 'demo/echo' }, vscode.ConfigurationTarget.Global);
    await settings().update(
      'agents',
      {
        chat: { model: 'demo/echo' },
        'claude-code': { model: 'fast', routes: [{ name: 'titles', when: { model: '*haiku*' }, to: 'demo/echo' }] },
      },
      vscode.ConfigurationTarget.Global,
    );
  });

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const name of ['agents', 'models']) await settings().update(name, previous[name], vscode.ConfigurationTarget.Global);
  });

  const ask = async (): Promise<Response> => {
    const { ANTHROPIC_BASE_URL: url = '', ANTHROPIC_AUTH_TOKEN: token = '' } = await agentVariables('claude-code');
    const messages = [{ role: 'user', content: 'a title, please' }];
    return fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'claude-haiku-4-5', max_tokens: 20, messages }),
    });
  };

  const routeDocument = (pattern: RegExp): Promise<vscode.TextDocument> =>
    eventually(`a document that matches ${pattern}`, () =>
      vscode.workspace.textDocuments.find((open) => open.uri.scheme === 'gatehouse-route' && pattern.test(open.getText())),
    );

  it('offers aliases as models, and shows what an agent on an alias is served by', async () => {
    const models = await eventually('the alias', async () => {
      const all = await vscode.lm.selectChatModels({ vendor: 'gatehouse' });
      return all.some(({ id }) => id === 'fast') && all.some(({ id }) => id === 'agent/claude-code') ? all : undefined;
    });
    const alias = models.find(({ id }) => id === 'fast');
    const response = await alias?.sendRequest([vscode.LanguageModelChatMessage.User('hello')]);
    let text = '';
    for await (const piece of response?.text ?? []) text += piece;
    assert.match(text, /demo provider/);
  });

  it('explains a route in a document that nobody can write into, and anew when it is run again', async () => {
    await vscode.commands.executeCommand('gatehouse.explainRoute', 'claude-code', 'claude-haiku-4-5');
    const document = await routeDocument(/It would go to \*\*demo\/echo\*\*/);
    assert.equal(document.languageId, 'markdown');
    assert.match(document.getText(), /1\. ✔ \*\*titles\*\* → demo\/echo \(takes it\)/);
    assert.equal(vscode.workspace.fs.isWritableFileSystem(document.uri.scheme), undefined);
    await vscode.commands.executeCommand('gatehouse.pauseAgent', 'claude-code');
    await vscode.commands.executeCommand('gatehouse.explainRoute', 'claude-code', 'claude-haiku-4-5');
    assert.equal((await routeDocument(/The agent is paused/)).uri.toString(), document.uri.toString());
    await vscode.commands.executeCommand('gatehouse.resumeAgent', 'claude-code');
  });

  it('shows the route of a request that was settled', async () => {
    const api = await gatehouse();
    const settled: GatehouseRequest[] = [];
    const listening = api.onDidSettle((request) => settled.push(request));
    const answer = await ask();
    assert.equal(answer.status, 200);
    await answer.text();
    const id = answer.headers.get('x-gatehouse-request');
    const request = await eventually('the settlement', () => settled.find((each) => each.id === id));
    listening.dispose();
    await vscode.commands.executeCommand('gatehouse.showRoute', request.id, request.at.getTime());
    const text = (await routeDocument(new RegExp(request.id))).getText();
    assert.match(text, /It asked for \*\*claude-haiku-4-5\*\* and was answered by \*\*demo\/echo\*\*/);
    assert.match(text, /Rule of the agent that matched: \*\*1 titles\*\*/);
  });

  it('refuses what a paused agent asks for until it is resumed', async () => {
    await vscode.commands.executeCommand('gatehouse.pauseAgent', 'claude-code');
    const refused = await ask();
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /paused/);
    await vscode.commands.executeCommand('gatehouse.resumeAgent', 'claude-code');
    assert.equal((await ask()).status, 200);
  });
});

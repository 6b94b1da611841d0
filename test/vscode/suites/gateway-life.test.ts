import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GatehouseExports } from '../../../gatehouse.d.ts';
import { agentVariables, eventually, gatehouse } from './gatehouse.ts';

describe('the gateway of a window', () => {
  before(() => gatehouse());

  it('listens on loopback and says nothing to those without a token', async () => {
    const { ANTHROPIC_BASE_URL: url = '' } = await agentVariables('claude-code');
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(await (await fetch(`${url}/healthz`)).text(), 'ok');
    assert.equal((await fetch(`${url}/v1/messages`, { method: 'POST', body: '{}' })).status, 401);
  });

  it('keeps port and tokens over a restart, so that open terminals go on working', async () => {
    const before = await agentVariables('claude-code');
    await vscode.commands.executeCommand('gatehouse.restartGateway');
    const after = await eventually('the gateway', () => agentVariables('claude-code'));
    assert.equal(after['ANTHROPIC_BASE_URL'], before['ANTHROPIC_BASE_URL']);
    assert.equal(after['ANTHROPIC_AUTH_TOKEN'], before['ANTHROPIC_AUTH_TOKEN']);
    await gatehouse();
  });

  it('takes a new setting over for the next request', async () => {
    const settings = vscode.workspace.getConfiguration('gatehouse');
    await settings.update(
      'agents',
      { chat: { model: 'demo/echo' }, 'claude-code': { model: 'demo/echo' } },
      vscode.ConfigurationTarget.Global,
    );
    const { ANTHROPIC_BASE_URL: url = '', ANTHROPIC_AUTH_TOKEN: token = '' } = await agentVariables('claude-code');
    const answer = await eventually('the demo', async () => {
      const response = await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({
          model: 'claude-haiku-4-5',
          max_tokens: 20,
          messages: [{ role: 'user', content: 'a title, please' }],
        }),
      });
      return response.headers.get('x-gatehouse-target') === 'demo/echo' ? response : undefined;
    });
    assert.equal(answer.status, 200);
  });

  it('goes on with its last good settings when new ones are faulty', async () => {
    const settings = vscode.workspace.getConfiguration('gatehouse');
    await settings.update('agents', { chat: { model: 'antropic/claude' } }, vscode.ConfigurationTarget.Global);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { ANTHROPIC_BASE_URL: url = '' } = await agentVariables('claude-code');
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    await settings.update('agents', { chat: { model: 'demo/echo' } }, vscode.ConfigurationTarget.Global);
  });

  it('offers its API in version 1 and no other, frozen', async () => {
    const extension = vscode.extensions.getExtension<GatehouseExports>('gatehouse.gatehouse');
    const api = await gatehouse();
    assert.throws(() => extension?.exports.getApi(2 as 1), /version 1/);
    assert.ok(Object.isFrozen(api));
    const [total] = await api.usage({ by: [] });
    assert.ok(total !== undefined && total.requests > 0);
  });
});

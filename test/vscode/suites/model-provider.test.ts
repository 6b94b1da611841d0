import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GatehouseRequest } from '../../../gatehouse.d.ts';
import { eventually, gatehouse } from './gatehouse.ts';

describe('models in the editor', () => {
  before(() => gatehouse());

  const model = (id: string) =>
    eventually(`the model ${id}`, async () =>
      (await vscode.lm.selectChatModels({ vendor: 'gatehouse' })).find((known) => known.id === id),
    );

  it('are every agent with a model and every configured model', async () => {
    assert.equal((await model('agent/chat')).vendor, 'gatehouse');
    assert.equal((await model('demo/echo')).vendor, 'gatehouse');
  });

  it('answer through vscode.lm, in pieces, and are booked', async () => {
    const api = await gatehouse();
    const settled: GatehouseRequest[] = [];
    const listening = api.onDidSettle((request) => settled.push(request));
    const echo = await model('demo/echo');
    const response = await echo.sendRequest([vscode.LanguageModelChatMessage.User('what do the owls say')]);
    const pieces: string[] = [];
    for await (const piece of response.text) pieces.push(piece);
    assert.match(pieces.join(''), /demo provider/);
    assert.match(pieces.join(''), /what do the owls say/);
    assert.ok(pieces.length > 3, `a stream, not ${pieces.length} pieces`);
    const request = await eventually('the settlement', () => settled[0]);
    listening.dispose();
    assert.equal(request.agent, 'editor');
    assert.equal(`${request.provider}/${request.model}`, 'demo/echo');
    assert.equal(request.settled, 'done');
    assert.ok(request.input > 0 && request.output > 0);
    assert.equal(request.costUsd, '0.000000000');
  });

  it('call the tools they are offered', async () => {
    const echo = await model('demo/echo');
    const response = await echo.sendRequest([vscode.LanguageModelChatMessage.User('demo: call look_up {"word":"owl"}')], {
      tools: [
        {
          name: 'look_up',
          description: 'Looks a word up',
          inputSchema: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
        },
      ],
    });
    const calls: vscode.LanguageModelToolCallPart[] = [];
    for await (const part of response.stream) if (part instanceof vscode.LanguageModelToolCallPart) calls.push(part);
    assert.deepEqual(
      calls.map(({ name, input }) => ({ name, input })),
      [{ name: 'look_up', input: { word: 'owl' } }],
    );
  });

  it('stop when the caller cancels, and the ledger says so', async () => {
    const api = await gatehouse();
    const settled: GatehouseRequest[] = [];
    const listening = api.onDidSettle((request) => settled.push(request));
    const cancel = new vscode.CancellationTokenSource();
    const echo = await model('demo/echo');
    const response = await echo.sendRequest([vscode.LanguageModelChatMessage.User('a long story')], {}, cancel.token);
    const reading = (async () => {
      for await (const _piece of response.text) cancel.cancel();
    })();
    await reading.catch(() => {});
    const request = await eventually('the settlement', () => settled[0]);
    listening.dispose();
    assert.equal(request.settled, 'aborted');
    assert.equal(request.estimated, true);
  });
});

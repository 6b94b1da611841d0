import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GatehouseExports } from '../../../gatehouse.d.ts';

describe('Restricted Mode', () => {
  it('starts no gateway, reads no key and offers no model, but is there to say so', async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    const extension = vscode.extensions.getExtension<GatehouseExports>('gatehouse.gatehouse');
    const exports = await extension?.activate();
    assert.ok(exports);
    // Long enough for a start that should not happen.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await assert.rejects(exports.getApi(1).usage({ by: [] }), /not running/);
    assert.deepEqual(await vscode.lm.selectChatModels({ vendor: 'gatehouse' }), []);
    assert.ok((await vscode.commands.getCommands(true)).includes('gatehouse.addKey'));
  });
});

import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const EXTENSION_ID = 'gatehouse.gatehouse';

describe('the extension in a real editor', () => {
  it('is present and activates', async () => {
    const extension = vscode.extensions.getExtension(EXTENSION_ID);
    assert.ok(extension, `${EXTENSION_ID} is not installed in this extension host`);
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('registers every command that its manifest offers, so that no palette entry ends in "command not found"', async () => {
    const extension = vscode.extensions.getExtension(EXTENSION_ID);
    assert.ok(extension);
    await extension.activate();
    const manifest = extension.packageJSON as { contributes?: { commands?: readonly { command: string }[] } };
    const offered = (manifest.contributes?.commands ?? []).map(({ command }) => command);
    assert.ok(offered.length > 0, 'the manifest offers no command at all');
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      offered.filter((command) => !registered.has(command)),
      [],
    );
  });
});

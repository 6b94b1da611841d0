import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { eventually, gatehouse } from './gatehouse.ts';

describe('terminals', () => {
  before(() => gatehouse());

  it('get nothing unless the user wants it', async () => {
    assert.ok(!(await environmentOfNewTerminal('plain')).includes('ANTHROPIC_BASE_URL='));
  });

  it('all get the variables of the agents when it is switched on, and lose them when it is switched off', async () => {
    const settings = vscode.workspace.getConfiguration('gatehouse');
    await settings.update('terminal.injectEnvironment', true, vscode.ConfigurationTarget.Global);
    await eventually('the variables', async () => {
      const environment = await environmentOfNewTerminal('injected');
      return (
        /^ANTHROPIC_BASE_URL=http:\/\/127\.0\.0\.1:/m.test(environment) &&
        /^GEMINI_API_KEY=gh-/m.test(environment) &&
        /^NO_PROXY=.*127\.0\.0\.1/m.test(environment)
      );
    });
    await settings.update('terminal.injectEnvironment', undefined, vscode.ConfigurationTarget.Global);
    await eventually('a plain terminal', async () => !(await environmentOfNewTerminal('again')).includes('ANTHROPIC_BASE_URL='));
  });
});

let count = 0;

async function environmentOfNewTerminal(name: string): Promise<string> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const file = path.join(folder, `${name}-${count++}.txt`);
  const terminal = vscode.window.createTerminal({ name, cwd: folder });
  terminal.sendText(`env > '${file}.part' && mv '${file}.part' '${file}'`);
  try {
    return await eventually('the shell', () => (existsSync(file) ? readFileSync(file, 'utf8') : undefined));
  } finally {
    terminal.dispose();
  }
}

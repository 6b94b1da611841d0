import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { filesHolding } from '../support/files-holding.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import { screenshot } from '../ui/launch/screenshots.ts';
import { findWebview } from '../ui/launch/webview.ts';
import {
  answerInputBox,
  pickItem,
  runCommand,
  typeInTerminal,
  until,
  waitForNotification,
  waitForStatusBar,
} from '../ui/launch/workbench.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { installAgent } from './launch/programs.ts';

const CONTENT = 'written from the editor';

/** The whole of it at once: a key from the palette, a real agent in a terminal, its money in the status bar and the panel. */
describe('Claude Code in a terminal of the editor', function () {
  this.timeout(120_000);
  const key = `sk-ant-${randomBytes(18).toString('hex')}`;
  const workspace = temporaryFolder('workspace');
  let fake: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    const loop = toolLoop({ command: `printf '%s' '${CONTENT}' > hello.txt`, final: 'The file is written.' });
    fake = await startFakeProvider({
      dialect: 'anthropic-messages',
      key,
      script: (request) => ({ ...loop(request), usage: { input: 12_000, cacheRead: 30_000, output: 450 } }),
    });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: { 'gatehouse.providers': { anthropic: { kind: 'anthropic', baseUrl: fake.url } } },
      trusted: true,
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    await fake?.close();
    workspace.remove();
  });

  it('writes the file, is booked, and shows its cost, while the key stays where it is', async () => {
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, key);
    await answerInputBox(page, 'work');
    await waitForNotification(page, /was added/);

    await runCommand(page, 'Gatehouse: Open Terminal for Agent');
    await pickItem(page, 'claude-code');
    await page.locator('.terminal.xterm').first().waitFor();
    const { binary } = await installAgent('claude-code');
    const quiet = 'DISABLE_TELEMETRY=1 DISABLE_ERROR_REPORTING=1 DISABLE_AUTOUPDATER=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1';
    const task = `-p "create hello.txt with the shell" --permission-mode acceptEdits --allowedTools Bash Write`;
    await typeInTerminal(page, `${quiet} ${binary} ${task} > said.txt; echo ended > ended.txt`);
    await until(
      async () => existsSync(join(workspace.path, 'ended.txt')),
      (ended) => ended,
      60_000,
      'Claude Code to end',
    );

    assert.match(readFileSync(join(workspace.path, 'said.txt'), 'utf8'), /The file is written\./);
    assert.equal(readFileSync(join(workspace.path, 'hello.txt'), 'utf8'), CONTENT);
    assert.ok(fake.requests.filter(({ operation }) => operation === 'generate').length >= 2);
    assert.deepEqual(
      fake.requests.map(({ refusal }) => refusal).filter((refusal) => refusal !== undefined),
      [],
    );

    await waitForStatusBar(page, 'gatehouse', /\$0\.(0[1-9]|[1-9])/);
    await runCommand(page, 'Notifications: Clear All Notifications');
    await runCommand(page, 'Gatehouse: Show Usage');
    const panel = await findWebview(page, 'gatehouse.gatehouse');
    await panel.getByText('claude-code').first().waitFor();
    await screenshot(page, 'claude-code-in-the-editor');

    const folders = [server.userDataFolder, server.home, workspace.path];
    assert.deepEqual(
      folders.flatMap((folder) => filesHolding(folder, key)),
      [],
    );
  });
});

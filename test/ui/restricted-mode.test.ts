import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import { runCommand, waitForNotification, waitForStatusBar } from './launch/workbench.ts';

describe('a workspace that is not trusted', function () {
  this.timeout(90_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: { 'gatehouse.providers': { demo: { kind: 'demo' } } },
      trusted: false,
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    workspace.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(page, `failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  it('is told in the status bar and by every command, and nothing is started', async () => {
    await waitForStatusBar(page, 'gatehouse', /restricted/);
    await runCommand(page, 'Gatehouse: Add Key');
    await waitForNotification(page, /Restricted Mode/);
    assert.ok(!existsSync(join(server.userDataFolder, 'User/globalStorage/gatehouse.gatehouse/ledger.sqlite')));
  });

  it('gets its gateway when trust is granted, without a reload', async () => {
    await runCommand(page, 'Workspaces: Manage Workspace Trust');
    await page
      .getByRole('button', { name: /^Trust$/ })
      .first()
      .click();
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
  });
});

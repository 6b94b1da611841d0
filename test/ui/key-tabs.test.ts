import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import {
  answerInputBox,
  dismissQuickPick,
  pickItem,
  pressModalButton,
  quickPickRows,
  runCommand,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const LEFT = 'sk-ant-left-3b1f7700aa';
const RIGHT = 'sk-ant-right-9c2e6611bb';

/** Two tabs of one browser, each with a copy of all secrets that it writes back whole. In order: each step builds on the one before. */
describe('keys in two browser tabs of a real VS Code', function () {
  this.timeout(240_000);
  this.bail(true);
  const folders = [temporaryFolder('left'), temporaryFolder('right')] as const;
  let provider: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let left: Page;
  let right: Page;

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: LEFT, keys: [RIGHT] });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: folders[0].path,
      userSettings: { 'gatehouse.providers': { anthropic: { kind: 'anthropic', baseUrl: provider.url } } },
      trusted: true,
    });
    browser = await launchChromium();
    left = await open(0);
    right = await open(1);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    await provider?.close();
    for (const folder of folders) folder.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    await screenshot(left, 'failed-tabs-left');
    await screenshot(right, 'failed-tabs-right');
  });

  async function open(at: 0 | 1): Promise<Page> {
    const page = await server.openPage(browser, { workspace: folders[at].path });
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/, 90_000);
    return page;
  }

  async function add(page: Page, secret: string, label: string): Promise<void> {
    await page.bringToFront();
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, secret);
    await answerInputBox(page, label);
  }

  async function labels(page: Page): Promise<readonly string[]> {
    await page.bringToFront();
    await runCommand(page, 'Gatehouse: Edit Key');
    const rows = await until(
      () => quickPickRows(page),
      (found) => found.some((row) => row.includes('ends in')),
      20_000,
      'the list of keys',
    );
    await dismissQuickPick(page);
    return rows.map((row) => /^(.*?)anthropic,/.exec(row)?.[1] ?? row).sort();
  }

  it('a tab that has not seen the other one’s key does not overwrite it, and after a reload there are both', async () => {
    await add(left, LEFT, 'left');
    await waitForNotification(left, /was added/);
    await add(right, RIGHT, 'right');
    await waitForNotification(right, /another browser tab/);
    await right.waitForTimeout(700);
    await screenshot(right, 'keys-tab-behind');
    await right.close();
    right = await open(1);
    await add(right, RIGHT, 'right');
    await waitForNotification(right, /was added/);
    assert.deepEqual(await labels(right), ['left', 'right']);
    await left.close();
    left = await open(0);
    assert.deepEqual(await labels(left), ['left', 'right']);
  });

  it('a key that one tab revokes is gone for the other one at once, and does not come back', async () => {
    await left.bringToFront();
    await runCommand(left, 'Gatehouse: Revoke Key');
    await pickItem(left, 'left');
    await pressModalButton(left, 'Revoke');
    await waitForNotification(left, /was revoked/);
    assert.deepEqual(await labels(right), ['right']);
    await right.close();
    right = await open(1);
    assert.deepEqual(await labels(right), ['right']);
    await left.close();
    left = await open(0);
    assert.deepEqual(await labels(left), ['right']);
  });
});

import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot, screenshotInAllThemes } from './launch/screenshots.ts';
import {
  answerInputBox,
  askInChat,
  openView,
  pickItem,
  runCommand,
  treeRow,
  until,
  viewRows,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const KEY = 'sk-ant-views-0123456789ab';

/** The views of Gatehouse's own container, used by keyboard. In order. */
describe('the views in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let provider: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: KEY });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': {
          anthropic: { kind: 'anthropic', baseUrl: provider.url, models: ['claude-sonnet-4-5'] },
          demo: { kind: 'demo', models: ['echo', 'other'], prices: { '*': { input: 1, output: 1000 } } },
        },
        'gatehouse.models': { fast: 'demo/echo' },
        'gatehouse.agents': {
          chat: {
            model: 'fast',
            routes: [{ name: 'titles', when: { class: 'background' }, to: 'demo/other' }],
            fallbacks: ['demo/other'],
          },
        },
        'gatehouse.budgets': [{ scope: { agent: 'chat' }, window: 'day', usd: 100 }],
      },
      trusted: true,
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    await provider?.close();
    workspace.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(page, `failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  const rowsWith = (pattern: RegExp): Promise<readonly string[]> =>
    until(
      () => viewRows(page),
      (rows) => rows.some((row) => pattern.test(row)),
      10_000,
      `a row that matches ${pattern}`,
    );

  const choose = async (command: string, item: string, then: RegExp): Promise<void> => {
    await runCommand(page, command);
    await pickItem(page, item);
    await rowsWith(then);
  };

  it('agents: shows each with its model, those that can be asked first', async () => {
    await openView(page, 'Gatehouse');
    const rows = await rowsWith(/^chat/);
    assert.match(rows[0] ?? '', /^chat\s*fast \(demo\/echo\) · 0 % of its budget$/);
    assert.ok(rows.some((row) => row.startsWith('claude-code')));
  });

  it('agents: counts what was spent, and unfolds into rules, fallbacks and budgets', async () => {
    await askInChat(page, '@gatehouse hello');
    await rowsWith(/^chat.*\$0\.0\d · \d+ % of its budget$/);
    await treeRow(page, /^chat/).click();
    await page.keyboard.press('ArrowRight');
    await rowsWith(/^Daily budget\s*▱+ 0 % · \$0\.0\d of \$100\.00/);
    await rowsWith(/^Rule 1, titles\s*→ demo\/other/);
    await screenshotInAllThemes(page, 'agents-view');
  });

  it('agents: changes a model from its row, in effect at once', async () => {
    await treeRow(page, /^Model/).click();
    await pickItem(page, 'other');
    await rowsWith(/^chat\s*demo\/other/);
  });

  it('agents: says that one is paused, and that it is resumed', async () => {
    await choose('Gatehouse: Pause Agent', 'chat', /^chat\s*paused/);
    await screenshot(page, 'agents-view-paused');
    await choose('Gatehouse: Resume Agent', 'chat', /^chat\s*demo\/other/);
    assert.equal(await waitForNotification(page, /./, 500).catch(() => ''), '');
  });

  it('keys: shows a key with its health, what it has cost, its age and where it may go', async () => {
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, KEY);
    await answerInputBox(page, 'work');
    await waitForNotification(page, /was added/);
    await runCommand(page, 'Notifications: Clear All Notifications');
    await rowsWith(/^work\s*anthropic …89ab$/);
    await treeRow(page, /^work/).click();
    await page.keyboard.press('ArrowRight');
    await rowsWith(/^Health\s*well/);
    await rowsWith(/^Age\s*entered today/);
    await rowsWith(/^Sent to\s*http:\/\/127\.0\.0\.1/);
    await screenshotInAllThemes(page, 'keys-view');
    assert.ok((await viewRows(page)).every((row) => !row.includes(KEY)));
  });

  it('keys: says that one is disabled, and that it is enabled', async () => {
    await choose('Gatehouse: Disable Key', 'work', /^work\s*anthropic …89ab · disabled/);
    await screenshot(page, 'keys-view-disabled');
    await choose('Gatehouse: Enable Key', 'work', /^work\s*anthropic …89ab$/);
  });
});

import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot, screenshotInAllThemes } from './launch/screenshots.ts';
import {
  askInChat,
  openView,
  pickItem,
  treeRow,
  until,
  viewRows,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

/** The views of Gatehouse's own container, used by keyboard. In order. */
describe('the views in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': {
          demo: { kind: 'demo', models: ['echo', 'other'], prices: { '*': { input: 1000, output: 1000 } } },
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
    workspace.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(page, `failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  const rowsWith = (pattern: RegExp): Promise<readonly string[]> =>
    until(
      () => viewRows(page),
      (rows) => rows.some((row) => pattern.test(row)),
      15_000,
      `a row that matches ${pattern}`,
    );

  it('agents: shows each with its model, those that can be asked first', async () => {
    await openView(page, 'Gatehouse');
    const rows = await rowsWith(/^chat/);
    assert.match(rows[0] ?? '', /^chat\s*fast \(demo\/echo\) · ▱{10} 0 %$/);
    assert.ok(rows.some((row) => row.startsWith('claude-code')));
  });

  it('agents: counts what was spent, and unfolds into rules, fallbacks and budgets', async () => {
    await askInChat(page, '@gatehouse hello');
    await rowsWith(/^chat.*today · ▰*▱+ \d+ %$/);
    await treeRow(page, /^chat/).click();
    await page.keyboard.press('ArrowRight');
    await rowsWith(/Daily budget of agent "chat"/);
    await rowsWith(/^Rule 1, titles\s*→ demo\/other/);
    await screenshotInAllThemes(page, 'agents-view');
  });

  it('agents: changes a model from its row, in effect at once', async () => {
    await treeRow(page, /^Model/).click();
    await pickItem(page, 'other');
    await rowsWith(/^chat\s*demo\/other/);
  });

  it('agents: says that one is paused, and resumes it from its menu', async () => {
    await treeRow(page, /^chat/).click({ button: 'right' });
    await page.locator('.context-view .action-label', { hasText: 'Pause Agent' }).click();
    await rowsWith(/^chat\s*paused/);
    await screenshot(page, 'agents-view-paused');
    await treeRow(page, /^chat/).click({ button: 'right' });
    await page.locator('.context-view .action-label', { hasText: 'Resume Agent' }).click();
    await rowsWith(/^chat\s*demo\/other/);
    assert.equal(await waitForNotification(page, /./, 500).catch(() => ''), '');
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type PageOptions, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import { findWebview } from './launch/webview.ts';
import {
  askInChat,
  dismissQuickPick,
  openView,
  runCommand,
  treeRow,
  until,
  viewRows,
  waitForStatusBar,
} from './launch/workbench.ts';

/** Windows of every kind: what works in one with a folder works in them. */
describe('windows of other kinds in a real VS Code', function () {
  this.timeout(120_000);
  const workspace = temporaryFolder('workspace');
  let server: VsCodeServer;
  let browser: Browser;

  before(async () => {
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': { demo: { kind: 'demo', models: ['echo'], prices: { '*': { input: 1, output: 1000 } } } },
        'gatehouse.agents': {
          chat: { model: 'demo/echo', routes: [{ name: 'שיחות קצרות', when: { class: 'background' }, to: 'demo/echo' }] },
        },
        'gatehouse.budgets': [{ scope: {}, window: 'day', usd: 100 }],
      },
      trusted: true,
    });
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    workspace.remove();
  });

  const inWindow = async (name: string, options: PageOptions, work: (page: Page) => Promise<void>): Promise<void> => {
    const page = await server.openPage(browser, options);
    try {
      await waitForStatusBar(page, 'gatehouse', /\$\d/);
      await work(page);
    } finally {
      await screenshot(page, `window-${name}`);
      await page.close();
    }
  };

  it('asks and counts in a window without a folder', () =>
    inWindow('without-folder', { workspace: null }, async (page) => {
      assert.match(await askInChat(page, '@gatehouse without a folder'), /demo\/echo/);
      await waitForStatusBar(page, 'gatehouse', /\$(?!0\.00)\d/);
    }));

  it('asks and counts in a window with several folders', async () => {
    for (const folder of ['one', 'two']) mkdirSync(join(workspace.path, folder));
    const file = join(workspace.path, 'both.code-workspace');
    writeFileSync(file, JSON.stringify({ folders: [{ path: 'one' }, { path: 'two' }] }));
    await inWindow('several-folders', { workspace: file }, async (page) => {
      assert.match(await askInChat(page, '@gatehouse with two folders'), /demo\/echo/);
    });
  });

  it('speaks German in a German editor: commands, picks, views and panel', () =>
    inWindow('german', { language: 'de' }, async (page) => {
      const german = JSON.parse(readFileSync(join(PROJECT_ROOT, 'media/l10n/bundle.l10n.de.json'), 'utf8')) as Record<
        string,
        string
      >;
      await runCommand(page, 'Gatehouse: Schlüssel hinzufügen');
      await page.getByText(german['Add a key for which provider?'] ?? '').waitFor();
      await dismissQuickPick(page);
      await openView(page, 'Gatehouse');
      await treeRow(page, /^chat/).click();
      await page.keyboard.press('ArrowRight');
      await until(
        () => viewRows(page),
        (found) => found.some((row) => row.startsWith(german['Today'] ?? '?')),
        10_000,
        'a row in German',
      );
      await runCommand(page, 'Gatehouse: Verbrauch anzeigen');
      const panel = await findWebview(page, 'gatehouse.gatehouse');
      await panel.getByRole('tab', { name: german['Overview'] ?? '?' }).waitFor();
    }));

  it('shows its views in a very small window, at twice the size, and names from right to left', () =>
    inWindow('small', {}, async (page) => {
      await runCommand(page, 'View: Toggle Secondary Side Bar Visibility');
      await openView(page, 'Gatehouse');
      await page.setViewportSize({ width: 480, height: 360 });
      const rows = await until(
        () => viewRows(page),
        (found) => found.length > 1,
        10_000,
        'rows',
      );
      assert.match(rows.join('\n'), /chat/);
      await screenshot(page, 'window-480-by-360');
      await page.setViewportSize({ width: 700, height: 450 });
      await treeRow(page, /^chat/).click();
      await page.keyboard.press('ArrowRight');
      await until(
        () => viewRows(page),
        (found) => found.some((row) => row.includes('שיחות קצרות') && row.includes('demo/echo')),
        10_000,
        'the rule with a Hebrew name',
      );
    }));
});

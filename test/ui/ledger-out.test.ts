import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openLedgerReadOnly } from '../../src/core/ledger/read-only.ts';
import { fetchedList, ownList } from '../unit/host/prices-kit.ts';
import { ledgerOn, opened, settlement } from '../unit/ledger/ledger-kit.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import {
  answerFileDialog,
  pickItem,
  pressModalButton,
  pressNotificationButton,
  readModal,
  readPreview,
  runCommand,
  statusBarItem,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const REQUESTS = 250;
const DAY = 86_400_000;
const MODEL = 'claude-opus-5-5';

/** What leaves the ledger and what goes into its price book, as a person does it. In order. */
describe('export, prices and retention in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let lists: Server;
  let asked = 0;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;
  let storage: string;
  let address: string;

  before(async () => {
    lists = createServer((_request, response) => {
      asked++;
      response.end(fetchedList(6));
    });
    await new Promise<void>((resolve) => lists.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(lists.address() as AddressInfo).port}/data.json`;
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': { anthropic: { kind: 'anthropic', models: [MODEL] }, demo: { kind: 'demo', models: ['echo'] } },
        'gatehouse.agents': { chat: { model: 'demo/echo' } },
        'gatehouse.pricesFrom': address,
      },
      trusted: true,
    });
    storage = join(server.userDataFolder, 'User/globalStorage/gatehouse.gatehouse');
    mkdirSync(storage, { recursive: true });
    const book = ledgerOn(join(storage, 'ledger.sqlite'));
    for (let turn = 0; turn < REQUESTS; turn++) {
      const at = Date.now() - Math.floor((turn * 40 * DAY) / REQUESTS) - 1_000;
      const request = opened({ at, agent: turn === 0 ? '=HYPERLINK("x")' : 'claude-code' });
      void book.open(request);
      book.settle(settlement(request.id));
    }
    book.close();
    writeFileSync(join(workspace.path, 'team-prices.json'), ownList(4));
    writeFileSync(join(workspace.path, 'bad-prices.json'), '{"models":[{"model":"a","input":-1,"output":2}]}');
    browser = await launchChromium();
    page = await server.openPage(browser);
    await waitForStatusBar(page, 'gatehouse', /\$/, 60_000);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    lists?.close();
    workspace.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(page, `failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  const clear = () => runCommand(page, 'Notifications: Clear All Notifications');

  it('exports every request as CSV', async () => {
    const file = join(workspace.path, 'usage.csv');
    await runCommand(page, 'Gatehouse: Export Usage');
    await screenshot(page, 'export-what');
    await pickItem(page, 'Requests');
    await pickItem(page, 'Everything');
    await pickItem(page, 'CSV');
    await answerFileDialog(page, file);
    await waitForNotification(page, /Usage was exported to usage\.csv/);
    await screenshot(page, 'export-done');
    const lines = readFileSync(file, 'utf8').split('\r\n');
    assert.equal(lines.length, REQUESTS + 2);
    assert.match(lines.at(-2) ?? '', /,"'=HYPERLINK\(""x""\)",/);
    assert.deepEqual(
      readdirSync(workspace.path).filter((name) => name.endsWith('.part')),
      [],
    );
    await clear();
  });

  it('exports sums as JSON', async () => {
    const file = join(workspace.path, 'sums.json');
    await runCommand(page, 'Gatehouse: Export Usage');
    await pickItem(page, 'Sums by agent');
    await pickItem(page, 'Last 7 days');
    await pickItem(page, 'JSON');
    await answerFileDialog(page, file);
    await waitForNotification(page, /Usage was exported to sums\.json/);
    const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { rows: { agent: string; requests: number }[] };
    assert.deepEqual(
      rows.map(({ agent }) => agent),
      ['=HYPERLINK("x")', 'claude-code'],
    );
    await clear();
  });

  it('imports prices after showing what they change; a bad file changes nothing', async () => {
    await runCommand(page, 'Gatehouse: Import Prices');
    await answerFileDialog(page, join(workspace.path, 'bad-prices.json'));
    assert.match(await waitForNotification(page, /cannot be used/), /models\[0\]\.input/);
    await clear();
    await runCommand(page, 'Gatehouse: Import Prices');
    await answerFileDialog(page, join(workspace.path, 'team-prices.json'));
    const shown = await readModal(page);
    assert.match(shown, /Import the prices of team-prices\.json\?/);
    assert.match(shown, new RegExp(`anthropic/${MODEL}: input \\$4, output \\$20 → \\$21`));
    await screenshot(page, 'prices-import');
    assert.equal(existsSync(join(storage, 'prices-imported.json')), false, 'nothing before the answer');
    await pressModalButton(page, 'Take Over');
    await waitForNotification(page, /These prices apply/);
    await pressNotificationButton(page, 'Show Prices');
    const text = await readPreview(page, /looked up in this order/);
    assert.match(text, new RegExp(`${MODEL}\\s+\\$4\\s+\\$21`));
    assert.match(text, /imported from team-prices\.json, as of 2026-11-01/);
    await screenshot(page, 'prices-shown');
    await clear();
  });

  it('refreshes prices: names the address before the first download, and the panel says their day', async () => {
    await runCommand(page, 'Gatehouse: Refresh Prices');
    assert.match(await readModal(page), new RegExp(address));
    assert.equal(asked, 0);
    await screenshot(page, 'prices-refresh-ask');
    await pressModalButton(page, 'Download');
    await until(
      () => readModal(page),
      (text) => /Take over/.test(text),
      20_000,
      'the comparison',
    );
    await screenshot(page, 'prices-refresh');
    await pressModalButton(page, 'Take Over');
    await waitForNotification(page, /These prices apply/);
    await pressNotificationButton(page, 'Show Prices');
    await readPreview(page, new RegExp(`refreshed prices, as of ${new Date().toISOString().slice(0, 10)}`));
    await runCommand(page, 'Gatehouse: Reset to Built-in Prices');
    await waitForNotification(page, /The built-in prices apply again/);
    assert.deepEqual(
      readdirSync(storage).filter((name) => name.startsWith('prices-')),
      [],
    );
    assert.equal(asked, 1);
    await clear();
  });

  it('deletes nothing by a shorter retention before it has said what will go', async () => {
    const rows = (): number => {
      const book = openLedgerReadOnly(join(storage, 'ledger.sqlite'));
      try {
        return book.requests({ limit: 10_000 }).length;
      } finally {
        book.close();
      }
    };
    server.updateUserSettings({ 'gatehouse.retention': { days: 10 } });
    await page.reload();
    await statusBarItem(page, 'gatehouse').waitFor({ timeout: 60_000 });
    const told = await waitForNotification(page, /gatehouse\.retention/, 30_000);
    assert.match(told, /delete: \d+ requests from before \d{4}-\d\d-\d\d \(they stay in the sums\)\. This cannot be undone/);
    await screenshot(page, 'retention-asked');
    assert.equal(rows(), REQUESTS);
    await pressNotificationButton(page, 'Delete');
    await until(
      () => Promise.resolve(rows()),
      (left) => left < 75,
      20_000,
      'the old rows to be gone',
    );
  });
});

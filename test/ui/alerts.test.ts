import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { writePast } from '../support/written-past.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import { findWebview } from './launch/webview.ts';
import {
  answerInputBox,
  askInChat,
  pickItem,
  pressNotificationButton,
  runCommand,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const KEY = 'sk-ant-alerts-90c4aa17de';
const MODEL = 'claude-sonnet-4-5';
/** 1.35 dollars a request. */
const DEAR = { input: 150_000, output: 60_000 };

/** What the ledger tells a person, and what can be done about it right there: a budget raised, an agent paused. In order. */
describe('alerts of the ledger in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let provider: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: KEY, script: () => ({ usage: DEAR }) });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': { anthropic: { kind: 'anthropic', baseUrl: provider.url, models: [MODEL] } },
        'gatehouse.agents': { chat: { model: `anthropic/${MODEL}` } },
        // Holds one request.
        'gatehouse.budgets': [{ name: 'evening', scope: { key: 'anthropic/work' }, window: 'day', usd: 1.36, warnAt: [] }],
      },
      trusted: true,
    });
    await writePast(join(server.userDataFolder, 'User/globalStorage/gatehouse.gatehouse'), {
      agent: 'chat',
      provider: 'anthropic',
      model: MODEL,
      quarters: 24,
      requests: 3,
      nano: 40_000_000,
      firstByteMs: 900,
      totalMs: 6000,
      output: 300,
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
    await waitForStatusBar(page, 'gatehouse', /\$/);
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, KEY);
    await answerInputBox(page, 'work');
    await waitForNotification(page, /was added/);
    await runCommand(page, 'Notifications: Clear All Notifications');
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

  it('says that a budget stood in the way, and raises it from there: the next request goes through', async () => {
    assert.match(await askInChat(page, '@gatehouse hello'), new RegExp(MODEL));
    assert.match(await askInChat(page, '@gatehouse and again'), /The daily budget "evening" stands in the way/);
    const told = await waitForNotification(page, /did not fit/);
    assert.match(told, /^The daily budget "evening": \$1\.35 of \$1\.36 is spent, and a request did not fit into what is left\.$/);
    await screenshot(page, 'budget-in-the-way');
    await pressNotificationButton(page, 'Raise Budget');
    await page.locator('.quick-input-widget:visible').waitFor();
    await screenshot(page, 'budget-raise');
    await page.locator('.quick-input-widget:visible input').first().fill('1');
    await page.locator('.quick-input-message').getByText('It is $1.36 already').waitFor();
    await answerInputBox(page, '100');
    assert.match(await askInChat(page, '@gatehouse with more money'), new RegExp(MODEL));
    assert.equal(provider.requests.filter(({ operation }) => operation === 'generate').length, 2, 'the refused one was sent');
    await runCommand(page, 'Notifications: Clear All Notifications');
  });

  it('says that an agent spends far more than it ever did, once, with the numbers', async () => {
    for (let n = 3; n <= 5; n++) assert.match(await askInChat(page, `@gatehouse number ${n}`), new RegExp(MODEL));
    const told = await waitForNotification(page, /has spent/);
    assert.match(
      told,
      /^"chat" has spent \$6\.75 since \d\d:\d\d, \$\d\.\d\d a minute\. Usually it spends at most \$0\.12 in a whole quarter of an hour\.$/,
    );
    const buttons = page.locator('.notifications-toasts .notification-list-item').getByRole('button');
    const labels = (await buttons.allInnerTexts()).filter((text) => text !== '');
    assert.deepEqual(labels, ['Pause Agent', 'Show Usage', 'Not Again Today']);
    await screenshot(page, 'anomaly-spend');
  });

  it('pauses the agent from there', async () => {
    await pressNotificationButton(page, 'Pause Agent');
    await waitForStatusBar(page, 'gatehouse', /chat is paused/);
    assert.match(await askInChat(page, '@gatehouse hello'), /Resume Agent/);
    assert.equal(provider.requests.filter(({ operation }) => operation === 'generate').length, 5, 'a paused agent was served');
    assert.equal(await page.locator('.notifications-toasts').getByText('has spent').count(), 0, 'told twice');
    await screenshot(page, 'anomaly-paused');
  });

  it('still tells it in the usage panel, where the notification is gone', async () => {
    await runCommand(page, 'Gatehouse: Show Usage');
    const panel = await findWebview(page, 'gatehouse.gatehouse');
    const told = panel.locator('.anomalies li');
    await told.first().waitFor();
    assert.match(await told.first().innerText(), /Spending[\s\S]*"chat" has spent \$6\.75/);
    assert.match(await panel.locator('.budgets').innerText(), /evening, today[\s\S]*\$6\.75 of \$100\.00/);
    await screenshot(page, 'anomaly-in-panel');
  });
});

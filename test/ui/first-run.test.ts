import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot, screenshotInAllThemes } from './launch/screenshots.ts';
import { findWebview } from './launch/webview.ts';
import {
  answerInputBox,
  pickItem,
  pressNotificationButton,
  runCommand,
  typeInTerminal,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const KEY = 'sk-ant-first-run-0123456789ab';
const MOST_SECONDS = 120;

/**
 * Somebody's first two minutes, led by the walkthrough. The profile is empty but for the address of the provider, since the real one is out
 * of reach. In order.
 */
describe('the first run in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let provider: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;
  let beganAt = 0;

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: KEY });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: { 'gatehouse.providers': { anthropic: { kind: 'anthropic', baseUrl: provider.url } } },
      trusted: true,
      env: { CLAUDE_CONFIG_DIR: undefined },
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

  const step = (title: string) => page.locator('.getting-started-step', { hasText: title }).first();
  const press = async (title: string, button: string): Promise<void> => {
    await runCommand(page, 'Gatehouse: Get Started');
    await step(title).click();
    await step(title).getByText(button, { exact: true }).first().click();
  };
  const isDone = (title: string): Promise<boolean> =>
    until(
      async () => (await step(title).locator('.codicon-getting-started-step-checked:visible').count()) > 0,
      (done) => done,
      20_000,
      `the step "${title}" to be done`,
    );

  it('is led by a walkthrough whose pictures follow the theme', async () => {
    await runCommand(page, 'View: Toggle Secondary Side Bar Visibility');
    await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
    await runCommand(page, 'Gatehouse: Get Started');
    await step('Add a Key').waitFor();
    assert.equal(await page.locator('.getting-started-step').count(), 6);
    await screenshotInAllThemes(page, 'walkthrough');
  });

  it('adds a key', async () => {
    beganAt = Date.now();
    await press('Add a Key', 'Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, KEY);
    await answerInputBox(page, 'work');
    await waitForNotification(page, /was added/);
    await runCommand(page, 'Notifications: Clear All Notifications');
    await isDone('Add a Key');
  });

  it('sets Claude Code up', async () => {
    await press('Set Up an Agent', 'Set Up Agent');
    await pickItem(page, 'Claude Code');
    await waitForNotification(page, /as shown\?/);
    await pressNotificationButton(page, 'Apply');
    await waitForNotification(page, /Claude Code is set up/);
    const settings = JSON.parse(readFileSync(join(server.home, '.claude/settings.json'), 'utf8')) as { env: object };
    assert.ok('ANTHROPIC_AUTH_TOKEN' in settings.env);
  });

  it('opens its terminal, where it answers', async () => {
    await pressNotificationButton(page, 'Open Terminal');
    await page.locator('.terminal.xterm').first().waitFor();
    const body = JSON.stringify({ model: 'claude-haiku-4-5', max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] });
    // "claude" stands there, to be started; what it would send is sent by hand.
    // What is typed before the shell stands there is lost.
    const ready = join(workspace.path, 'ready');
    await until(
      async () => {
        await page.keyboard.press('Control+c');
        await typeInTerminal(page, 'touch ready');
        await page.waitForTimeout(500);
        return existsSync(ready);
      },
      (there) => there,
      20_000,
      'the shell',
    );
    await typeInTerminal(
      page,
      `curl -s $ANTHROPIC_BASE_URL/v1/messages -H "authorization: Bearer $ANTHROPIC_AUTH_TOKEN" -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' -d '${body}' > answer.json; echo done`,
    );
    const file = join(workspace.path, 'answer.json');
    await until(
      async () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
      (text) => text.includes('"usage"'),
      20_000,
      'the answer in the terminal',
    );
  });

  it('shows what that cost, and has led there in two minutes', async () => {
    await waitForStatusBar(page, 'gatehouse', /<\$0\.01|\$0\.0[1-9]/);
    await runCommand(page, 'View: Hide Panel');
    await press('See What It Costs', 'Show Usage');
    const panel = await findWebview(page, 'gatehouse.gatehouse');
    await panel.getByText('claude-code').first().waitFor();
    const seconds = Math.round((Date.now() - beganAt) / 1000);
    console.log(`      from the first step to the cost of the first answer: ${seconds} s`);
    assert.ok(seconds < MOST_SECONDS, `${seconds} s`);
    await runCommand(page, 'Gatehouse: Get Started');
    for (const title of ['Add a Key', 'Set Up an Agent', 'Ask Something', 'See What It Costs']) await isDone(title);
    await screenshot(page, 'walkthrough-done');
  });
});

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { filesHolding } from '../support/files-holding.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot, screenshotInAllThemes } from './launch/screenshots.ts';
import { findWebview } from './launch/webview.ts';
import {
  answerInputBox,
  askInChat,
  pickItem,
  pressNotificationButton,
  runCommand,
  statusBarItem,
  typeInTerminal,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const CANARY = 'sk-ant-canary-7f3a9c51d2e84b06';
const MODEL = 'claude-sonnet-4-5';

/** A person's first quarter of an hour, in order: each step builds on the one before. */
describe('the main job in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let provider: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;
  const output: string[] = [];

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: CANARY });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': { anthropic: { kind: 'anthropic', baseUrl: provider.url } },
        'gatehouse.agents': { chat: { model: `anthropic/${MODEL}` } },
      },
      trusted: true,
      onOutput: (text) => output.push(text),
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
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

  it('shows that nothing was spent yet', async () => {
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
  });

  it('tells what is wrong with a key before it is kept', async () => {
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, 'sk-ant-wrong');
    assert.match(await waitForNotification(page, /does not know this key/), /Anthropic/);
    await pressNotificationButton(page, 'Discard');
  });

  it('adds a key from the command palette, tested with a real call', async () => {
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, CANARY);
    await answerInputBox(page, 'work');
    assert.match(await waitForNotification(page, /was added/), new RegExp(`ending in ${CANARY.slice(-4)}`));
    assert.equal(provider.requests.at(-1)?.status, 200);
  });

  it('asks @gatehouse, which says who answered and what it cost', async () => {
    const answer = await askInChat(page, '@gatehouse hello there');
    assert.match(answer, new RegExp(MODEL));
    assert.match(answer, /\$0\.\d+|<\$0\.01/);
    await screenshot(page, 'chat');
  });

  it('moves the status bar, whose tooltip says by whom', async () => {
    const text = await waitForStatusBar(page, 'gatehouse', /(<\$0\.01|\$0\.0[1-9])/);
    assert.ok(text);
    await statusBarItem(page, 'gatehouse').hover();
    const tooltip = page.locator('.monaco-hover:visible').last();
    await tooltip.waitFor();
    assert.match(await tooltip.innerText(), /chat/);
    await screenshot(page, 'status-bar');
    await page.keyboard.press('Escape');
  });

  it('opens a terminal that points an agent at the gateway, without the key', async () => {
    await runCommand(page, 'Gatehouse: Open Terminal for Agent');
    await pickItem(page, 'claude-code');
    await page.locator('.terminal.xterm').first().waitFor();
    const file = join(workspace.path, 'environment.txt');
    await typeInTerminal(page, 'env > environment.txt && echo written');
    const environment = await until(
      async () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
      (text) => text.includes('ANTHROPIC_BASE_URL'),
      20_000,
      'the variables in the terminal',
    );
    assert.match(environment, /^ANTHROPIC_BASE_URL=http:\/\/127\.0\.0\.1:\d+$/m);
    assert.match(environment, /^ANTHROPIC_AUTH_TOKEN=gh-/m);
    assert.match(environment, /^NO_PROXY=.*127\.0\.0\.1/m);
    assert.ok(!environment.includes(CANARY));
  });

  it('serves what runs in that terminal and books it on its agent', async () => {
    const body = JSON.stringify({
      model: 'claude-haiku-4-5',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'from the terminal' }],
    });
    await typeInTerminal(
      page,
      `curl -s $ANTHROPIC_BASE_URL/v1/messages -H "authorization: Bearer $ANTHROPIC_AUTH_TOKEN" -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' -d '${body}' > answer.json; echo done`,
    );
    const file = join(workspace.path, 'answer.json');
    const answer = await until(
      async () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
      (text) => text.includes('"usage"'),
      20_000,
      'the answer in the terminal',
    );
    assert.equal((JSON.parse(answer) as { type: string }).type, 'message');
  });

  it('shows both agents in the usage panel, in every theme', async () => {
    await runCommand(page, 'Gatehouse: Show Usage');
    const panel = await findWebview(page, 'gatehouse.gatehouse');
    await panel.getByText('claude-code').first().waitFor();
    await panel.getByText('chat').first().waitFor();
    await runCommand(page, 'View: Hide Panel');
    await runCommand(page, 'Notifications: Clear All Notifications');
    await screenshotInAllThemes(page, 'usage-panel');
  });

  it('shows a second window the same ledger', async () => {
    const second = await server.openPage(browser);
    try {
      await waitForStatusBar(second, 'gatehouse', /(<\$0\.01|\$0\.0[1-9])/);
    } finally {
      await second.close();
    }
  });

  it('left the key in no file, no output and nothing on the screen', async () => {
    const holding = [server.userDataFolder, server.home, workspace.path].flatMap((folder) => filesHolding(folder, CANARY));
    assert.deepEqual(holding, []);
    assert.ok(!output.join('').includes(CANARY));
    for (const frame of page.frames()) assert.ok(!(await frame.content().catch(() => '')).includes(CANARY));
  });
});

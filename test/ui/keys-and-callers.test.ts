import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import {
  answerInputBox,
  askInChat,
  pickItem,
  pressModalButton,
  pressNotificationButton,
  runCommand,
  statusBarItem,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const FIRST = 'sk-ant-first-3b1f7700aa';
const SECOND = 'sk-ant-second-9c2e6611bb';
const MODEL = 'claude-sonnet-4-5';

/** What happens to a key after it was added, and who else may use it. In order: each step builds on the one before. */
describe('keys, models and other callers in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let provider: FakeProvider;
  let rotated: FakeProvider | undefined;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: FIRST });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      otherExtensions: [join(import.meta.dirname, 'fixtures/asker'), join(PROJECT_ROOT, 'test/example-extension')],
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': { anthropic: { kind: 'anthropic', baseUrl: provider.url, models: [MODEL] } },
        'gatehouse.models': { fast: `anthropic/${MODEL}` },
      },
      trusted: true,
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
    // Before the extension is active, "@gatehouse" is just a word to the chat view.
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    await provider?.close();
    await rotated?.close();
    workspace.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(page, `failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  const written = async (name: string): Promise<Record<string, unknown>> => {
    const file = join(workspace.path, name);
    const text = await until(
      async () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
      (found) => found !== '',
      30_000,
      name,
    );
    rmSync(file);
    return JSON.parse(text) as Record<string, unknown>;
  };

  it('says in chat what is missing, with a way to it, before there is a key', async () => {
    const answer = await askInChat(page, '@gatehouse hello');
    assert.match(answer, /model/i);
    await screenshot(page, 'chat-without-model');
  });

  it('adds a key and chooses a model from the list of the provider, with prices', async () => {
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, FIRST);
    await answerInputBox(page, 'work');
    await waitForNotification(page, /was added/);
    await runCommand(page, 'Gatehouse: Choose Model for Agent');
    await pickItem(page, 'chat');
    await until(
      () => page.locator('.quick-input-list').innerText(),
      (text) => text.includes('per million tokens'),
      10_000,
      'prices in the list',
    );
    await screenshot(page, 'choose-model');
    await pickItem(page, MODEL);
    // The choice is written to the settings and read back; the status bar says when it holds.
    await page.getByText(`chat → anthropic/${MODEL}`).first().waitFor();
    assert.match(await askInChat(page, '@gatehouse hello again'), new RegExp(MODEL));
  });

  it('asks before another extension may use the models, and remembers a no for that request only', async () => {
    await runCommand(page, 'Asker: Ask a Model');
    await waitForNotification(page, /acme\.asker/);
    await pressNotificationButton(page, 'Refuse');
    assert.match(String((await written('asked.json'))['code']), /NoPermissions/);
  });

  it('lets it after a yes, for models and API, and books it under its own name', async () => {
    await runCommand(page, 'Asker: Ask a Model');
    await waitForNotification(page, /acme\.asker/);
    await screenshot(page, 'consent');
    await pressNotificationButton(page, 'Allow');
    assert.match(String((await written('asked.json'))['text']), /\w/);
    await runCommand(page, 'Asker: Connect');
    const connected = await written('connected.json');
    assert.equal(connected['status'], 200);
    assert.ok((connected['models'] as string[]).includes(`anthropic/${MODEL}`));
    const costs = await askInChat(page, '@gatehouse /cost');
    assert.match(costs, /acme\.asker/);
    assert.match(costs, /chat/);
  });

  it('serves the example extension after a yes of its own, and tells it what it spent', async () => {
    const spent = statusBarItem(page, 'example.spent');
    assert.match(await spent.innerText(), /Example: \$0\.0000 today/);
    provider.script({ text: 'It greets.' });
    await runCommand(page, 'Example: Ask About the Selection');
    assert.match(await waitForNotification(page, /wants to use your models/), /"Gatehouse Example" \(example\.gatehouse-example\)/);
    await screenshot(page, 'example-consent');
    await pressNotificationButton(page, 'Allow');
    await page.locator('.view-line', { hasText: 'It greets.' }).first().waitFor();
    await waitForStatusBar(page, 'example.spent', /Example: \$0\.000[1-9]/);
    await screenshot(page, 'example-answer');
  });

  it('rotates a key: the next request carries the new one', async () => {
    await provider.close();
    rotated = await startFakeProvider({ dialect: 'anthropic-messages', key: SECOND, port: Number(new URL(provider.url).port) });
    await runCommand(page, 'Gatehouse: Rotate Key');
    await pickItem(page, 'work');
    await answerInputBox(page, SECOND);
    await waitForNotification(page, /is kept for 20 minutes in case/);
    assert.match(await askInChat(page, '@gatehouse with the new key'), new RegExp(MODEL));
    assert.ok(rotated.requests.every((request) => request.headers['x-api-key'] === SECOND));
  });

  it('survives a reload in the middle of an answer, and the ledger has the cut one', async () => {
    rotated?.script({ text: 'slowly '.repeat(40), pieces: 40, delay: { betweenMs: 200 } });
    void askInChat(page, '@gatehouse tell me slowly').catch(() => '');
    await page.getByText('slowly slowly').first().waitFor();
    const reloaded = await server.openPage(browser);
    await page.close();
    page = reloaded;
    await waitForStatusBar(page, 'gatehouse', /\$/);
    const costs = await askInChat(page, '@gatehouse /cost');
    assert.match(costs, /chat/);
    assert.match(await askInChat(page, '@gatehouse and now'), new RegExp(MODEL));
  });

  it('revokes a key, after which agents are told what to do', async () => {
    await runCommand(page, 'Gatehouse: Revoke Key');
    await pickItem(page, 'work');
    await pressModalButton(page, 'Revoke');
    await waitForNotification(page, /was revoked/);
    assert.match(await askInChat(page, '@gatehouse without a key'), /key/i);
    await screenshot(page, 'chat-without-key');
  });
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { FakeRequest } from '../support/fake-providers/script.ts';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import {
  acceptPick,
  answerInChat,
  answerInputBox,
  askInChat,
  dismissQuickPick,
  pickItem,
  pressInChat,
  quickPickRows,
  runCommand,
  sendInChat,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const KEY = 'sk-ant-chat-41d0aa77c3';
const SONNET = 'claude-sonnet-4-5';
const HAIKU = 'claude-haiku-4-5';

/** A conversation with @gatehouse in the chat view, in order: each step builds on the one before. */
describe('@gatehouse in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let provider: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    writeFileSync(join(workspace.path, 'owls.ts'), 'export const owls = 3;\n');
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: KEY, models: [SONNET, HAIKU] });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      otherExtensions: [join(import.meta.dirname, 'fixtures/tooler')],
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': { anthropic: { kind: 'anthropic', baseUrl: provider.url, models: [SONNET, HAIKU] } },
        'gatehouse.agents': { chat: { model: `anthropic/${SONNET}` }, poor: { model: `anthropic/${SONNET}` } },
        'gatehouse.budgets': [{ scope: { agent: 'poor' }, window: 'day', usd: 0.000001 }],
      },
      trusted: true,
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
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

  const asked = (): readonly FakeRequest[] => provider.requests.filter(({ operation }) => operation === 'generate');
  const lastBody = (): string => asked().at(-1)?.raw.toString() ?? '';

  it('calls a tool of another extension when the editor was allowed to, and answers with what it gave', async () => {
    provider.script(
      { text: 'I look it up.', toolCalls: [{ name: 'acme_lookup', args: { word: 'owl' } }] },
      { text: 'An owl is a bird of the night.' },
    );
    const before = await sendInChat(page, '@gatehouse what is an owl?');
    const question = page.locator('.interactive-session').getByText('Look a word up?').first();
    await question.waitFor({ timeout: 30_000 });
    assert.equal(asked().length, 1, 'nothing is asked while the editor waits for the user');
    await screenshot(page, 'chat-tool-question');
    await pressInChat(page, /^(Allow|Continue)/);
    const answer = await answerInChat(page, before);
    assert.match(answer, /An owl is a bird of the night\./);
    assert.match(answer, /2 requests/);
    assert.match(lastBody(), /owl: a bird of the night/);
    assert.match(asked()[0]?.raw.toString() ?? '', /"name":"acme_lookup"/);
    await screenshot(page, 'chat-tool-answer');
  });
});

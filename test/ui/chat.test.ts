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
  attachToChat,
  dismissQuickPick,
  pickItem,
  pressInChat,
  stopChat,
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

  const questionAboutTool = async (): Promise<void> =>
    page
      .locator('.interactive-session')
      .getByText('Look a word up?')
      .filter({ visible: true })
      .first()
      .waitFor({ timeout: 30_000 });

  it('goes on without a tool that the user skips', async () => {
    provider.script({ toolCalls: [{ name: 'acme_lookup', args: { word: 'stork' } }] }, { text: 'Then I do without it.' });
    const before = await sendInChat(page, '@gatehouse what is a stork?');
    await questionAboutTool();
    await pressInChat(page, 'Skip');
    assert.match(await answerInChat(page, before), /Then I do without it\./);
    assert.match(lastBody(), /chose to skip the tool call/);
    assert.doesNotMatch(lastBody(), /a bird of the night/);
    await screenshot(page, 'chat-tool-skipped');
  });

  it('calls a tool of another extension when the editor was allowed to, and answers with what it gave', async () => {
    provider.script(
      { text: 'I look it up.', toolCalls: [{ name: 'acme_lookup', args: { word: 'owl' } }] },
      { text: 'An owl is a bird of the night.' },
    );
    const before = await sendInChat(page, '@gatehouse what is an owl?');
    await questionAboutTool();
    const count = asked().length;
    await screenshot(page, 'chat-tool-question');
    assert.equal(asked().length, count, 'nothing is asked while the editor waits for the user');
    await pressInChat(page, /^(Allow|Continue)/);
    const answer = await answerInChat(page, before);
    assert.match(answer, /An owl is a bird of the night\./);
    assert.match(answer, /2 requests/);
    assert.match(lastBody(), /owl: a bird of the night/);
    assert.match(lastBody(), /"name":"acme_lookup"/);
    await screenshot(page, 'chat-tool-answer');
  });

  it('tells the model of an error of a tool, and shows it a picture that a tool took', async () => {
    provider.script({ toolCalls: [{ name: 'acme_picture' }] }, { text: 'It shows a window.' });
    const answer = await askInChat(page, '@gatehouse take a #picture');
    assert.match(answer, /It shows a window\./);
    assert.match(lastBody(), /"type":"image","source":\{"type":"base64","media_type":"image\/png"/);
    await screenshot(page, 'chat-picture');
  });

  it('reads a file that the question refers to, with the breakpoints of a prompt cache', async () => {
    await attachToChat(page, 'owls.ts');
    const answer = await askInChat(page, '@gatehouse how many owls are there?');
    assert.match(answer, new RegExp(SONNET));
    assert.match(lastBody(), /owls\.ts:\\n```\\nexport const owls = 3;/);
    const marks = lastBody().match(/"cache_control":/g) ?? [];
    assert.equal(marks.length, 4);
    assert.match(lastBody(), /Open folders: `\/.*Operating system: .*Today is \d{4}-\d\d-\d\d/);
  });

  it('says what this chat cost', async () => {
    const answer = await askInChat(page, '@gatehouse /cost');
    assert.match(answer, /This chat: \$0\.\d+, \d+ requests, [\d,]+ in, [\d,]+ out\./);
    assert.match(answer, /Today, since midnight:/);
    await screenshot(page, 'chat-cost');
  });

  it('explains where the next message would go, and how the last one was answered', async () => {
    const answer = await askInChat(page, '@gatehouse /route and now?');
    assert.match(answer, new RegExp(`It would go to anthropic/${SONNET} with the key "work"`));
    assert.match(answer, /was answered by anthropic\/claude-sonnet-4-5/);
    await screenshot(page, 'chat-route');
  });

  it('compares two models that are picked, and goes on with one of them in this chat', async () => {
    provider.script({ text: 'Sonnet says owls hoot.' }, { text: 'Sonnet says owls hoot.' });
    const before = await sendInChat(page, '@gatehouse /compare do owls hoot?');
    await until(
      () => quickPickRows(page),
      (rows) => rows.some((row) => row.includes(HAIKU)) && rows.some((row) => row.includes(SONNET)),
      20_000,
      'the models',
    );
    for (const model of [SONNET, HAIKU])
      await page
        .locator('.quick-input-widget:visible .quick-input-list .monaco-list-row')
        .filter({ hasText: model })
        .first()
        .click();
    await screenshot(page, 'chat-compare-pick');
    await acceptPick(page);
    const answer = await answerInChat(page, before);
    assert.match(answer, new RegExp(`anthropic/${HAIKU}[^]*hoot[^]*complete after[^]*\\d in, \\d+ out`));
    await screenshot(page, 'chat-compare');
    await pressInChat(page, `Continue with anthropic/${HAIKU}`);
    assert.match(await answerInChat(page, before + 2), /goes on with anthropic\/claude-haiku-4-5/);
    const next = await askInChat(page, '@gatehouse and storks?');
    assert.match(next, new RegExp(`anthropic/${HAIKU}`));
    assert.match(lastBody(), /do owls hoot\?.*Sonnet says owls hoot\..*and storks\?/);
    await screenshot(page, 'chat-continued');
  });

  it('stops at once when it is stopped, and the book says so', async () => {
    provider.script({ text: 'one two three four', pieces: 4, stallAfterEvents: 4 });
    const before = await sendInChat(page, '@gatehouse count');
    await page.locator('.interactive-session').getByText(/^one/).last().waitFor({ timeout: 30_000 });
    await stopChat(page);
    await until(
      async () => asked().at(-1)?.aborted === true,
      (aborted) => aborted,
      5_000,
      'the provider to see the abort',
    );
    await answerInChat(page, before);
    assert.match(await latestRow(), /stopped|aborted|went away/i);
  });

  it('says with a button that a budget is spent', async () => {
    await askInChat(page, '@gatehouse /agent poor');
    const answer = await askInChat(page, '@gatehouse hello');
    assert.match(answer, /budget of agent "poor"/);
    await screenshot(page, 'chat-budget');
    await pressInChat(page, 'Raise Budget');
    await answerInputBox(page, '50');
    await until(
      () => askInChat(page, '@gatehouse hello again'),
      (text) => text.includes(SONNET),
      30_000,
      'an answer within the raised budget',
    );
  });

  it('books what was being answered when the window is reloaded as stopped', async () => {
    provider.script({ text: 'one two three four', pieces: 4, stallAfterEvents: 4 });
    await sendInChat(page, '@gatehouse count again');
    await page.locator('.interactive-session').getByText(/^one/).last().waitFor({ timeout: 30_000 });
    await page.reload();
    await waitForStatusBar(page, 'gatehouse', /\$/);
    await until(
      async () => asked().at(-1)?.aborted === true,
      (aborted) => aborted,
      20_000,
      'the provider to see the abort',
    );
    assert.match(await latestRow(), /stopped|aborted|went away/i);
  });

  async function latestRow(): Promise<string> {
    await runCommand(page, 'Gatehouse: Show Route of Request');
    const rows = await until(
      () => quickPickRows(page),
      (all) => all.some((row) => row.includes('→')),
      10_000,
      'the latest requests',
    );
    await dismissQuickPick(page);
    return rows.find((row) => row.includes('→')) ?? '';
  }
});

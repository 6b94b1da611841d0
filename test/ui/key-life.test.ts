import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { filesHolding } from '../support/files-holding.ts';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import {
  answerInputBox,
  askInChat,
  dismissQuickPick,
  pickItem,
  pressModalButton,
  pressNotificationButton,
  quickPickRows,
  readModal,
  runCommand,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const FIRST = 'sk-ant-first-3b1f7700aa';
const SECOND = 'sk-ant-second-9c2e6611bb';
const THIRD = 'sk-ant-third-55aa0099cc';
const MODEL = 'claude-sonnet-4-5';

/** The life of a key, as a person goes through it. In order: each step builds on the one before. */
describe('the life of a key in a real VS Code', function () {
  this.timeout(180_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  const output: string[] = [];
  let provider: FakeProvider;
  let elsewhere: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: FIRST, keys: [SECOND, THIRD] });
    elsewhere = await startFakeProvider({ dialect: 'anthropic-messages', key: FIRST });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': {
          anthropic: { kind: 'anthropic', baseUrl: provider.url, models: [MODEL] },
          // Nothing listens there.
          nowhere: { kind: 'anthropic', baseUrl: 'http://127.0.0.1:9' },
        },
        'gatehouse.agents': { chat: { model: `anthropic/${MODEL}` } },
      },
      trusted: true,
      log: 'gatehouse.gatehouse:trace',
      onOutput: (text) => output.push(text),
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/, 90_000);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    await provider?.close();
    await elsewhere?.close();
    workspace.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(page, `failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  const clearNotifications = (): Promise<void> => runCommand(page, 'Notifications: Clear All Notifications');
  /** Notifications fade in. */
  const shown = async (name: string): Promise<void> => {
    await page.waitForTimeout(700);
    await screenshot(page, name);
  };
  const sentWith = (): string | undefined => provider.requests.at(-1)?.headers['x-api-key'];

  for (const { what, to = 'anthropic', status, says } of [
    { what: 'no-credit', status: 402, says: /no credit\. Add credit there/ },
    { what: 'no-access', status: 403, says: /does not let it use its models.*permissions/ },
    { what: 'no-network', to: 'nowhere', says: /was not reached, nothing answers at its address/ },
  ] as readonly { what: string; to?: string; status?: number; says: RegExp }[]) {
    it(`says of a key with ${what.replace('-', ' ')} what to do, and keeps nothing`, async () => {
      if (status !== undefined) provider.script({ on: 'models', error: { status } });
      await runCommand(page, 'Gatehouse: Add Key');
      await pickItem(page, to);
      await answerInputBox(page, FIRST);
      await waitForNotification(page, says);
      await shown(`key-${what}`);
      await pressNotificationButton(page, 'Discard');
      await clearNotifications();
    });
  }

  it('says of a wrong key what is wrong, and asks for it again', async () => {
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, 'sk-ant-wrong-000000');
    const text = await waitForNotification(page, /does not know this key/);
    assert.doesNotMatch(text, /wrong-000000/);
    await shown('key-wrong');
    await pressNotificationButton(page, 'Enter Again');
    await answerInputBox(page, FIRST);
    await screenshot(page, 'key-label');
    await answerInputBox(page, 'work');
    await waitForNotification(page, /ending in 00aa was added/);
    await shown('key-added');
    await clearNotifications();
  });

  it('finds a key that is there already', async () => {
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, FIRST);
    await waitForNotification(page, /already there as "work"/);
    await clearNotifications();
  });

  it('binds it, and routing keeps to that from the next request on', async () => {
    await runCommand(page, 'Gatehouse: Edit Key');
    await pickItem(page, 'work');
    await screenshot(page, 'key-edit');
    await pickItem(page, /Models/);
    await answerInputBox(page, 'claude-haiku-*');
    await until(
      () => quickPickRows(page),
      (rows) => rows.some((row) => /Models.*claude-haiku-\*/.test(row)),
      20_000,
      'the new binding in the list',
    );
    await dismissQuickPick(page);
    assert.match(await askInChat(page, '@gatehouse hello'), /No key of "anthropic" may be used by this agent|key/);
    assert.equal(provider.requests.filter(({ operation }) => operation === 'generate').length, 0);
    await runCommand(page, 'Gatehouse: Edit Key');
    await pickItem(page, 'work');
    await pickItem(page, /Models/);
    await answerInputBox(page, '');
    await pickItem(page, /Reminder/);
    await answerInputBox(page, '90');
    await pickItem(page, /Environment/);
    await answerInputBox(page, 'dev');
    await until(
      () => quickPickRows(page),
      (rows) => rows.some((row) => /Environment.*dev/.test(row)) && rows.some((row) => /every 90 days/.test(row)),
      20_000,
      'environment and reminder in the list',
    );
    await screenshot(page, 'key-edited');
    await dismissQuickPick(page);
    assert.match(await askInChat(page, '@gatehouse hello again'), new RegExp(MODEL));
    assert.equal(sentWith(), FIRST);
  });

  it('rotates it, and undoes that by a button', async () => {
    await runCommand(page, 'Gatehouse: Rotate Key');
    await pickItem(page, 'work');
    await answerInputBox(page, SECOND);
    await waitForNotification(page, /is the key ending in 11bb now.*ending in 00aa, is kept for 20 minutes/);
    await shown('key-rotated');
    await pressNotificationButton(page, 'Undo Rotation');
    await waitForNotification(page, /is the key ending in 00aa again/);
    await shown('key-rotation-undone');
    await clearNotifications();
    await askInChat(page, '@gatehouse with the first again');
    assert.equal(sentWith(), FIRST);
    await runCommand(page, 'Gatehouse: Rotate Key');
    await pickItem(page, 'work');
    await answerInputBox(page, THIRD);
    await waitForNotification(page, /is the key ending in 99cc now/);
    await clearNotifications();
    await askInChat(page, '@gatehouse with the third');
    assert.equal(sentWith(), THIRD);
    await runCommand(page, 'Gatehouse: Undo Rotation of Key');
    await pickItem(page, 'work');
    await waitForNotification(page, /ending in 00aa again/);
    await clearNotifications();
  });

  it('keeps the old value while the new one is refused, and tells so', async () => {
    await runCommand(page, 'Gatehouse: Rotate Key');
    await pickItem(page, 'work');
    await answerInputBox(page, 'sk-ant-not-yet-77777777');
    await waitForNotification(page, /does not know this key/);
    await pressNotificationButton(page, 'Keep Anyway');
    await waitForNotification(page, /ending in 7777 now/);
    await clearNotifications();
    assert.match(await askInChat(page, '@gatehouse hello'), new RegExp(MODEL));
    assert.equal(sentWith(), FIRST);
    await waitForNotification(page, /rejects the new value of "work"/);
    await shown('key-new-value-refused');
    await runCommand(page, 'Gatehouse: Undo Rotation of Key');
    await pickItem(page, 'work');
    await waitForNotification(page, /ending in 00aa again/);
    await clearNotifications();
  });

  it('disables and enables it', async () => {
    await runCommand(page, 'Gatehouse: Disable Key');
    await pickItem(page, 'work');
    await page.getByText('"work" is disabled').first().waitFor();
    assert.match(await askInChat(page, '@gatehouse hello'), /key/i);
    await runCommand(page, 'Gatehouse: Enable Key');
    await pickItem(page, 'work');
    await page.getByText('"work" is enabled').first().waitFor();
    assert.match(await askInChat(page, '@gatehouse hello'), new RegExp(MODEL));
  });

  it('is not sent to another address before that was confirmed', async () => {
    const providers = { anthropic: { kind: 'anthropic', baseUrl: elsewhere.url, models: [MODEL] } };
    server.updateUserSettings({ 'gatehouse.providers': providers });
    await page.close();
    page = await server.openPage(browser);
    await waitForNotification(page, /The address of "anthropic" has changed/, 90_000);
    await shown('key-moved');
    assert.match(await askInChat(page, '@gatehouse hello'), /not the one its key was entered for/);
    assert.equal(elsewhere.requests.length, 0);
    await runCommand(page, 'Gatehouse: Confirm Address of Key');
    await pickItem(page, 'work');
    const modal = await readModal(page);
    for (const { url } of [provider, elsewhere]) assert.ok(modal.includes(url), modal);
    await shown('key-confirm-address');
    await pressModalButton(page, 'Send It There');
    await clearNotifications();
    await until(
      () => askInChat(page, '@gatehouse hello'),
      (text) => text.includes(MODEL),
      30_000,
      'the key at the new address',
    );
    assert.equal(elsewhere.requests.at(-1)?.headers['x-api-key'], FIRST);
  });

  it('revokes it while a request is on its way, and asks what becomes of that', async () => {
    elsewhere.script({ text: 'slowly '.repeat(60), pieces: 60, delay: { betweenMs: 500 } });
    const answer = askInChat(page, '@gatehouse tell me slowly');
    await page.getByText('slowly slowly').first().waitFor();
    await runCommand(page, 'Gatehouse: Revoke Key');
    await pickItem(page, 'work');
    assert.match(await readModal(page), /Revoke "work" \(anthropic, ends in 00aa\)\?[^]*One request is using it now/);
    await screenshot(page, 'key-revoke');
    await pressModalButton(page, 'Revoke and Abort It');
    await waitForNotification(page, /"work" was revoked/);
    assert.match(await answer, /revoked/);
    await shown('key-revoked');
    await clearNotifications();
  });

  it('left none of its values in a file, an output or on the screen, at the most talkative level of the log', async () => {
    for (const value of [FIRST, SECOND, THIRD]) {
      const holding = [server.userDataFolder, server.home, workspace.path].flatMap((folder) => filesHolding(folder, value));
      assert.deepEqual(holding, []);
      assert.ok(!output.join('').includes(value));
      for (const frame of page.frames()) assert.ok(!(await frame.content().catch(() => '')).includes(value));
    }
  });
});

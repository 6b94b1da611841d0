import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import { findWebview } from './launch/webview.ts';
import {
  answerInputBox,
  askInChat,
  dismissQuickPick,
  pickItem,
  quickPickRows,
  readPreview,
  runCommand,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const FIRST = 'sk-ant-first-5d20ce11aa';
const SECOND = 'sk-ant-second-77b1f0e2bb';
const MODEL = 'claude-sonnet-4-5';

/** What a person sees of routing: rules explained, a key that dies under way, its request's route, a paused agent. In order. */
describe('routing in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let provider: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: FIRST, keys: [SECOND] });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': {
          anthropic: { kind: 'anthropic', baseUrl: provider.url, models: [MODEL] },
          demo: { kind: 'demo', models: ['echo'] },
        },
        'gatehouse.models': { fast: { of: [`anthropic/${MODEL}`, 'demo/echo'] } },
        'gatehouse.agents': {
          chat: {
            model: `anthropic/${MODEL}`,
            routes: [
              { name: 'titles', when: { model: '*haiku*' }, to: 'fast' },
              { name: 'large', when: { tokensOver: 150_000 }, to: 'demo/echo' },
            ],
            fallbacks: ['demo/echo'],
          },
        },
      },
      trusted: true,
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, FIRST);
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

  const rowOf = async (command: string, pattern: RegExp): Promise<string> => {
    await runCommand(page, command);
    const rows = await until(
      () => quickPickRows(page),
      (all) => all.some((text) => pattern.test(text)),
      10_000,
      `a row that matches ${pattern}`,
    );
    return rows.find((text) => pattern.test(text)) ?? '';
  };

  it('offers aliases where a model is chosen', async () => {
    await runCommand(page, 'Gatehouse: Choose Model for Agent');
    await pickItem(page, 'chat');
    const rows = await until(
      () => quickPickRows(page),
      (all) => all.some((text) => text.includes('fast')),
      10_000,
      'the alias',
    );
    assert.match(rows.find((text) => text.includes('fast')) ?? '', new RegExp(`anthropic/${MODEL}, demo/echo`));
    await dismissQuickPick(page);
  });

  it('explains a route: rules with their marks, then the targets', async () => {
    await runCommand(page, 'Gatehouse: Explain Route');
    await pickItem(page, 'chat');
    await answerInputBox(page, 'claude-haiku-4-5');
    const text = await readPreview(page, /It would go to/);
    assert.match(text, new RegExp(`It would go to anthropic/${MODEL} with the key "work"`));
    assert.match(text, /✔ titles → fast \(takes it\)/);
    assert.match(text, /\? large → demo\/echo \(depends on the request\)/);
    assert.match(text, /First: fast/);
    assert.match(text, /Fallback 1: demo\/echo, for errors/);
    await screenshot(page, 'explain-route');
  });

  it('says once that a key died, and the request goes to the fallback', async () => {
    provider.script({ revoke: true });
    const answer = await askInChat(page, '@gatehouse are you there');
    assert.match(answer, /demo\/echo/);
    const told = await waitForNotification(page, /rejected the key/);
    assert.match(told, /Anthropic rejected the key "work" \(401\)\. Requests go to other keys or fallbacks until it is replaced\./);
    await screenshot(page, 'key-died');
    await runCommand(page, 'Notifications: Clear All Notifications');
    assert.match(await askInChat(page, '@gatehouse and again'), /demo\/echo/);
    assert.equal(await page.locator('.notifications-toasts').getByText('rejected the key').count(), 0, 'told twice');
  });

  it('shows what is held against the key where one is picked', async () => {
    const row = await rowOf('Gatehouse: Test Key', /work/);
    assert.match(row, /set aside: rejected by the provider \(401\), since \d\d:\d\d/);
    await screenshot(page, 'key-set-aside');
    await dismissQuickPick(page);
  });

  it('opens the route of a request from the usage panel, by keyboard and by mouse', async () => {
    await runCommand(page, 'Gatehouse: Show Usage');
    const panel = await findWebview(page, 'gatehouse.gatehouse');
    await panel.getByRole('tab', { name: 'Requests' }).click();
    const rows = panel.locator('.latest-section tbody tr.opens');
    await rows.first().waitFor();
    await rows.first().focus();
    await page.keyboard.press('ArrowDown');
    await screenshot(page, 'usage-panel-openable');
    await page.keyboard.press('Enter');
    const text = await readPreview(page, /Attempts/);
    assert.match(text, new RegExp(`anthropic/${MODEL}\\s+work\\s+relay\\s+the provider answered 401 \\(key rejected\\)`));
    assert.match(text, /demo\/echo\s+none\s+\w+\s+answered/);
    await screenshot(page, 'route-trace');
    await runCommand(page, 'Gatehouse: Show Usage');
    const again = await findWebview(page, 'gatehouse.gatehouse');
    await again.locator('.latest-section tbody tr.opens').first().click();
    assert.match(await readPreview(page, /Passed over/), /with the key "work": the provider rejected the key/);
  });

  it('opens it from the palette as well', async () => {
    const row = await rowOf('Gatehouse: Show Route of Request', /chat → demo\/echo/);
    assert.match(row, /answered/);
    await screenshot(page, 'show-route-pick');
    await dismissQuickPick(page);
  });

  it('forgets it after a rotation', async () => {
    await runCommand(page, 'Gatehouse: Rotate Key');
    await pickItem(page, 'work');
    await answerInputBox(page, SECOND);
    await waitForNotification(page, /is the key ending in e2bb now/);
    assert.doesNotMatch(await rowOf('Gatehouse: Test Key', /work/), /set aside/);
    await dismissQuickPick(page);
    assert.match(await askInChat(page, '@gatehouse with a new key'), new RegExp(MODEL));
  });

  it('pauses an agent, shows it, and resumes it', async () => {
    await runCommand(page, 'Notifications: Clear All Notifications');
    await runCommand(page, 'Gatehouse: Pause Agent');
    await pickItem(page, 'chat');
    await waitForStatusBar(page, 'gatehouse', /chat is paused/);
    assert.match(await askInChat(page, '@gatehouse hello'), /Resume Agent/);
    await screenshot(page, 'paused-agent');
    await runCommand(page, 'Gatehouse: Resume Agent');
    await pickItem(page, 'chat');
    await waitForStatusBar(page, 'gatehouse', /^\S*[<$][^p]*$/);
    assert.match(await askInChat(page, '@gatehouse welcome back'), new RegExp(MODEL));
  });
});

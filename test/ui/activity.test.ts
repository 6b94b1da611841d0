import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { extensionHostMs } from './launch/extension-host-time.ts';
import { screenshot, screenshotInAllThemes } from './launch/screenshots.ts';
import {
  answerInputBox,
  askInChat,
  chooseFromMenu,
  dismissQuickPick,
  editorText,
  hoverOver,
  openView,
  pickItem,
  pressNotificationButton,
  quickPickRows,
  readPreview,
  runCommand,
  statusBarItem,
  treeRow,
  until,
  viewRows,
  waitForNotification,
  waitForStatusBar,
  wholeRow,
} from './launch/workbench.ts';

const KEY = 'sk-ant-activity-0123456789ab';

/** Requests as they run, and what can be done about them; the agents' models, limits, rules and budgets. In order. */
describe('the Activity view in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let provider: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: KEY });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': {
          anthropic: { kind: 'anthropic', baseUrl: provider.url, models: ['claude-sonnet-4-5', 'claude-haiku-4-5'] },
          demo: { kind: 'demo', models: ['echo'], prices: { '*': { input: 1000, output: 1000 } } },
        },
        'gatehouse.agents': {
          chat: { model: 'anthropic/claude-sonnet-4-5', fallbacks: ['demo/echo'] },
          tool: { model: 'anthropic/claude-haiku-4-5' },
        },
        'gatehouse.budgets': [{ scope: { agent: 'chat' }, window: 'day', usd: 100 }],
        'gatehouse.retries': { attempts: 0 },
      },
      trusted: true,
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, KEY);
    await answerInputBox(page, 'work');
    await waitForNotification(page, /was added/);
    await runCommand(page, 'Notifications: Clear All Notifications');
    await openView(page, 'Gatehouse');
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

  const rowsWith = (pattern: RegExp, timeoutMs = 15_000): Promise<readonly string[]> =>
    until(
      () => viewRows(page),
      (rows) => rows.some((row) => pattern.test(row)),
      timeoutMs,
      `a row that matches ${pattern}`,
    );

  const closeView = async (name: string): Promise<void> => {
    const header = page.locator('.part.sidebar .pane-header', { hasText: name });
    if ((await header.getAttribute('aria-expanded')) === 'true') await header.click();
  };

  const openPane = async (name: string): Promise<void> => {
    const header = page.locator('.part.sidebar .pane-header', { hasText: name });
    if ((await header.getAttribute('aria-expanded')) !== 'true') await header.click();
  };

  it('says what to do while nothing was asked', async () => {
    await page.getByText('No agent has asked for anything yet').waitFor();
    await closeView('Keys');
    await screenshot(page, 'activity-empty');
  });

  it('shows a request as it runs, and what became of it', async () => {
    provider.script({ text: 'word '.repeat(60), pieces: 60, delay: { firstEventMs: 2500, betweenMs: 100 } });
    const answer = askInChat(page, '@gatehouse hello');
    await rowsWith(/^chat\s*claude-sonnet-4-5 · .* · is asked$/);
    await rowsWith(/^chat\s*claude-sonnet-4-5 · .* · first output after \d\.\d s$/);
    await screenshotInAllThemes(page, 'activity-running');
    await answer;
    const rows = await rowsWith(/^chat\s*claude-sonnet-4-5 · \d+\.\d s · .*\$0\.\d+ · first after \d\.\d s · [\d,]+ tokens$/);
    assert.equal(rows.filter((row) => /is asked|first output/.test(row)).length, 0);
  });

  it('unfolds into rule, attempts with their errors, times, tokens and cost', async () => {
    provider.script({ error: { status: 529 } });
    await askInChat(page, '@gatehouse again');
    await rowsWith(/^chat\s*echo · .* · 2 attempts/);
    await wholeRow(page, /^chat\s*echo/).click();
    await page.keyboard.press('ArrowRight');
    await rowsWith(/^Attempt 1\s*the provider answered 529 \(overloaded\) · anthropic\/claude-sonnet-4-5 · took/);
    const rows = await rowsWith(/^Cost\s*\$/);
    for (const label of ['Asked for', 'Rule', 'Attempt 2', 'Time', 'Tokens'])
      assert.ok(
        rows.some((row) => row.startsWith(label)),
        label,
      );
    await screenshotInAllThemes(page, 'activity-unfolded');
    await page.keyboard.press('ArrowLeft');
  });

  it('copies a request as curl without a secret, from its menu, twice', async () => {
    for (let time = 0; time < 2; time++) {
      await page.evaluate('navigator.clipboard.writeText("")');
      await chooseFromMenu(page, () => wholeRow(page, /^chat\s*echo/), 'Copy Request as curl');
      const text = await until(
        () => page.evaluate<string>('navigator.clipboard.readText()'),
        (copied) => copied.includes('curl'),
        10_000,
        'the copied line',
      );
      assert.match(text, /curl -sSN 'http:\/\/127\.0\.0\.1:\d+\/v1\/messages'/);
      assert.match(text, /\$GATEHOUSE_TOKEN/);
      assert.ok(!text.includes(KEY) && !/gh-[\w-]{10}/.test(text), text);
    }
    await waitForNotification(page, /Copied as curl, without the token/);
    await runCommand(page, 'Notifications: Clear All Notifications');
  });

  it('opens the route of a request, and explains where it would go now', async () => {
    await chooseFromMenu(page, () => wholeRow(page, /^chat\s*echo/), 'Show Route of Request');
    await readPreview(page, /Attempts[\s\S]*overloaded/);
    await chooseFromMenu(page, () => wholeRow(page, /^chat\s*echo/), 'Explain Request');
    await readPreview(page, /Route of chat/);
    await runCommand(page, 'View: Close All Editors');
  });

  it('stops a request that runs', async () => {
    provider.script({ text: 'word '.repeat(200), pieces: 200, delay: { betweenMs: 100 } });
    const answer = askInChat(page, '@gatehouse a long one');
    await rowsWith(/^chat\s*claude-sonnet-4-5 · .* · first output/);
    await chooseFromMenu(page, () => wholeRow(page, /first output/), 'Cancel Request');
    await rowsWith(/^chat\s*claude-sonnet-4-5 · stopped by hand · /);
    assert.match(await answer, /Somebody stopped this request/);
    await until(
      () => Promise.resolve(provider.requests.at(-1)?.aborted),
      (aborted) => aborted === true,
      5000,
      'the provider to be let go',
    );
    await screenshot(page, 'activity-stopped');
  });

  it('asks one that runs again of another model, beside, although nothing is kept', async () => {
    provider.script({ stallBeforeHeaders: true });
    const stuck = askInChat(page, '@gatehouse say something', 120_000);
    await rowsWith(/^chat\s*claude-sonnet-4-5 · .* · is asked$/);
    await chooseFromMenu(page, () => wholeRow(page, /is asked/), 'Retry Request on Another Model');
    await pickItem(page, 'echo');
    await until(
      () => editorText(page),
      (text) => /chat on demo\/echo/.test(text) && /say something/.test(text),
      15_000,
      'the answer beside',
    );
    await rowsWith(/^chat\s*echo · /);
    await screenshot(page, 'activity-retried');
    // By keyboard alone.
    await runCommand(page, 'Gatehouse: Cancel Request');
    await until(
      () => quickPickRows(page),
      (rows) => rows.length === 1 && /on its way/.test(rows[0] ?? ''),
      10_000,
      'the request on its way',
    );
    await page.keyboard.press('Enter');
    await stuck;
    await runCommand(page, 'View: Close All Editors');
  });

  it('keeps what was asked only once it is wanted', async () => {
    await chooseFromMenu(page, () => wholeRow(page, /^chat\s*echo/), 'Retry Request on Another Model');
    await waitForNotification(page, /What this request asked is not in memory/);
    await screenshot(page, 'activity-keep');
    await pressNotificationButton(page, 'Keep From Now On');
    await askInChat(page, '@gatehouse keep this');
    provider.script({ text: 'tick '.repeat(300), pieces: 300, delay: { betweenMs: 50 } });
    await runCommand(page, 'Gatehouse: Retry Request on Another Model');
    await until(
      () => quickPickRows(page),
      (rows) => rows.length > 2,
      5000,
      'the latest requests',
    );
    await page.keyboard.press('Enter');
    await pickItem(page, 'claude-sonnet-4-5');
    await until(
      () => editorText(page),
      (text) => /tick tick/.test(text),
      15_000,
      'the answer as it comes',
    );
    await pressNotificationButton(page, 'Cancel');
    await until(
      () => editorText(page),
      (text) => /It failed: [\s\S]*stopped/.test(text),
      15_000,
      'the end of the answer',
    );
    await runCommand(page, 'View: Close All Editors');
  });

  it('costs the extension host little while 200 events a second pass, with the view in sight', async () => {
    const copy = async (what: string): Promise<string> => {
      await page.evaluate('navigator.clipboard.writeText("")');
      await runCommand(page, 'Gatehouse: Copy Endpoint for Agent');
      await pickItem(page, 'tool');
      await pickItem(page, what);
      return until(
        () => page.evaluate<string>('navigator.clipboard.readText()'),
        (text) => text !== '',
        5000,
        what,
      );
    };
    const [url, token] = [await copy('Base URL'), await copy('Token')];
    await rowsWith(/^chat\s*claude-sonnet-4-5/);
    const stream = async (): Promise<{ readonly share: number; readonly perSecond: number }> => {
      provider.script({ text: 'word '.repeat(3000), pieces: 3000, delay: { betweenMs: 4 } });
      const answer = await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': token, 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({
          model: 'claude-haiku-4-5',
          max_tokens: 4000,
          stream: true,
          messages: [{ role: 'user', content: 'hello' }],
        }),
      });
      const began = performance.now();
      const before = extensionHostMs();
      const events = (await answer.text()).split('\n\n').length;
      const took = performance.now() - began;
      return { share: (extensionHostMs() - before) / took, perSecond: (events / took) * 1000 };
    };
    const shown = await stream();
    await closeView('Activity');
    const hidden = await stream();
    await openPane('Activity');
    const words = (value: number): string => `${(value * 100).toFixed(1)} % of a core`;
    process.stdout.write(
      `      ${Math.round(shown.perSecond)} events a second: ${words(shown.share)} with the view in sight, ${words(hidden.share)} without\n`,
    );
    assert.ok(shown.perSecond > 100, String(shown.perSecond));
    assert.ok(shown.share < 0.05, words(shown.share));
  });

  it('chooses a model by price, context, abilities, health and pace', async () => {
    await runCommand(page, 'Gatehouse: Choose Model for Agent');
    await pickItem(page, 'tool');
    const rows = await until(
      () => quickPickRows(page),
      (all) => all.some((row) => /claude-sonnet-4-5.*\$3 in, \$15 out.*tools, images, thinking/.test(row)),
      10_000,
      'the models with what is known of them',
    );
    assert.ok(
      rows.some((row) => /1M context|200k context/.test(row)),
      rows.join('\n'),
    );
    await screenshot(page, 'choose-model-known');
    await dismissQuickPick(page);
  });

  it('edits the limits, the rules and the budget of an agent', async () => {
    await closeView('Activity');
    await runCommand(page, 'Gatehouse: Edit Limits of Agent');
    await pickItem(page, 'tool');
    await pickItem(page, 'Requests a minute');
    await page.locator('.quick-input-box input').first().fill('many');
    await page.getByText('A whole number above zero').first().waitFor();
    await answerInputBox(page, '30');
    await dismissQuickPick(page);
    await treeRow(page, /^tool/).click();
    await page.keyboard.press('ArrowRight');
    await rowsWith(/^Limits\s*30 requests a minute/);

    await chooseFromMenu(page, () => treeRow(page, /^tool/), 'Edit Rules of Agent');
    await pickItem(page, /Add a rule/);
    await pickItem(page, 'With images');
    await pickItem(page, 'echo');
    await until(
      () => quickPickRows(page),
      (all) => all.some((row) => /images: true.*demo\/echo/.test(row)),
      5000,
      'the new rule',
    );
    await screenshot(page, 'edit-rules');
    await dismissQuickPick(page);
    await rowsWith(/^Rule 1\s*→ demo\/echo/);

    await chooseFromMenu(page, () => treeRow(page, /^tool/), 'Edit Budget');
    await pickItem(page, 'Day');
    await answerInputBox(page, '5');
    await pickItem(page, 'Refuse requests');
    await rowsWith(/^Daily budget\s*▱+ \d % · \S*\$0\.\d+ of \$5\.00/);
    await screenshotInAllThemes(page, 'agents-edited');
  });

  it('tells in the status bar by whom, how the budgets stand, and warns only when one is spent', async () => {
    await hoverOver(page, statusBarItem(page, 'gatehouse'));
    const hover = page.locator('.workbench-hover').last();
    await hover.getByText('Daily budget of chat').waitFor({ timeout: 10_000 });
    const text = await hover.innerText();
    for (const part of ['Agent', 'chat', 'Endpoint', 'http://127.0.0.1', 'Latest:', 'Choose Model'])
      assert.ok(text.includes(part), part);
    await screenshot(page, 'status-tooltip');
    await page.mouse.move(500, 300);

    await runCommand(page, 'Gatehouse: Edit Budget');
    await pickItem(page, /of agent "chat"/);
    await pickItem(page, 'Limit');
    await answerInputBox(page, '0.000001');
    await waitForStatusBar(page, 'gatehouse', /budget spent/);
    const item = statusBarItem(page, 'gatehouse');
    await until(
      async () => (await item.getAttribute('class')) ?? '',
      (look) => look.includes('warning-kind'),
      5000,
      'the warning background',
    );
    await page.locator('.part.activitybar .badge:visible').first().waitFor();
    await screenshotInAllThemes(page, 'status-spent');
  });
});

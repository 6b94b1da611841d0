import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { filesHolding } from '../support/files-holding.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import {
  acceptPick,
  dismissQuickPick,
  pickItem,
  pressNotificationButton,
  pressModalButton,
  quickPickRows,
  readModal,
  runCommand,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const KEY = 'sk-ant-api03-canary-key-5f7b1199dd';
const AGENT = 'canary-agent';
const MODEL = 'canary-model-9';

/** Keys come in from a file in plain text, and in the end everything goes. In order: each step builds on the one before. */
describe('import and purge in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  const other = temporaryFolder('other-workspace');
  const file = join(workspace.path, '.env');
  let text: string;
  let provider: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;
  let second: Page;
  let token: string;

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: KEY });
    text = `# mine\r\nANTHROPIC_BASE_URL=${provider.url}\r\nexport ANTHROPIC_API_KEY="${KEY}"  # for work\r\nOTHER='1'`;
    writeFileSync(file, text);
    chmodSync(file, 0o640);
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: { 'gatehouse.agents': { [AGENT]: { kind: 'claude-code' } } },
      trusted: true,
      env: { ANTHROPIC_API_KEY: undefined, OPENAI_API_KEY: undefined },
    });
    mkdirSync(join(server.home, '.claude'));
    writeFileSync(
      join(server.home, '.claude/.credentials.json'),
      JSON.stringify({ claudeAiOauth: { accessToken: 'sk-ant-oat01-canary', refreshToken: 'sk-ant-ort01-canary' } }),
    );
    browser = await launchChromium();
    page = await server.openPage(browser);
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    await provider?.close();
    workspace.remove();
    other.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(page, `failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  const assertNotShown = async (): Promise<void> => {
    const shown = await page.locator('.monaco-workbench').innerText();
    assert.ok(!shown.includes(KEY) && !shown.includes('canary-key'), 'the key is on the screen');
  };

  it('shows what was found by place, provider and last four, and what is left alone', async () => {
    await runCommand(page, 'Gatehouse: Import Keys');
    const rows = await until(
      () => quickPickRows(page),
      (all) => all.some((row) => row.includes('····99dd')),
      20_000,
      'the key that was found',
    );
    assert.match(
      rows.join('\n'),
      /Anthropic-compatible, 127\.0\.0\.1:\d+ ····99dd.*adds the provider.*ANTHROPIC_API_KEY in .*\.env \(the workspace\)/,
    );
    await waitForNotification(page, /Left alone: claudeAiOauth in .*: a login of a subscription, not an API key/);
    await assertNotShown();
    await screenshot(page, 'import-found');
  });

  it('tests and stores the key, and shows masked what would be taken out of the file', async () => {
    await acceptPick(page);
    await waitForNotification(page, /Remove ANTHROPIC_API_KEY from .*\.env, as shown\?/);
    assert.equal(provider.requests.at(-1)?.headers['x-api-key'], KEY);
    const diff = page.locator('.monaco-diff-editor');
    await until(
      () => diff.innerText(),
      (shown) => shown.includes('••••••••99dd'),
      20_000,
      'the masked change',
    );
    await assertNotShown();
    await screenshot(page, 'import-masked-change');
    assert.equal(readFileSync(file, 'utf8'), text);
  });

  it('takes that entry out and nothing else, and puts it back byte for byte', async () => {
    await pressNotificationButton(page, 'Remove');
    await waitForNotification(page, /The plain text was removed/);
    assert.equal(readFileSync(file, 'utf8'), `# mine\r\nANTHROPIC_BASE_URL=${provider.url}\r\n# for work\r\nOTHER='1'`);
    assert.equal(statSync(file).mode & 0o777, 0o640);
    await screenshot(page, 'import-removed');
    await runCommand(page, 'Gatehouse: Undo Key Removal');
    await pickItem(page, 'ANTHROPIC_API_KEY');
    await screenshot(page, 'import-undo');
    await pickItem(page, 'Put it back');
    await waitForNotification(page, /ANTHROPIC_API_KEY is in .*\.env again/);
    assert.equal(readFileSync(file, 'utf8'), text);
    assert.deepEqual(filesHolding(server.userDataFolder, KEY), []);
  });

  it('marks a key that is stored already', async () => {
    await runCommand(page, 'Gatehouse: Import Keys');
    await until(
      () => quickPickRows(page),
      (all) => all.some((row) => row.includes('already stored as')),
      20_000,
      'the mark',
    );
    await screenshot(page, 'import-duplicate');
    await dismissQuickPick(page);
    // What comes next is about what Gatehouse keeps, not about the file.
    writeFileSync(file, '');
  });

  /** The editor's own chat and its history of settings.json name models and agents, and are out of an extension's reach; they hold no secret. */
  const assertNothingLeft = (): void => {
    for (const canary of [KEY, token]) assert.deepEqual(filesHolding(server.userDataFolder, canary), [], canary);
    for (const canary of [AGENT, MODEL]) {
      const left = filesHolding(server.userDataFolder, canary).filter(
        (name) => !/\/(History|chatSessions|chatEditingSessions)\//.test(name),
      );
      assert.deepEqual(left, [], canary);
    }
  };

  it('erases everything on one command, and no window writes anything back', async () => {
    await runCommand(page, 'Gatehouse: Copy Endpoint for Agent');
    await pickItem(page, AGENT);
    await pickItem(page, 'Shell variables');
    const variables = await until(
      () => page.evaluate<string>('navigator.clipboard.readText()'),
      (copied) => copied.includes('ANTHROPIC_AUTH_TOKEN'),
      10_000,
      'the variables',
    );
    const valueOf = (name: string): string => new RegExp(`${name}='([^']*)'`).exec(variables)?.[1] ?? assert.fail(name);
    token = valueOf('ANTHROPIC_AUTH_TOKEN');
    const answer = await fetch(`${valueOf('ANTHROPIC_BASE_URL')}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify({ model: `127-0-0-1/${MODEL}`, max_tokens: 20, messages: [{ role: 'user', content: 'x' }] }),
    });
    assert.equal(answer.status, 200, await answer.text());

    second = await server.openPage(browser, { workspace: other.path });
    await waitForStatusBar(second, 'gatehouse', /\$/);
    await page.bringToFront();
    for (const canary of [AGENT, MODEL]) assert.ok(filesHolding(server.userDataFolder, canary).length > 0, `${canary} is nowhere`);

    await runCommand(page, 'Gatehouse: Purge Everything');
    const list = await readModal(page);
    assert.match(list, /key 127-0-0-1\/default, which ends in 99dd/);
    assert.match(list, /the ledger and the audit log in it \(1 request, \d files?, \d+ KB\)/);
    assert.match(list, /Only if you choose so, these settings: gatehouse\.\w+/);
    await assertNotShown();
    await screenshot(page, 'purge-list');
    await pressModalButton(page, 'Erase, Settings Too');
    await until(
      () => readModal(page),
      (shown) => shown.includes('Everything was erased'),
      30_000,
      'the report',
    );
    await screenshot(page, 'purge-report');
    await waitForNotification(second, /erased from another window/);
    await screenshot(second, 'purge-other-window');
    // Time enough for a window to write something back, if one would.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    assertNothingLeft();
  });

  it('starts afresh, without keys', async () => {
    await pressModalButton(page, 'Start Afresh');
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
    await second.close();
    second = await server.openPage(browser, { workspace: other.path });
    await waitForStatusBar(second, 'gatehouse', /\$0\.00/);
    await runCommand(second, 'Gatehouse: Revoke Key');
    await waitForNotification(second, /There is no key yet/);
    await page.bringToFront();
    await runCommand(page, 'Gatehouse: Undo Key Removal');
    await waitForNotification(page, /No key was removed from a file/);
    assertNothingLeft();
  });
});

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { filesHolding } from '../support/files-holding.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot } from './launch/screenshots.ts';
import {
  pickItem,
  pressNotificationButton,
  quickPickRows,
  runCommand,
  typeInTerminal,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

/** What somebody has there: Windows line ends, tabs, a comment, a value that is replaced, another secret, no line end at the end. */
const CLAUDE =
  '{\r\n\t// mine\r\n\t"env": { "ANTHROPIC_BASE_URL": "https://old.example", "MY_API_KEY": "sk-other-secret-0123456789" },\r\n\t"cleanup": 1.50\r\n}';
const GROUPS = '[\n\t{ "name": "mine", "vendor": "openai" }\n]';

/** Programs are pointed at the gateway and back. In order: each step builds on the one before. */
describe('setting agents up in a real VS Code', function () {
  this.timeout(120_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;
  let claude: string;
  let token: string;

  before(async () => {
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {},
      trusted: true,
      env: { CLAUDE_CONFIG_DIR: undefined, CODEX_HOME: undefined, XDG_CONFIG_HOME: undefined },
    });
    claude = join(server.home, '.claude/settings.json');
    mkdirSync(join(server.home, '.claude'));
    writeFileSync(claude, CLAUDE, { mode: 0o640 });
    browser = await launchChromium();
    page = await server.openPage(browser);
    await waitForStatusBar(page, 'gatehouse', /\$0\.00/);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    workspace.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await screenshot(page, `failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  const clear = (): Promise<void> => runCommand(page, 'Notifications: Clear All Notifications');
  const clipboard = (holds: (text: string) => boolean): Promise<string> =>
    until(() => page.evaluate<string>('navigator.clipboard.readText()'), holds, 10_000, 'what was copied');
  /** Notifications and picks fade in. */
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400));
  const text = (): string => readFileSync(claude, 'utf8');
  const parsed = (): { readonly env: Readonly<Record<string, string>> } =>
    JSON.parse(text().replace(/\/\/ mine/, '')) as { readonly env: Readonly<Record<string, string>> };

  it('lists the programs, those first that are there', async () => {
    await runCommand(page, 'Gatehouse: Set Up Agent');
    const rows = await until(
      () => quickPickRows(page),
      (all) => all.length > 8,
      20_000,
      'the programs',
    );
    assert.match(rows[0] ?? '', /^Claude Code\s*its settings/);
    assert.ok(rows.some((row) => /^VS Code Custom Endpoint\s*this editor/.test(row)));
    await screenshot(page, 'setup-programs');
  });

  it('shows the change with secrets masked, and writes nothing before it is wanted', async () => {
    await pickItem(page, 'Claude Code');
    await waitForNotification(page, /Change ~\/\.claude\/settings\.json as shown\? Claude Code then uses Gatehouse in/);
    const diff = page.locator('.monaco-diff-editor');
    const shown = await until(
      () => diff.innerText(),
      (all) => all.includes('ANTHROPIC_AUTH_TOKEN'),
      20_000,
      'the change',
    );
    assert.ok(!shown.includes('other-secret'), 'another secret of the file is on the screen');
    assert.equal(text(), CLAUDE);
    await screenshot(page, 'setup-change');
    await pressNotificationButton(page, 'Cancel');
    await diff.waitFor({ state: 'hidden' });
    assert.equal(text(), CLAUDE);
  });

  it('writes our entries and leaves every other byte', async () => {
    await runCommand(page, 'Gatehouse: Set Up Agent');
    await pickItem(page, 'Claude Code');
    await waitForNotification(page, /as shown\?/);
    await pressNotificationButton(page, 'Apply');
    await waitForNotification(page, /Claude Code is set up\..*No model is chosen for it yet/);
    const { env } = parsed();
    token = env['ANTHROPIC_AUTH_TOKEN'] ?? assert.fail();
    assert.match(env['ANTHROPIC_BASE_URL'] ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(env['MY_API_KEY'], 'sk-other-secret-0123456789');
    assert.ok(text().startsWith('{\r\n\t// mine\r\n\t"env": {') && text().endsWith('\t"cleanup": 1.50\r\n}'));
    assert.equal(statSync(claude).mode & 0o777, 0o640);
    assert.deepEqual(filesHolding(server.userDataFolder, token), []);
    const answer = await fetch(`${env['ANTHROPIC_BASE_URL']}/v1/models`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200);
    await settled();
    await screenshot(page, 'setup-done');
    await clear();
  });

  it('offers to bring a rotated token along', async () => {
    await runCommand(page, 'Gatehouse: Rotate Token of Agent');
    await pickItem(page, 'claude-code');
    await waitForNotification(page, /The token of Claude Code was rotated, and its settings still hold the former one/);
    await screenshot(page, 'setup-update');
    await pressNotificationButton(page, 'Update');
    await waitForNotification(page, /Claude Code was updated/);
    assert.ok(!text().includes(token));
    token = parsed().env['ANTHROPIC_AUTH_TOKEN'] ?? assert.fail();
    await clear();
  });

  it('asks nothing in a second window on the same folder, while the first one serves', async () => {
    const second = await server.openPage(browser);
    await waitForStatusBar(second, 'gatehouse', /\$0\.00/);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    assert.doesNotMatch(await second.locator('.monaco-workbench').innerText(), /another address/);
    await second.close();
    await page.bringToFront();
  });

  it('undoes it to the byte, also around what others have written since', async () => {
    await runCommand(page, 'Gatehouse: Undo Agent Setup');
    const rows = await until(
      () => quickPickRows(page),
      (all) => all[0]?.startsWith('Claude Code') === true,
      10_000,
      'what was set up',
    );
    assert.match(rows[0] ?? '', /^Claude Code\s*set up for this workspace · .*settings\.json/);
    await screenshot(page, 'setup-undo');
    writeFileSync(claude, text().replace('"cleanup"', '"theirs": [], // new\r\n\t"cleanup"'));
    await pickItem(page, 'Claude Code');
    await waitForNotification(page, /Claude Code is as it was before/);
    assert.equal(text(), CLAUDE.replace('"cleanup"', '"theirs": [], // new\r\n\t"cleanup"'));
    await clear();

    writeFileSync(claude, CLAUDE);
    await runCommand(page, 'Gatehouse: Set Up Agent');
    await pickItem(page, 'Claude Code');
    await waitForNotification(page, /as shown\?/);
    await pressNotificationButton(page, 'Apply');
    await waitForNotification(page, /Claude Code is set up/);
    assert.notEqual(text(), CLAUDE);
    await clear();
    await runCommand(page, 'Gatehouse: Undo Agent Setup');
    await pickItem(page, 'Claude Code');
    await waitForNotification(page, /Claude Code is as it was before/);
    assert.equal(text(), CLAUDE);
    await clear();
  });

  it('says what is wrong with a broken file, and writes nothing', async () => {
    writeFileSync(claude, '{ "env": ');
    await runCommand(page, 'Gatehouse: Set Up Agent');
    await pickItem(page, 'Claude Code');
    await waitForNotification(page, /settings\.json: the file cannot be understood as it is, so nothing was written/);
    assert.equal(text(), '{ "env": ');
    await screenshot(page, 'setup-broken');
    writeFileSync(claude, CLAUDE);
    await clear();
  });

  it("gives VS Code's own custom endpoint a model, and takes it back", async () => {
    const file = join(server.userDataFolder, 'User/chatLanguageModels.json');
    writeFileSync(file, GROUPS);
    await runCommand(page, 'Gatehouse: Set Up Agent');
    await pickItem(page, 'VS Code Custom Endpoint');
    await waitForNotification(page, /chatLanguageModels\.json as shown\?/);
    await screenshot(page, 'setup-custom-endpoint');
    await pressNotificationButton(page, 'Apply');
    await waitForNotification(page, /VS Code Custom Endpoint is set up/);
    const groups = JSON.parse(readFileSync(file, 'utf8')) as readonly Readonly<Record<string, unknown>>[];
    assert.deepEqual(
      groups.map(({ vendor }) => vendor),
      ['customendpoint', 'openai'],
    );
    await clear();
    // As VS Code itself writes it when another group is added.
    writeFileSync(file, JSON.stringify([...groups, { name: 'theirs', vendor: 'xai' }], undefined, '\t'));
    await runCommand(page, 'Gatehouse: Undo Agent Setup');
    await pickItem(page, 'VS Code Custom Endpoint');
    await waitForNotification(page, /VS Code Custom Endpoint is as it was before/);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), [
      { name: 'mine', vendor: 'openai' },
      { name: 'theirs', vendor: 'xai' },
    ]);
    await clear();
  });

  it('tells the steps for a program that only sets itself up', async () => {
    await runCommand(page, 'Gatehouse: Set Up Agent');
    await pickItem(page, 'Roo Code');
    await waitForNotification(page, /In Roo Code, open its settings/);
    await screenshot(page, 'setup-by-hand');
    await pressNotificationButton(page, 'Copy Token');
    const copied = await clipboard((found) => found !== '');
    assert.ok(copied.length > 20);
    assert.ok(!(await page.locator('.monaco-workbench').innerText()).includes(copied));
    await clear();
  });

  it('copies lines for each shell', async () => {
    for (const [item, pattern] of [
      ['Shell variables for fish', /^set -gx ANTHROPIC_BASE_URL 'http/m],
      ['Shell variables for PowerShell', /^\$env:ANTHROPIC_BASE_URL = 'http/m],
      ['Shell variables for cmd', /^set "ANTHROPIC_BASE_URL=http/m],
      ['Lines for a .env file', /^ANTHROPIC_BASE_URL=http/m],
      ['curl line', /^curl 'http:\/\/127\.0\.0\.1:\d+\/v1\/messages' -H 'Authorization: Bearer /],
    ] as const) {
      await runCommand(page, 'Gatehouse: Copy Endpoint for Agent');
      await pickItem(page, 'claude-code');
      if (item === 'curl line') {
        await settled();
        await screenshot(page, 'setup-copy');
      }
      await pickItem(page, item);
      await clipboard((copied) => pattern.test(copied));
    }
  });

  it('opens a terminal of an agent from the list of terminal profiles', async () => {
    // The editor opens a profile's terminal in its panel and does not show the panel, if that is closed.
    await runCommand(page, 'View: Toggle Terminal');
    await page.locator('.terminal.xterm').first().waitFor();
    await runCommand(page, 'Create New Terminal (With Profile)');
    await pickItem(page, /Gatehouse: Claude Code/);
    await page.locator('.terminal-tabs-entry').filter({ hasText: 'Claude Code' }).click();
    const file = join(workspace.path, 'environment.txt');
    await typeInTerminal(page, `env > ${file}`);
    const variables = await until(
      async () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
      (seen) => seen.includes('ANTHROPIC_BASE_URL'),
      20_000,
      'the variables of the terminal',
    );
    assert.match(variables, /^ANTHROPIC_AUTH_TOKEN=.{20}/m);
    await screenshot(page, 'setup-terminal');
  });
});

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Frame, Page } from 'playwright-core';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { writeLongPast } from '../support/long-past.ts';
import { launchChromium } from '../vscode/launch/chromium.ts';
import { PROJECT_ROOT, temporaryFolder } from '../vscode/launch/project.ts';
import { startVsCodeServer, type VsCodeServer } from '../vscode/launch/vscode-server.ts';
import { screenshot, setTheme } from './launch/screenshots.ts';
import { extensionHosts, processorTime } from './launch/thread-time.ts';
import { findWebview } from './launch/webview.ts';
import {
  answerInputBox,
  pickItem,
  quickPickRows,
  dismissQuickPick,
  runCommand,
  typeInTerminal,
  until,
  waitForNotification,
  waitForStatusBar,
} from './launch/workbench.ts';

const KEY = 'sk-ant-panel-5e0c7d9a41';
const MODEL = 'claude-sonnet-4-5';
const EXTENSION = 'gatehouse.gatehouse';
const LOAD_PER_SECOND = 200;
const MEASURED_MS = 10_000;
const TABS = ['Overview', 'Tables', 'Speed and errors', 'Requests'] as const;

/** 90 days of 20 agents in the panel of a real VS Code. In order. */
describe('the usage panel in a real VS Code', function () {
  this.timeout(180_000);
  this.bail(true);
  const workspace = temporaryFolder('workspace');
  let provider: FakeProvider;
  let server: VsCodeServer;
  let browser: Browser;
  let page: Page;
  let past = 0;

  before(async () => {
    provider = await startFakeProvider({ dialect: 'anthropic-messages', key: KEY });
    server = await startVsCodeServer({
      extensionPath: PROJECT_ROOT,
      workspace: workspace.path,
      userSettings: {
        'gatehouse.providers': { anthropic: { kind: 'anthropic', baseUrl: provider.url, models: [MODEL] } },
        'gatehouse.agents': { 'claude-code': { model: `anthropic/${MODEL}` } },
        'gatehouse.budgets': [
          { scope: { agent: 'agent-01' }, window: 'month', usd: 900 },
          { name: 'evening', scope: { agent: 'agent-02' }, window: 'day', usd: 0.1 },
        ],
      },
      trusted: true,
    });
    past = await writeLongPast(join(server.userDataFolder, `User/globalStorage/${EXTENSION}`), {
      days: 90,
      agents: 20,
      requestsADay: 12,
      until: Date.now() - 60_000,
    });
    browser = await launchChromium();
    page = await server.openPage(browser);
    await waitForStatusBar(page, 'gatehouse', /\$/, 60_000);
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

  const panel = (): Promise<Frame> => findWebview(page, EXTENSION);
  const settled = async (frame: Frame): Promise<void> => {
    await until(
      async () => (await frame.evaluate(`document.querySelector('main[aria-busy], .content[hidden]') === null`)) === true,
      (ready) => ready,
      20_000,
      'the panel to have its answer',
    );
    await page.waitForTimeout(150);
  };
  const show = async (frame: Frame, tab: (typeof TABS)[number]): Promise<void> => {
    await frame.getByRole('tab', { name: tab }).click();
    await settled(frame);
  };

  it('shows 90 days of 20 agents without a stutter', async () => {
    await runCommand(page, 'Gatehouse: Show Usage');
    const frame = await panel();
    await settled(frame);
    await frame.evaluate(
      `window.long = []; new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => long.push(Math.round(duration)))).observe({ type: 'longtask' })`,
    );
    const began = performance.now();
    await frame.getByRole('radio', { name: '90 days' }).check();
    await settled(frame);
    const took = performance.now() - began;
    assert.equal(await frame.locator('.overview-panel .legend button').count(), 20);
    const requests = await frame.locator('.figure-value').nth(1).getAttribute('title');
    assert.equal(Number(requests?.replaceAll(',', '')), past);
    for (const tab of TABS) await show(frame, tab);
    const long = await frame.evaluate<number[]>('long');
    console.log(`      90 days of 20 agents (${past} requests): shown after ${took.toFixed(0)} ms; long tasks [${long.join()}] ms`);
    // The goal is none over 50 ms on a quiet machine.
    assert.ok(Math.max(0, ...long) < 400, `a task took ${Math.max(...long)} ms`);
  });

  for (const theme of ['light', 'dark', 'high-contrast', 'high-contrast-light'] as const) {
    it(`has nothing that axe finds serious: ${theme}`, async () => {
      await setTheme(page, theme);
      const frame = await panel();
      await frame.evaluate(axe.source);
      for (const tab of TABS) {
        await show(frame, tab);
        const found = await frame.evaluate<axe.AxeResults>(`axe.run(document, { resultTypes: ['violations'] })`);
        const serious = found.violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
        await screenshot(page, `usage-${tab.toLowerCase().replaceAll(' ', '-')}-${theme}`);
        assert.deepEqual(serious, [], tab);
        assert.ok(found.passes.length > 10, 'axe looked at something');
      }
    });
  }

  it('is as it was after the window is reloaded', async () => {
    await setTheme(page, 'dark');
    let frame = await panel();
    await show(frame, 'Tables');
    await frame.getByRole('searchbox').fill('agent');
    await frame.locator('.by-agent').getByRole('button', { name: 'Saved' }).click();
    await frame.locator('.by-agent').getByRole('button', { name: 'Saved' }).click();
    const rows = async (): Promise<readonly string[]> => frame.locator('.by-agent tbody th').allInnerTexts();
    const before = await rows();
    assert.equal(before.length, 20);
    await frame.evaluate('window.scrollTo(0, 120)');
    await page.waitForTimeout(500);
    const top = await frame.evaluate<number>('scrollY');
    assert.ok(top > 0, 'the page is longer than its frame');
    // As a person reloads: the editor writes down first what it holds.
    await Promise.all([page.waitForEvent('load'), runCommand(page, 'Developer: Reload Window')]);
    await waitForStatusBar(page, 'gatehouse', /\$/, 60_000);
    frame = await panel();
    await settled(frame);
    assert.equal(await frame.getByRole('tab', { selected: true }).innerText(), 'Tables');
    assert.equal(await frame.getByRole('radio', { name: '90 days' }).isChecked(), true);
    assert.equal(await frame.getByRole('searchbox').inputValue(), 'agent');
    assert.equal(await frame.locator('.by-agent th[aria-sort]').getAttribute('aria-sort'), 'ascending');
    assert.deepEqual(await rows(), before);
    assert.equal(await frame.evaluate('scrollY'), top);
    await frame.getByRole('searchbox').fill('');
  });

  it('exports the range in view, and raises the budget beside which the button stands', async () => {
    const frame = await panel();
    await show(frame, 'Overview');
    await frame.getByRole('button', { name: 'Export…' }).click();
    await pickItem(page, 'Sums by agent');
    // The days are known: the form comes next.
    await until(
      () => quickPickRows(page),
      (shown) => shown.some((text) => text.startsWith('CSV')),
      10_000,
      'the choice of the form',
    );
    await dismissQuickPick(page);
    await frame.getByRole('button', { name: /^Raise Budget: evening/ }).click();
    await page.locator('.quick-input-widget:visible').waitFor();
    assert.match(await page.locator('.quick-input-title').innerText(), /evening/);
    await dismissQuickPick(page);
  });

  it('is live at 200 requests a second for a small part of a core', async () => {
    await runCommand(page, 'Gatehouse: Add Key');
    await pickItem(page, 'anthropic');
    await answerInputBox(page, KEY);
    await answerInputBox(page, 'work');
    await waitForNotification(page, /was added/);
    await runCommand(page, 'Gatehouse: Open Terminal for Agent');
    await pickItem(page, 'claude-code');
    const file = join(workspace.path, 'environment.txt');
    await typeInTerminal(page, 'env > environment.txt');
    const environment = await until(
      async () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
      (text) => /^ANTHROPIC_AUTH_TOKEN=.+$/m.test(text) && /^ANTHROPIC_BASE_URL=.+$/m.test(text),
      20_000,
      'the variables in the terminal',
    );
    const variable = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(environment)?.[1] ?? '';
    await runCommand(page, 'View: Hide Panel');
    const load = loader(`${variable('ANTHROPIC_BASE_URL')}/v1/messages`, variable('ANTHROPIC_AUTH_TOKEN'));
    const [pid, ...others] = extensionHosts(server.home);
    assert.ok(pid !== undefined && others.length === 0, 'one extension host');

    const measure = async () => {
      await page.waitForTimeout(2_000);
      const [before, answered] = [processorTime(pid), load.answered()];
      await page.waitForTimeout(MEASURED_MS);
      const after = processorTime(pid);
      const percent = (name: 'main' | 'all') => (100 * (after[name] - before[name])) / MEASURED_MS;
      return { main: percent('main'), all: percent('all'), rate: ((load.answered() - answered) * 1000) / MEASURED_MS };
    };
    const words = ({ main, all, rate }: Awaited<ReturnType<typeof measure>>) =>
      `${main.toFixed(1)} % of a core in the extensions' thread, ${all.toFixed(1)} % with the gateway's, ${rate.toFixed(0)} requests/s`;

    const frame = await panel();
    await frame.getByRole('radio', { name: '90 days' }).check();
    await settled(frame);
    const idle = await measure();
    console.log(`      panel open, nothing asked: ${words(idle)}`);
    const count = `document.querySelectorAll('.figure-value')[1].title`;
    const first = await frame.evaluate(count);
    load.start();
    const open = await measure();
    assert.notEqual(await frame.evaluate(count), first, 'the panel is live');
    await runCommand(page, 'View: Close All Editors');
    const closed = await measure();
    load.stop();
    console.log(`      panel open: ${words(open)}`);
    console.log(`      panel closed: ${words(closed)}`);
    const cost = open.main - closed.main;
    console.log(`      the panel costs the extensions' thread ${cost.toFixed(1)} % of a core`);
    assert.ok(open.rate > 60, `only ${open.rate} requests a second: nothing was measured`);
    // The goal is 5 on a quiet machine.
    assert.ok(cost < 15, `the panel costs ${cost} % of a core`);
    assert.ok(idle.main < 5, `an idle panel costs ${idle.main} % of a core`);
  });
});

/** Keeps so many requests a second coming, as far as the gateway answers. */
function loader(url: string, token: string) {
  const headers = { authorization: `Bearer ${token}`, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' };
  const body = JSON.stringify({ model: MODEL, max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] });
  const every = 20;
  let [answered, underWay] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  const ask = async (): Promise<void> => {
    underWay++;
    try {
      const response = await fetch(url, { method: 'POST', headers, body });
      await response.arrayBuffer();
      if (response.ok) answered++;
    } finally {
      underWay--;
    }
  };
  return {
    answered: () => answered,
    start() {
      timer = setInterval(() => {
        for (let n = 0; n < (LOAD_PER_SECOND * every) / 1000; n++) if (underWay < 50) ask().catch(() => {});
      }, every);
    },
    stop: () => clearInterval(timer),
  };
}

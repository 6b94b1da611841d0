import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import type { PanelTab } from '../../../src/vscode/usage-panel/messages.ts';
import { bundlePanel, chromiumPath, launchChromium, openPanel, type PanelFiles, type PanelPageOptions } from './harness.ts';
import { busyState, dailySeries, emptyState, request, row, tablesWith } from './sample-states.ts';
import { themeNames } from './themes.ts';

/** Widths in CSS pixels; 700 at a factor of two is a 1400 pixel window at 200 % zoom. */
const sizes = [
  { label: '300', width: 300, factor: 1 },
  { label: '1400', width: 1400, factor: 1 },
  { label: 'zoom', width: 700, factor: 2 },
] as const;
const tabs: readonly PanelTab[] = ['overview', 'tables', 'speed', 'requests'];

describe('usage panel, looks', function () {
  this.timeout(60_000);
  let browser: Browser;
  let files: PanelFiles;

  before(async function () {
    if (!existsSync(chromiumPath)) return this.skip();
    files = await bundlePanel();
    browser = await launchChromium();
  });
  after(async () => browser?.close());

  /** One picture a tab, in a window in which the page itself must not scroll sideways. */
  async function picture(name: string, options: PanelPageOptions, states: Parameters<typeof busyState>[0] = {}): Promise<void> {
    const panel = await openPanel(browser, files, options);
    for (const tab of tabs) {
      await panel.show(busyState({ ...states, tab }));
      await panel.page.waitForTimeout(60);
      await panel.page.screenshot({ path: `.test-results/panel-${name}-${tab}.png`, fullPage: true });
      const overflow = await panel.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
      assert.equal(overflow, 0, 'the page itself must never scroll sideways');
    }
    assert.deepEqual(panel.faults, []);
    await panel.close();
  }

  for (const theme of themeNames) {
    for (const { label, width, factor } of sizes) {
      it(`fits a ${theme} window: ${label}`, () =>
        picture(`${theme}-${label}`, { theme, viewport: { width, height: 900 }, deviceScaleFactor: factor }));
    }

    it(`draws trouble, the empty state and a tooltip in ${theme}`, async () => {
      const panel = await openPanel(browser, files, { theme, viewport: { width: 900, height: 700 } });
      await panel.show(emptyState());
      await panel.page.screenshot({ path: `.test-results/panel-${theme}-empty.png` });
      await panel.show(busyState({ trouble: 'The ledger cannot be written: the disk is full. Costs are kept in memory.' }));
      await panel.page.getByText('Show as table').first().click();
      await panel.page.locator('.u-over').first().hover();
      assert.equal(await panel.page.locator('.tooltip').first().isVisible(), true);
      await panel.page.screenshot({ path: `.test-results/panel-${theme}-tooltip.png` });
      await panel.close();
    });
  }

  it('fits a very large window', () => picture('large', { viewport: { width: 2560, height: 1440 } }));

  it('keeps names that are written from right to left in their places', () => {
    const names = ['וכיל-קוד', 'وكيل البرمجة (v2)', 'abc \u05d0\u05d1\u05d2 1.5', 'codex'];
    return picture(
      'right-to-left',
      { viewport: { width: 1000, height: 900 } },
      {
        series: dailySeries(30, names),
        tables: tablesWith({ agent: names.map((name, index) => row(name, `${index + 1}.000000000`)) }),
        latest: names.map((agent, index) => request(`r${index}`, { agent, model: names[3 - index] ?? '' })),
      },
    );
  });

  it('writes numbers and words as the language of the editor has them', () =>
    picture('german', {
      language: 'de',
      words: { Usage: 'Nutzung', Cost: 'Kosten', 'Saved by caching': 'Durch Cache gespart', Overview: 'Übersicht' },
    }));
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { bundlePanel, chromiumPath, launchChromium, openPanel, type PanelFiles } from './harness.ts';
import { busyState, emptyState } from './sample-states.ts';
import { themeNames } from './themes.ts';

/** Widths in CSS pixels; 700 at a factor of two is a 1400 pixel window at 200 % zoom. */
const sizes = [
  { label: '480', width: 480, factor: 1 },
  { label: '1400', width: 1400, factor: 1 },
  { label: 'zoom', width: 700, factor: 2 },
] as const;

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

  for (const theme of themeNames) {
    for (const { label, width, factor } of sizes) {
      it(`fits a ${theme} window: ${label}`, async () => {
        const panel = await openPanel(browser, files, { theme, viewport: { width, height: 900 }, deviceScaleFactor: factor });
        await panel.show(
          busyState({ trouble: 'The ledger cannot be written: the disk is full. Costs of new requests are kept in memory.' }),
        );
        await panel.page.screenshot({ path: `.test-results/panel-${theme}-${label}.png`, fullPage: true });
        const overflow = await panel.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
        assert.equal(overflow, 0, 'the page itself must never scroll sideways');
        assert.deepEqual(panel.faults, []);
        await panel.close();
      });
    }

    it(`draws the empty state and a tooltip in ${theme}`, async () => {
      const panel = await openPanel(browser, files, { theme, viewport: { width: 900, height: 700 } });
      await panel.show(emptyState());
      await panel.page.screenshot({ path: `.test-results/panel-${theme}-empty.png` });
      await panel.show(busyState());
      await panel.page.locator('.u-over').hover();
      await panel.page.getByText('Show as table').click();
      await panel.page.locator('.u-over').hover();
      assert.equal(await panel.page.locator('.tooltip').isVisible(), true);
      await panel.page.screenshot({ path: `.test-results/panel-${theme}-tooltip.png` });
      await panel.close();
    });
  }
});

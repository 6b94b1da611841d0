import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { bundlePanel, chromiumPath, launchChromium, openPanel, type PanelFiles } from './harness.ts';
import { busyState, emptyState } from './sample-states.ts';
import { themeNames } from './themes.ts';

describe('usage panel, axe', function () {
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
    it(`finds nothing in ${theme}, with everything in it and empty`, async () => {
      const { page, show, close } = await openPanel(browser, files, { theme });
      await page.evaluate(axe.source);
      const states = (['overview', 'tables', 'speed', 'requests'] as const).map((tab) =>
        busyState({ tab, trouble: 'The gateway has stopped.' }),
      );
      for (const state of [...states, emptyState()]) {
        await show(state);
        const { violations, passes } = await page.evaluate<axe.AxeResults>('axe.run(document)');
        assert.deepEqual(
          violations.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`)]),
          [],
          state.tab,
        );
        assert.ok(passes.length > 10, 'axe looked at something');
      }
      await close();
    });
  }
});

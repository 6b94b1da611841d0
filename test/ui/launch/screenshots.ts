import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { RESULTS } from '../../vscode/launch/project.ts';
import { pickItem, runCommand } from './workbench.ts';

const THEMES = {
  light: { label: 'Light 2026', body: 'vs' },
  dark: { label: 'Dark 2026', body: 'vs-dark' },
  'high-contrast': { label: 'Dark High Contrast', body: 'hc-black' },
  'high-contrast-light': { label: 'Light High Contrast', body: 'hc-light' },
} as const;

export type Theme = keyof typeof THEMES;

/** Takes a picture into .test-results/screenshots and returns its path. */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = join(RESULTS, 'screenshots');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  return path;
}

export async function setTheme(page: Page, theme: Theme): Promise<void> {
  const { label, body } = THEMES[theme];
  await runCommand(page, 'Preferences: Color Theme');
  await pickItem(page, label);
  await page.locator(`.monaco-workbench.${body}`).waitFor({ timeout: 20_000 });
  // The class comes first; colours of webviews and of what fades follow.
  await new Promise((resolve) => setTimeout(resolve, 500));
}

/** One picture in each theme: `<name>-light.png`, `<name>-dark.png`, `<name>-high-contrast.png`. The window stays dark. */
export async function screenshotInAllThemes(page: Page, name: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const theme of ['light', 'high-contrast', 'dark'] as const) {
    await setTheme(page, theme);
    paths.push(await screenshot(page, `${name}-${theme}`));
  }
  return paths;
}

// node test/ui/pictures/take-pictures.ts: takes the pictures of the README from the real editor, into media/pictures/.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeProvider } from '../../support/fake-providers/server.ts';
import { launchChromium } from '../../vscode/launch/chromium.ts';
import { PROJECT_ROOT, requireBuild, temporaryFolder } from '../../vscode/launch/project.ts';
import { startVsCodeServer } from '../../vscode/launch/vscode-server.ts';
import { setTheme } from '../launch/screenshots.ts';
import { findWebview } from '../launch/webview.ts';
import {
  answerInputBox,
  askInChat,
  pickItem,
  runCommand,
  statusBarItem,
  waitForNotification,
  waitForStatusBar,
} from '../launch/workbench.ts';
import { writeSampleLedger } from './sample-ledger.ts';

const PICTURES = join(PROJECT_ROOT, 'media/pictures');
const KEY = 'sk-ant-for-a-picture';

requireBuild('extension.js');
const workspace = temporaryFolder('workspace');
const provider = await startFakeProvider({
  dialect: 'anthropic-messages',
  key: KEY,
  script: () => ({
    text: 'The gatehouse keeps the keys, sees everyone who passes, and writes it in a book.',
    usage: { input: 900, cacheRead: 4200, output: 260 },
  }),
});
const server = await startVsCodeServer({
  extensionPath: PROJECT_ROOT,
  workspace: workspace.path,
  userSettings: {
    'gatehouse.providers': { anthropic: { kind: 'anthropic', baseUrl: provider.url } },
    'gatehouse.agents': { chat: { model: 'anthropic/claude-opus-5-5' } },
    'gatehouse.budgets': [
      { scope: { agent: 'codex' }, window: 'week', usd: 25 },
      { scope: {}, window: 'month', usd: 150 },
    ],
  },
  trusted: true,
});
const storage = join(server.userDataFolder, 'User/globalStorage/gatehouse.gatehouse');
mkdirSync(storage, { recursive: true });
await writeSampleLedger(storage);
mkdirSync(PICTURES, { recursive: true });
const browser = await launchChromium();
try {
  const page = await server.openPage(browser);
  await page.setViewportSize({ width: 1360, height: 900 });
  await waitForStatusBar(page, 'gatehouse', /\$/);
  await setTheme(page, 'dark');
  await runCommand(page, 'Gatehouse: Add Key');
  await pickItem(page, 'anthropic');
  await answerInputBox(page, KEY);
  await answerInputBox(page, 'work');
  await waitForNotification(page, /was added/);
  await runCommand(page, 'Notifications: Clear All Notifications');
  await askInChat(page, '@gatehouse what does a gatehouse do?');
  await page.waitForTimeout(1500);
  await statusBarItem(page, 'gatehouse').hover();
  await page.locator('.monaco-hover:visible').last().waitFor();
  await page.screenshot({ path: join(PICTURES, 'status-bar.png'), clip: { x: 0, y: 620, width: 520, height: 280 } });
  await page.keyboard.press('Escape');
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  await runCommand(page, 'Gatehouse: Show Usage');
  const panel = await findWebview(page, 'gatehouse.gatehouse');
  await panel.getByRole('radio', { name: '30 days' }).check();
  await page.waitForTimeout(1500);
  await page.screenshot({ path: join(PICTURES, 'usage-panel.png') });
} finally {
  await browser.close();
  await server.close();
  await provider.close();
  workspace.remove();
}

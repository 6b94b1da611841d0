// The hands and eyes of a UI test in a VS Code window. Class names are those of VS Code 1.139; they are in this file and nowhere else.
import type { Locator, Page } from 'playwright-core';

const TIMEOUT_MS = 45_000;

/** Runs a command by the title that the palette shows, its category included: "Gatehouse: Add Key". */
export async function runCommand(page: Page, title: string): Promise<void> {
  const input = quickInput(page);
  // A page that takes the focus while it loads closes the palette: it is opened once more.
  for (let left = 5; ; left--) {
    // F1 reaches the workbench only when the focus is in its own document and not in a webview's.
    await page.locator('.monaco-workbench').evaluate('document.activeElement?.blur()');
    await page.keyboard.press('F1');
    try {
      await input.fill(`>${title}`, { timeout: left === 0 ? TIMEOUT_MS : 3_000 });
      break;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
  const row = quickRows(page).filter({ has: page.locator('.label-name', { hasText: exactly(title) }) });
  await row.first().waitFor({ timeout: TIMEOUT_MS });
  await row.first().click();
}

/** Types into the open input box (or a pick's filter) and accepts it. */
export async function answerInputBox(page: Page, text: string): Promise<void> {
  const input = quickInput(page);
  await input.waitFor({ timeout: TIMEOUT_MS });
  await untilGone(page, async () => {
    await input.fill(text);
    await page.keyboard.press('Enter');
  });
}

/** Enters a path in the editor's own file dialog, which writes its folder over what was typed before it had read that. */
export async function answerFileDialog(page: Page, path: string): Promise<void> {
  const input = quickInput(page);
  await input.waitFor({ timeout: TIMEOUT_MS });
  let typed = false;
  await until(
    async () => {
      // Between the pick before it and the dialog nothing is there.
      if (typed && (await input.isHidden())) return true;
      await input.fill(path, { timeout: TIMEOUT_MS });
      typed = true;
      await page.keyboard.press('Enter');
      await page.waitForTimeout(1_000);
      return input.isHidden();
    },
    Boolean,
    TIMEOUT_MS,
    'the file dialog to be gone',
  );
}

/** Accepts the open box or pick. A next one may follow: what is typed before this one is gone would go into it. */
async function untilGone(page: Page, accept: () => Promise<void>): Promise<void> {
  const title = page.locator('.quick-input-widget:visible .quick-input-title');
  const read = async (): Promise<string> => ((await title.isVisible()) ? title.innerText({ timeout: 1_000 }).catch(() => '') : '');
  const asked = await read();
  await accept();
  await until(read, (now) => now !== asked || asked === '', TIMEOUT_MS, `the box "${asked}" to be gone`);
}

/** Picks the item with this label from the open quick pick. Only a text finds an item that is out of sight in a long list. */
export async function pickItem(page: Page, label: string | RegExp): Promise<void> {
  if (typeof label === 'string') await quickInput(page).fill(label, { timeout: TIMEOUT_MS });
  const row = quickRows(page).filter({
    has: page.locator('.label-name', { hasText: typeof label === 'string' ? exactly(label) : label }),
  });
  await row.first().waitFor({ timeout: TIMEOUT_MS });
  await untilGone(page, () => row.first().click());
}

/** The texts of the rows that are in sight in the open quick pick: label, description and detail. */
export async function quickPickRows(page: Page): Promise<readonly string[]> {
  return (await quickRows(page).allInnerTexts()).map((text) => plain(text.replaceAll(/\s+/g, ' ')));
}

export async function dismissQuickPick(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.locator('.quick-input-widget:visible').waitFor({ state: 'hidden', timeout: TIMEOUT_MS });
}

/** Waits until the Markdown preview in front shows a text that matches, and returns all of it. */
export async function readPreview(page: Page, pattern: RegExp): Promise<string> {
  const read = async (): Promise<string> => {
    const previews = page
      .frames()
      .filter((frame) => frame.parentFrame()?.url().includes('vscode.markdown-language-features') === true);
    const texts = await Promise.all(
      previews.map((frame) =>
        frame
          .locator('body')
          .innerText({ timeout: 1_000 })
          .catch(() => ''),
      ),
    );
    return texts.find((text) => pattern.test(text)) ?? texts.join('\n---\n');
  };
  return until(read, (text) => pattern.test(text), TIMEOUT_MS, `a preview that matches ${pattern}`);
}

/** Shows a view container by its title: "Gatehouse". */
export async function openView(page: Page, title: string): Promise<void> {
  await runCommand(page, `View: Show ${title}`);
  await page.locator('.pane-body .monaco-list').first().waitFor({ timeout: TIMEOUT_MS });
}

/** The rows that are in sight in the side bar's trees, label and description. */
export async function viewRows(page: Page): Promise<readonly string[]> {
  const texts = await sideBarRows(page).allInnerTexts();
  return texts.map((text) => plain(text.replaceAll(/\s+/g, ' ')));
}

export function treeRow(page: Page, pattern: RegExp): Locator {
  return sideBarRows(page)
    .filter({ has: page.locator('.label-name', { hasText: pattern }) })
    .first();
}

/** A row by all that it says, for views in which labels are alike. */
export function wholeRow(page: Page, pattern: RegExp): Locator {
  return sideBarRows(page).filter({ hasText: pattern }).first();
}

/** A menu of the editor's takes no click in its first 100 ms. */
const MENU_MS = 250;

/**
 * Opens the context menu of a row and chooses from it. A click that comes too early is lost and leaves the menu open; a right click beside
 * an open menu closes it and opens no other. So that is what a lost second right click was: the first menu was still there.
 */
export async function chooseFromMenu(page: Page, row: () => Locator, item: string): Promise<void> {
  const entry = page.locator('.monaco-menu:visible .action-item', { hasText: exactly(item) });
  // Asked for anew each time: a redraw puts another element in the place of a row.
  await until(
    async () => {
      await row()
        .click({ button: 'right', timeout: 2_000 })
        .catch(() => undefined);
      await entry.waitFor({ timeout: 1_000 }).catch(() => undefined);
      if (await entry.isVisible()) return true;
      // The row moved while it was clicked, and this is the menu of another one.
      await page.keyboard.press('Escape');
      return false;
    },
    Boolean,
    TIMEOUT_MS,
    `the menu entry "${item}"`,
  );
  await new Promise((resolve) => setTimeout(resolve, MENU_MS));
  await entry.click({ timeout: TIMEOUT_MS });
  await entry.waitFor({ state: 'hidden', timeout: TIMEOUT_MS });
}

export async function hoverOver(page: Page, item: Locator): Promise<void> {
  await page.mouse.move(0, 0);
  await item.hover({ timeout: TIMEOUT_MS });
}

/** What is in sight in the editor in front. */
export async function editorText(page: Page): Promise<string> {
  const lines = page.locator('.editor-group-container.active .monaco-editor .view-lines').first();
  return plain(await lines.innerText({ timeout: 1_000 }).catch(() => ''));
}

/** A status bar item by the id its extension gave it, or a part of it ("gatehouse"). */
export function statusBarItem(page: Page, idPart: string): Locator {
  return page.locator(`.part.statusbar .statusbar-item[id*="${idPart}" i]`).first();
}

/** The text of a status bar item, without its icons. */
async function readStatusBar(page: Page, idPart: string, timeoutMs: number): Promise<string> {
  const item = statusBarItem(page, idPart);
  await item.waitFor({ timeout: timeoutMs });
  return plain(await item.innerText());
}

/** Waits until a status bar item's text matches, and returns it. */
export async function waitForStatusBar(page: Page, idPart: string, pattern: RegExp, timeoutMs = TIMEOUT_MS): Promise<string> {
  return until(
    () => readStatusBar(page, idPart, timeoutMs),
    (text) => pattern.test(text),
    timeoutMs,
    `status bar item "${idPart}" to match ${pattern}`,
  );
}

/** The texts of the notifications that are on the screen now. */
async function readNotifications(page: Page): Promise<readonly string[]> {
  return (await page.locator('.notifications-toasts .notification-list-item-message').allInnerTexts()).map(plain);
}

/** Waits for a notification that matches, and returns its text. */
export async function waitForNotification(page: Page, pattern: RegExp, timeoutMs = TIMEOUT_MS): Promise<string> {
  const texts = await until(
    () => readNotifications(page),
    (all) => all.some((text) => pattern.test(text)),
    timeoutMs,
    `a notification that matches ${pattern}`,
  );
  return texts.find((text) => pattern.test(text)) ?? '';
}

/** Presses a button of a notification by its label. */
export async function pressNotificationButton(page: Page, label: string): Promise<void> {
  await page
    .locator('.notifications-toasts')
    .getByRole('button', { name: label, exact: true })
    .first()
    .click({ timeout: TIMEOUT_MS });
}

/** Waits for the modal dialog and returns its text. */
export async function readModal(page: Page): Promise<string> {
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.waitFor({ timeout: TIMEOUT_MS });
  return plain(await dialog.innerText());
}

/** Presses a button of the modal dialog. */
export async function pressModalButton(page: Page, label: string): Promise<void> {
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.getByRole('button', { name: label, exact: true }).click({ timeout: TIMEOUT_MS });
  await dialog.waitFor({ state: 'hidden', timeout: TIMEOUT_MS });
}

/** Accepts a quick pick in which several can be chosen, as it stands. */
export async function acceptPick(page: Page): Promise<void> {
  await untilGone(page, () => page.keyboard.press('Enter'));
}

async function openChat(page: Page): Promise<void> {
  const editor = chatInput(page);
  if (!(await editor.isVisible())) await runCommand(page, 'Chat: Open Chat');
  await editor.waitFor({ timeout: TIMEOUT_MS });
}

/** Sends a message in the chat view ("@gatehouse hello"), waits until the answer is complete, and returns the answer's text. */
export async function askInChat(page: Page, message: string, timeoutMs = 60_000): Promise<string> {
  return answerInChat(page, await sendInChat(page, message), timeoutMs);
}

/** Sends a message in the chat view, and returns what tells its answer from those before. */
export async function sendInChat(page: Page, message: string): Promise<number> {
  await openChat(page);
  const before = await lastAnswer(page);
  // The hover of a button that was just pressed would lie over the input.
  await page.mouse.move(0, 0);
  await chatInput(page).click();
  // After the first answer a sticky participant's name stands there already.
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Delete');
  await page.keyboard.type(message);
  // The suggestion list of "@" and "/" would take the Enter.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  return before;
}

/** Waits until the answer that came after `before` is complete, and returns its text. */
export async function answerInChat(page: Page, before: number, timeoutMs = 60_000): Promise<string> {
  return until(
    async () => {
      // Asked anew each time: the list moves its rows about while an answer grows.
      const index = await lastAnswer(page);
      if (index <= before) return '';
      const answer = page.locator(`.interactive-session .monaco-list-row[data-index="${index}"] .interactive-response`);
      const look = await answer.getAttribute('class', { timeout: 1_000 }).catch(() => null);
      if (look === null || look.includes('chat-response-loading')) return '';
      return plain(
        await answer
          .locator('.value')
          .innerText({ timeout: 1_000 })
          .catch(() => ''),
      );
    },
    (text) => text !== '',
    timeoutMs,
    'the answer in the chat view',
  );
}

/** The list keeps only the rows in sight, so an answer is told by its row's index, not by counting. */
async function lastAnswer(page: Page): Promise<number> {
  const rows = page.locator('.interactive-session .monaco-list-row').filter({ has: page.locator('.interactive-response') });
  return Math.max(-1, ...(await rows.evaluateAll((all) => all.map((row) => Number(row.getAttribute('data-index'))))));
}

/** Presses a button inside the chat view by what stands on it: of an answer, of a question about a tool, of a next message. */
export async function pressInChat(page: Page, text: string | RegExp): Promise<void> {
  const buttons = page.locator('.interactive-session').locator('.monaco-button, [role="button"]').filter({ visible: true });
  await buttons
    .filter({ hasText: typeof text === 'string' ? exactly(text) : text })
    .last()
    .click({ timeout: TIMEOUT_MS });
}

/** Stops the answer that is coming. */
export async function stopChat(page: Page): Promise<void> {
  await page.locator('.interactive-session .codicon-stop-circle').filter({ visible: true }).last().click({ timeout: TIMEOUT_MS });
}

/** Attaches a file of the workspace to the next message in the chat view. */
export async function attachToChat(page: Page, file: string): Promise<void> {
  await page.locator('.monaco-workbench').evaluate('document.activeElement?.blur()');
  await page.keyboard.press('F1');
  await quickInput(page).waitFor({ timeout: TIMEOUT_MS });
  await quickInput(page).fill(file);
  const row = quickRows(page).filter({ has: page.locator('.label-name', { hasText: exactly(file) }) });
  await row.first().click({ timeout: TIMEOUT_MS });
  await page.locator('.editor-group-container .tab').filter({ hasText: file }).first().waitFor({ timeout: TIMEOUT_MS });
  await runCommand(page, 'Chat: Add File to Chat');
  await page
    .locator('.interactive-session .chat-attached-context')
    .filter({ hasText: file })
    .last()
    .waitFor({ timeout: TIMEOUT_MS });
  await runCommand(page, 'View: Close All Editors');
}

/** Runs a line in the active terminal. */
export async function typeInTerminal(page: Page, line: string): Promise<void> {
  await page.locator(`${ACTIVE_TERMINAL} textarea`).first().focus();
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

/** Asks the condition again until it holds; fails with what was seen last. */
export async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean, timeoutMs: number, what: string): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}. Last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const ACTIVE_TERMINAL = '.terminal-wrapper.active';

function quickInput(page: Page): Locator {
  return page.locator('.quick-input-widget:visible .quick-input-box input');
}

function quickRows(page: Page): Locator {
  return page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row');
}

function sideBarRows(page: Page): Locator {
  return page.locator('.part.sidebar .pane-body .monaco-list-row');
}

function chatInput(page: Page): Locator {
  return page.locator('.interactive-session .interactive-input-editor .monaco-editor').first();
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(' ', String.raw`\s`)}\\s*$`);
}

/** Icons are characters of a private area; labels use no-break spaces. */
function plain(text: string): string {
  return text
    .replaceAll(/[\u{E000}-\u{F8FF}]/gu, '')
    .replaceAll('\u{A0}', ' ')
    .trim();
}

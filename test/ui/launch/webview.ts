import type { Frame, Page } from 'playwright-core';
import { until } from './workbench.ts';

const TIMEOUT_MS = 20_000;

/**
 * The frame that holds an extension's own document. A webview is two frames: VS Code's, whose address names the extension and, for an
 * editor's panel, no view; and inside it the one that is loaded with the extension's HTML.
 */
export async function findWebview(page: Page, extensionId: string, timeoutMs = TIMEOUT_MS): Promise<Frame> {
  const find = (): Frame | undefined =>
    page.frames().findLast((frame) => frame.name() === 'active-frame' && outerOf(frame).includes(`extensionId=${extensionId}`)) ??
    page.frames().findLast((frame) => frame.url().includes('fake.html') && outerOf(frame).includes(`extensionId=${extensionId}`));
  const frame = await until(
    async () => {
      const candidate = find();
      if (candidate === undefined) return undefined;
      const hasContent: unknown = await candidate
        .evaluate('document.body !== null && document.body.childElementCount > 0')
        .catch(() => false);
      return hasContent === true ? candidate : undefined;
    },
    (found) => found !== undefined,
    timeoutMs,
    `a webview of ${extensionId}`,
  );
  if (frame === undefined) throw new Error(`no webview of ${extensionId}`);
  return frame;
}

function outerOf(frame: Frame): string {
  return frame.parentFrame()?.url() ?? '';
}

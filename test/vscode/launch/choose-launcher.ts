import { existsSync } from 'node:fs';
import { downloadAndUnzipVSCode } from '@vscode/test-electron';
import { VSCODE_CACHE } from './project.ts';

/** How the suites reach a real VS Code, and the sentence that says why. */
export type Launcher =
  | { readonly kind: 'desktop'; readonly why: string; readonly executable: () => Promise<string> }
  | { readonly kind: 'server'; readonly why: string };

const DOWNLOAD_HOST = 'https://update.code.visualstudio.com';
const PROBE_TIMEOUT_MS = 3000;

export async function chooseLauncher(): Promise<Launcher> {
  const named = process.env['GATEHOUSE_VSCODE_EXECUTABLE'];
  if (named) {
    if (!existsSync(named)) throw new Error(`GATEHOUSE_VSCODE_EXECUTABLE names ${named}, which does not exist.`);
    return { kind: 'desktop', why: `GATEHOUSE_VSCODE_EXECUTABLE names ${named}`, executable: () => Promise.resolve(named) };
  }
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    return { kind: 'server', why: 'there is no display for a desktop VS Code (DISPLAY is not set)' };
  }
  const unreachable = await whyUnreachable(DOWNLOAD_HOST);
  if (unreachable !== undefined) return { kind: 'server', why: `${DOWNLOAD_HOST} cannot be reached (${unreachable})` };
  return {
    kind: 'desktop',
    why: `${DOWNLOAD_HOST} can be reached`,
    executable: () => downloadAndUnzipVSCode({ cachePath: VSCODE_CACHE, version: 'stable' }),
  };
}

async function whyUnreachable(url: string): Promise<string | undefined> {
  try {
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const cause = error.cause;
    return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
  }
}

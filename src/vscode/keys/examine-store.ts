import * as vscode from 'vscode';
import { keepsSecrets } from './keeps-secrets.ts';
import type { LostKey } from './key-store.ts';
import { storeTrouble, type Surroundings } from './key-worries.ts';

/** How the place stands where keys are kept. */
export interface StoreState {
  /** A sentence on what is wrong with it, and what to do. */
  readonly trouble: string | undefined;
  readonly lost: readonly LostKey[];
}

/**
 * Looks at the store when a window begins, after `begun`. Never throws: a store that cannot be asked is in trouble. Nobody has to wait for
 * it: a store that forgets what it is given forgets it later.
 */
export async function examineStore(begun: Promise<readonly LostKey[]>, secrets: vscode.SecretStorage): Promise<StoreState> {
  try {
    const lost = await begun;
    // In a browser each write puts the whole copy of this window in the place of all secrets: not one that may be behind.
    const keeps = lost.length > 0 || (await keepsSecrets(secrets));
    return { trouble: storeTrouble(keeps, await surroundings()), lost };
  } catch {
    return { trouble: storeTrouble(false, await surroundings()), lost: [] };
  }
}

export async function surroundings(): Promise<Surroundings> {
  const inBrowser = vscode.env.uiKind === vscode.UIKind.Web;
  return {
    place: inBrowser ? 'browser' : vscode.env.remoteName === undefined ? 'here' : 'remote',
    linux: process.platform === 'linux',
    insecurePage: inBrowser && (await isInsecurePage()),
  };
}

/** The page's own address shows where the editor would send a browser for a port of this machine. Asked in browsers only: elsewhere it forwards one. */
async function isInsecurePage(): Promise<boolean> {
  try {
    const { scheme, authority } = await vscode.env.asExternalUri(vscode.Uri.parse('http://127.0.0.1:1/'));
    return scheme === 'http' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|[^:]*\.localhost)(:\d+)?$/.test(authority);
  } catch {
    return false;
  }
}

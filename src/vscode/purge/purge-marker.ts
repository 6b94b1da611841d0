import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Disposable } from 'vscode';

export const MARKER_FILE = 'purged.json';

/**
 * What tells all windows that everything is erased, those that open later included: a file in the folder they share. SecretStorage would not
 * do: in a browser each window has a copy of its own, and the one that did not hear would write its copy back. It stays, and holds nothing
 * but a number of its own and a time.
 */
export interface PurgeMarker extends Disposable {
  /** The number of the last purge; undefined where there was none. */
  current(): string | undefined;
  /** Begins one: the other windows hear of it and let go. */
  set(): string;
}

/** `heard` is called for a purge that another window has begun. */
export function purgeMarker(folder: string, heard: (purge: string) => void): PurgeMarker {
  const file = path.join(folder, MARKER_FILE);
  const current = (): string | undefined => {
    try {
      const { purge } = JSON.parse(readFileSync(file, 'utf8')) as { purge?: unknown };
      return typeof purge === 'string' ? purge : undefined;
    } catch {
      return undefined;
    }
  };
  mkdirSync(folder, { recursive: true });
  let known = current();
  const look = (): void => {
    const now = current();
    if (now === undefined || now === known) return;
    known = now;
    heard(now);
  };
  const watcher = watch(folder, { persistent: false }, (_, name) => {
    if (name === MARKER_FILE || name === null) look();
  });
  // A folder that was removed cannot be watched any more; the next window makes it again.
  watcher.on('error', () => watcher.close());
  return {
    current,
    set() {
      known = randomUUID();
      writeFileSync(file, JSON.stringify({ purge: known, at: Date.now() }), { mode: 0o600 });
      return known;
    },
    dispose: () => watcher.close(),
  };
}

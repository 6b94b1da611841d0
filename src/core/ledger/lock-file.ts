import { closeSync, openSync, rmSync, statSync } from 'node:fs';

/** A process that dies with a lock leaves it; nobody holds one for longer than a second. */
const STALE_MS = 10_000;

/** True for one process at a time, until the file is removed. */
export function takeLock(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const held = statSync(lock, { throwIfNoEntry: false });
    if (held && Date.now() - held.mtimeMs > STALE_MS) rmSync(lock, { force: true });
    return false;
  }
}

import { diskTrouble } from './disk-trouble.ts';
import { LedgerRefused } from './schema.ts';

const ATTEMPTS = 20;
const PAUSE_MS = 50;

/**
 * Opens the book for the first time. Windows that start at once meet in the switch to WAL, for which SQLite does not wait, or over a damaged
 * file: they take turns. Calls `failed` with what could not be waited out; throws `LedgerRefused` only.
 */
export function startInTurns(open: () => void, setDamagedAside: () => boolean, failed: (error: unknown) => void): void {
  for (let attempt = 1; ; attempt++) {
    try {
      return open();
    } catch (error) {
      if (error instanceof LedgerRefused) throw error;
      const trouble = diskTrouble(error);
      if ((trouble !== 'locked' && trouble !== 'damaged') || attempt === ATTEMPTS) return failed(error);
      if (trouble === 'locked' || !setDamagedAside()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

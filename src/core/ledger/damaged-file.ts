import path from 'node:path';
import type { Clock } from '../ports.ts';
import { setAside } from './connection.ts';
import type { TroubleReport } from './trouble-report.ts';

/** A disk that damages every new file would otherwise be filled with them. */
const PAUSE_MS = 60_000;

/** Moves a damaged book out of the way, once in a while. */
export class DamagedFile {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #trouble: TroubleReport;
  #setAsideAt: number | undefined;

  constructor(file: string, clock: Clock, trouble: TroubleReport) {
    this.#file = file;
    this.#clock = clock;
    this.#trouble = trouble;
  }

  /** True when the file was moved out of the way here; another window may do it, too, and then the next try finds a fresh one. */
  setAside(inode: number | undefined, disconnect: () => void): boolean {
    const now = this.#clock.monotonic();
    if (this.#setAsideAt !== undefined && now - this.#setAsideAt < PAUSE_MS) return false;
    disconnect();
    try {
      const aside = setAside(this.#file, inode, this.#clock.now());
      if (!aside) return false;
      this.#setAsideAt = now;
      this.#trouble.setAside(path.basename(aside));
      return true;
    } catch {
      return false;
    }
  }
}

import type { Log } from '../ports.ts';
import { reason } from './disk-trouble.ts';
import type { SettledRequest } from './records.ts';

type Listener = (settled: readonly SettledRequest[]) => void;

/** Tells what was settled. A listener that throws harms neither the book nor the next one. */
export class Announcer {
  readonly #log: Log;
  readonly #listeners: Listener[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  add(listener: Listener): void {
    this.#listeners.push(listener);
  }

  tell(settled: readonly SettledRequest[]): void {
    if (settled.length === 0) return;
    for (const listener of this.#listeners) {
      try {
        listener(settled);
      } catch (error) {
        this.#log.error('a listener of the ledger failed', { cause: reason(error) });
      }
    }
  }
}

import type { Log } from '../../../core/ports.ts';

/** Tells the log once that a collector does not take what it is sent, and once that it does again. Agents notice neither. */
export class Trouble {
  readonly #log: Log;
  readonly #what: 'spans' | 'metrics';
  #troubled = false;
  #lost = 0;
  #toldOfLoss = false;
  #toldOfPart = false;

  constructor(log: Log, what: 'spans' | 'metrics') {
    this.#log = log;
    this.#what = what;
  }

  /** `why`: a status or a failure of the connection. */
  failed(why: string): void {
    if (this.#troubled) return;
    this.#troubled = true;
    this.#log.warn('the telemetry collector does not take what it is sent; it is tried again', { what: this.#what, why });
  }

  /** Not sent, and never will be. */
  lost(count: number): void {
    this.#lost += count;
    if (this.#toldOfLoss) return;
    this.#toldOfLoss = true;
    this.#log.warn('telemetry is being dropped, the oldest first', { what: this.#what });
  }

  /** The collector took the rest. */
  rejected(count: number): void {
    this.#lost += count;
    if (this.#toldOfPart) return;
    this.#toldOfPart = true;
    this.#log.warn('the telemetry collector takes only a part of what it is sent', { what: this.#what, rejected: count });
  }

  taken(): void {
    if (!this.#troubled) return;
    this.#troubled = false;
    this.#toldOfLoss = false;
    this.#log.info('the telemetry collector takes what it is sent again', { what: this.#what, dropped: this.#lost });
  }

  /** `unsent`: what waits and will not be sent any more. */
  closed(unsent: number): void {
    const dropped = this.#lost + unsent;
    if (dropped > 0) this.#log.warn('telemetry was not sent', { what: this.#what, dropped });
  }
}

import type { SettledRequest } from '../../core/ledger/records.ts';
import type { Log } from '../../core/ports.ts';
import type { Telemetry, TelemetryDeps } from './otlp/start.ts';
import { sameTelemetry, type TelemetrySettings } from './settings.ts';

/** How long the last of it may take when it is turned off, sent elsewhere or closed. Nobody waits longer for a collector. */
const LONGEST_FLUSH_MS = 2000;
/** Also where requests took all the time that there was. The editor's worker has a second more than its requests. */
const SHORTEST_FLUSH_MS = 500;

/**
 * Telemetry as it is configured now. Nothing of OpenTelemetry is loaded before it is on, and no request waits for it: what was settled is
 * handed over when it is in the ledger.
 */
export class TelemetryOutlet {
  readonly #deps: Omit<TelemetryDeps, 'settings'>;
  readonly #log: Log;
  #settings: TelemetrySettings | undefined;
  /** Undefined while it is off; resolves with nothing where it could not be loaded. */
  #running: Promise<Telemetry | undefined> | undefined;
  readonly #ending = new Set<Promise<void>>();

  constructor(deps: Omit<TelemetryDeps, 'settings'>) {
    this.#deps = deps;
    this.#log = deps.log;
  }

  configure(settings: TelemetrySettings | undefined): void {
    if (sameTelemetry(this.#settings, settings)) return;
    this.#end(LONGEST_FLUSH_MS);
    this.#settings = settings;
    this.#running = settings === undefined ? undefined : this.#start(settings);
  }

  record(settled: readonly SettledRequest[]): void {
    void this.#running?.then((telemetry) => this.#guarded(() => telemetry?.record(settled)));
  }

  async close(patienceMs: number): Promise<void> {
    this.#end(Math.min(Math.max(patienceMs, SHORTEST_FLUSH_MS), LONGEST_FLUSH_MS));
    await Promise.all(this.#ending);
  }

  async #start(settings: TelemetrySettings): Promise<Telemetry | undefined> {
    try {
      // A bundle of its own in what ships: see `esbuild.mjs`.
      const { startTelemetry } = await import('./otlp/start.ts');
      return startTelemetry({ ...this.#deps, settings });
    } catch (error) {
      this.#log.error('telemetry could not be started, and nothing is sent', { code: (error as NodeJS.ErrnoException).code });
      return undefined;
    }
  }

  #end(patienceMs: number): void {
    const running = this.#running;
    this.#running = undefined;
    this.#settings = undefined;
    if (running === undefined) return;
    const ending = running.then((telemetry) => telemetry?.close(patienceMs)).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #guarded(record: () => void): void {
    try {
      record();
    } catch (error) {
      this.#log.error('a request could not be told to the telemetry collector', {
        cause: error instanceof Error ? error.name : 'unknown',
      });
    }
  }
}

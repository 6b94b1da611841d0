import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Clock, Log } from '../core/ports.ts';
import type { Health } from '../core/routing/health/health-book.ts';
import { load, save } from '../core/routing/health/saved-health.ts';

export const HEALTH_FILE = 'health.json';

/** News come in bursts: a provider that fails does so for all its models. */
const PAUSE_MS = 2000;

export interface KeptHealth {
  changed(): void;
  close(): void;
}

/** Takes up what was kept; nothing where there is no file. */
export function readHealth(file: string, health: Health, clock: Clock): void {
  try {
    load(health, readFileSync(file, 'utf8'), clock.now());
  } catch {
    // There is none yet.
  }
}

/**
 * What is known of keys and providers survives a restart, so that a dead key is not asked by every request anew. Several windows share
 * the file, and the last one wins: what another one knew costs one attempt to find out again. It holds no secret.
 */
export function keepHealth(file: string, health: Health, clock: Clock, log: Log): KeptHealth {
  let timer: NodeJS.Timeout | undefined;
  readHealth(file, health, clock);
  const write = (): void => {
    timer = undefined;
    const fresh = `${file}.${process.pid}.new`;
    try {
      writeFileSync(fresh, save(health), { mode: 0o600 });
      renameSync(fresh, file);
    } catch (error) {
      rmSync(fresh, { force: true });
      log.warn('what is known of the providers could not be kept', { code: (error as NodeJS.ErrnoException).code });
    }
  };
  return {
    changed() {
      timer ??= setTimeout(write, PAUSE_MS).unref();
    },
    close() {
      clearTimeout(timer);
      write();
    },
  };
}

import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { KeyConfig } from '../core/config/schema.ts';
import type { Log } from '../core/ports.ts';
import type { HeldKey } from '../core/routing/snapshot.ts';

export const KEY_AGES_FILE = 'key-ages.json';
const DAY_MS = 24 * 60 * 60 * 1000;

interface Age {
  /** Milliseconds since the epoch: when this value was seen first. */
  readonly since: number;
  readonly mark: string;
}

interface Ages {
  readonly salt: string;
  readonly keys: Readonly<Record<string, Age>>;
}

/**
 * Warns of keys that are older than their `rotateEveryDays`. Without an editor nobody says when a key was entered, so its age counts from
 * the day on which its value was seen first.
 */
export function warnOfOldKeys(file: string, config: readonly KeyConfig[], held: readonly HeldKey[], now: number, log: Log): void {
  const policies = config.filter((key) => key.rotateEveryDays !== undefined);
  if (policies.length === 0) return;
  const { salt, keys } = read(file);
  const ages: Record<string, Age> = { ...keys };
  for (const { id, rotateEveryDays = Infinity } of policies) {
    const secret = held.find((key) => key.id === id)?.secret;
    if (secret === undefined) continue;
    const mark = markOf(salt, secret);
    const known = ages[id];
    const since = known?.mark === mark ? known.since : now;
    ages[id] = { since, mark };
    const days = Math.floor((now - since) / DAY_MS);
    if (days >= rotateEveryDays) log.warn('a key is older than it should get: rotate it', { key: id, days, rotateEveryDays });
  }
  if (JSON.stringify(ages) === JSON.stringify(keys)) return;
  try {
    writeFileSync(`${file}.new`, JSON.stringify({ salt, keys: ages }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch (error) {
    log.warn('the ages of the keys could not be kept', { code: (error as NodeJS.ErrnoException).code });
  }
}

/** Tells that a value is another one and not which: 16 bits of a salted hash confirm no guess. */
function markOf(salt: string, secret: string): string {
  return createHmac('sha256', salt).update(secret).digest('hex').slice(0, 4);
}

function read(file: string): Ages {
  const fresh = { salt: randomBytes(16).toString('hex'), keys: {} };
  try {
    const { salt, keys } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Ages>;
    return typeof salt === 'string' && typeof keys === 'object' ? { salt, keys } : fresh;
  } catch {
    return fresh;
  }
}

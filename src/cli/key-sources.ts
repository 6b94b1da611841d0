import type { Config, KeyConfig } from '../core/config/schema.ts';
import type { Log } from '../core/ports.ts';
import type { HeldKey } from '../core/routing/snapshot.ts';
import { askCommand } from './key-command.ts';

/**
 * Headless, a key is named by the variable that holds it or by the command that prints it; the value is never in the file. Commands run at
 * the same time. One that fails when the configuration is read again leaves its key as it was: a locked password manager stops no agent.
 */
export async function readKeys(config: Config, before: readonly HeldKey[], log: Log): Promise<HeldKey[]> {
  const keys = await Promise.all(config.keys.map((key) => readKey(key, before, log)));
  return keys.filter((key) => key !== undefined);
}

async function readKey(key: KeyConfig, before: readonly HeldKey[], log: Log): Promise<HeldKey | undefined> {
  if (key.command === undefined) return fromEnvironment(key, log);
  const answer = await askCommand(key.command);
  if ('secret' in answer) return held(key, answer.secret);
  const old = before.find(({ id, provider }) => id === key.id && provider === key.provider);
  if (old !== undefined) {
    log.warn('a key keeps its old value: its command failed', { key: key.id, why: answer.failure });
    return held(key, old.secret);
  }
  log.warn('a key has no value: its command failed', { key: key.id, why: answer.failure });
  return undefined;
}

/** For an explanation, which asks nobody: a key with a command is taken to be there. */
export function assumedKeys(config: Config, log: Log): HeldKey[] {
  return config.keys.flatMap((key) => (key.command === undefined ? (fromEnvironment(key, log) ?? []) : held(key, 'not asked for')));
}

function fromEnvironment(key: KeyConfig, log: Log): HeldKey | undefined {
  const secret = key.env === undefined ? undefined : process.env[key.env]?.trim();
  if (secret) return held(key, secret);
  log.warn('a key has no value: its environment variable is not set', { key: key.id });
  return undefined;
}

function held({ id, provider, priority, weight, agents, models, environment, limits }: KeyConfig, secret: string): HeldKey {
  return {
    id,
    provider,
    priority,
    weight,
    secret,
    ...(agents && { agents }),
    ...(models && { models }),
    ...(environment !== undefined && { environment }),
    ...(limits && { limits }),
  };
}

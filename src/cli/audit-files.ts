import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../core/config/schema.ts';
import { anchorIn, type Anchor } from '../core/ledger/audit/anchor.ts';
import type { AnchorPlace } from '../host/keep-anchor.ts';
import { UsageError } from './usage-error.ts';

const KEY_FILE = 'audit.key';
const ANCHOR_FILE = 'audit.anchor';
const SHORTEST = 32;

/**
 * What the audit log is hashed with. Without a store of secrets it is in a file beside the log, unless the configuration names a variable:
 * then who can write the folder cannot make a log that verifies.
 */
export function auditKeyFor(dataDir: string, config: Pick<Config, 'audit'> | undefined, make: boolean): string {
  const name = config?.audit?.env;
  if (name !== undefined) {
    const value = process.env[name]?.trim() ?? '';
    if (value.length >= SHORTEST) return value;
    throw new UsageError(
      `audit.env: the environment variable ${name} ${value === '' ? 'is not set' : `holds fewer than ${SHORTEST} characters`}`,
    );
  }
  const file = path.join(dataDir, KEY_FILE);
  if (make) makeKey(file);
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (key.length >= SHORTEST) return key;
  } catch {
    // It is told below.
  }
  throw new Error(
    'The key of the audit log is not in this folder. If an environment variable holds it, name the configuration with --config; ' +
      'the log of an editor is verified in the editor, whose secret storage has the key.',
  );
}

/** Under a name of its own first: another process finds the whole key or none. */
function makeKey(file: string): void {
  const fresh = `${file}.${process.pid}.new`;
  try {
    writeFileSync(fresh, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

export function readAnchor(dataDir: string): Anchor | undefined {
  try {
    return anchorIn(readFileSync(path.join(dataDir, ANCHOR_FILE), 'utf8'));
  } catch {
    return undefined;
  }
}

export function anchorFile(dataDir: string): AnchorPlace {
  const file = path.join(dataDir, ANCHOR_FILE);
  return {
    read: () => Promise.resolve(readAnchor(dataDir)),
    write(anchor) {
      const fresh = `${file}.${process.pid}.new`;
      writeFileSync(fresh, `${JSON.stringify(anchor)}\n`, { mode: 0o600 });
      renameSync(fresh, file);
      return Promise.resolve();
    },
  };
}

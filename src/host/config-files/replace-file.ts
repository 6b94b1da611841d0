import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';

/** Puts a file's new text in its place in one step, with its mode and owner. `expected` is what stands there. Texts are latin1: one character a byte. */
export function replaceFile(file: string, expected: string, text: string): string | undefined {
  const fresh = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.gatehouse`);
  try {
    const { mode, uid, gid } = statSync(file);
    const descriptor = openSync(fresh, 'wx', 0o600);
    try {
      writeSync(descriptor, Buffer.from(text, 'latin1'));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    const own = statSync(fresh);
    if (own.uid !== uid || own.gid !== gid) chownSync(fresh, uid, gid);
    chmodSync(fresh, mode & 0o7777);
    if (readFileSync(file, 'latin1') !== expected) {
      rmSync(fresh, { force: true });
      return 'the file was changed meanwhile and was left as it is; try again';
    }
    renameSync(fresh, file);
    return undefined;
  } catch (error) {
    rmSync(fresh, { force: true });
    return `the file could not be changed (${codeOf(error)})`;
  }
}

export function sumOf(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'no reason given';
}

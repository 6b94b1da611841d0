import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, statSync, writeSync } from 'node:fs';

/** A file that could not be erased, and why. */
export interface NotErased {
  readonly file: string;
  readonly code: string;
}

const ZEROS = Buffer.alloc(1024 * 1024);

/**
 * Overwrites files and deletes them. What a disk keeps of them elsewhere (copies of a flash drive, snapshots, backups) is out of reach. A file
 * that somebody may have open is only deleted: SQLite would take what is written over it for its own.
 */
export function eraseFiles(files: readonly string[], mayBeOpen: boolean): readonly NotErased[] {
  return files.flatMap((file): readonly NotErased[] => {
    try {
      if (!mayBeOpen) overwrite(file);
      rmSync(file, { force: true });
      return [];
    } catch (error) {
      return [{ file, code: (error as NodeJS.ErrnoException).code ?? 'no reason given' }];
    }
  });
}

/** For a log that goes on being written: empty, and under its name. */
export function emptyFile(file: string): void {
  overwrite(file);
}

function overwrite(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return;
  const descriptor = openSync(file, 'r+');
  try {
    for (let at = 0; at < stat.size; at += ZEROS.length)
      writeSync(descriptor, ZEROS, 0, Math.min(ZEROS.length, stat.size - at), at);
    fsyncSync(descriptor);
    ftruncateSync(descriptor, 0);
  } finally {
    closeSync(descriptor);
  }
}

import type { DatabaseSync } from 'node:sqlite';

/**
 * How far the audit log had come, kept where whoever can write the file cannot: a chain says nothing about entries that were cut off its
 * end. Sequences begin at 1 and have no gaps, so `seq` is the count as well. Only what is committed is ever anchored, and a commit of the
 * audit log is on the disk (`audit-log.ts`): no crash leaves an anchor ahead of the log.
 */
export interface Anchor {
  /** The hash of the first entry: which chain it is. */
  readonly first: string;
  readonly seq: number;
  /** The hash of that entry. */
  readonly hash: string;
  /** When that entry happened, in milliseconds since the epoch. */
  readonly at: number;
}

/**
 * The newest entry as an anchor. Undefined where there is none, and where the log is not the one that `known` was taken of: then an anchor
 * that moved on would hide what was cut off before it.
 */
export function anchorAfter(db: DatabaseSync, known: Anchor | undefined): Anchor | undefined {
  const [first, last] = [hashAt(db, 1), db.prepare('SELECT seq, hash, at FROM audit ORDER BY seq DESC LIMIT 1').get()];
  if (first === undefined || last === undefined) return undefined;
  const newest = { first, seq: Number(last['seq']), hash: String(last['hash']), at: Number(last['at']) };
  if (known === undefined) return newest;
  const goesOn = known.first === first ? hashAt(db, known.seq) === known.hash : begunAfter(db) === known.first;
  return goesOn ? newest : undefined;
}

/** The first hash of the log before this one, which the first entry names where there was one. */
function begunAfter(db: DatabaseSync): unknown {
  const body = db.prepare("SELECT body FROM audit WHERE seq = 1 AND kind = 'log-began'").get()?.['body'];
  return beginningIn(String(body ?? '{}')).before?.first;
}

function hashAt(db: DatabaseSync, seq: number): string | undefined {
  const hash = db.prepare('SELECT hash FROM audit WHERE seq = ?').get(seq)?.['hash'];
  return typeof hash === 'string' ? hash : undefined;
}

/** What the first entry of a log says. */
export interface Beginning {
  /** The log that was there before, and is not in this file any more. */
  readonly before?: Anchor;
  /** The damaged file, by its name, in which it may still be. */
  readonly setAside?: string;
}

export function beginningIn(body: string): Beginning {
  try {
    return (JSON.parse(body) ?? {}) as Beginning;
  } catch {
    return {};
  }
}

/** An anchor as it was kept; undefined for anything else. */
export function anchorIn(text: string | undefined): Anchor | undefined {
  try {
    const { first, seq, hash, at } = JSON.parse(text ?? 'null') as Anchor;
    return typeof first === 'string' && typeof hash === 'string' && Number.isSafeInteger(seq)
      ? { first, seq, hash, at }
      : undefined;
  } catch {
    return undefined;
  }
}

import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import type { DatabaseSync } from 'node:sqlite';
import { firstIdAt, timeOf } from './ids.ts';

/**
 * Who has rows open; nobody else is registered. A writer is one opened ledger: a window's worker thread, a headless gateway. Its rows may be settled by
 * others only when it is dead, so the proof must be good: its process is gone, or its number has passed to another process.
 * Where neither can be seen (another container on the same disk, a thread that died in a living process, a platform that tells
 * no start times) the heartbeat decides.
 */
export interface Writer {
  readonly id: number;
  readonly place: string;
  readonly pid: number;
  readonly started: string | undefined;
}

export function thisWriter(id: number): Writer {
  return { id, place: place(), pid: process.pid, started: startedAt(process.pid) };
}

/** A request whose body takes long to come has an older id than those that were opened before it. Far more than any body takes. */
const SLACK_MS = 24 * 60 * 60 * 1000;

/**
 * Beats, and registers where the file does not know this writer. `oldestId` is that of its oldest open request: no row of this writer
 * that is open now, or will be, lies more than a day before it.
 */
export function beat(db: DatabaseSync, { id, place, pid, started }: Writer, oldestId: string): void {
  db.prepare(
    `INSERT INTO writers (id, place, pid, started, beat, since) VALUES (?, ?, ?, ?, 1, ?)
      ON CONFLICT (id) DO UPDATE SET beat = beat + 1, since = excluded.since`,
  ).run(id, place, pid, started ?? null, firstIdAt(timeOf(oldestId) - SLACK_MS));
}

export function isRegistered(db: DatabaseSync, { id }: Writer): boolean {
  return db.prepare('SELECT 1 FROM writers WHERE id = ?').get(id) !== undefined;
}

export function forget(db: DatabaseSync, writer: number): void {
  db.prepare('DELETE FROM writers WHERE id = ?').run(writer);
}

/** Writers of which it is certain that they are dead. */
export function provenDead(db: DatabaseSync, self: Writer): number[] {
  return db
    .prepare('SELECT id, pid, started FROM writers WHERE id <> ? AND place = ?')
    .all(self.id, self.place)
    .filter((row) => isGone(Number(row['pid']), row['started']))
    .map((row) => Number(row['id']));
}

export function isGone(pid: number, started: unknown): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const now = startedAt(pid);
  return typeof started === 'string' && now !== undefined && now !== started;
}

/** Ticks without a heartbeat after which a writer counts as dead: one whose process cannot be judged, and one whose process lives. */
const PATIENCE = { unseen: 3, living: 20 };

/**
 * Watches the heartbeats of those who have rows open. A writer beats on every one of its ticks while it has some; one that stays
 * still for long is dead. A process that lives gets more time: it may be stopped in a debugger, but one of its threads may also
 * be gone for good. Counting *our* ticks instead of comparing clocks makes a night of sleep harmless: everybody wakes, and
 * everybody beats before the next tick but one.
 */
export function heartbeatWatch(): (db: DatabaseSync, self: Writer) => number[] {
  let seen = new Map<number, { readonly beat: number; readonly still: number }>();
  return (db, self) => {
    const rows = db.prepare('SELECT id, place, pid, started, beat FROM writers WHERE id <> ?').all(self.id);
    const next = new Map<number, { readonly beat: number; readonly still: number }>();
    const dead: number[] = [];
    for (const row of rows) {
      const id = Number(row['id']);
      const count = Number(row['beat']);
      const before = seen.get(id);
      const still = before?.beat === count ? before.still + 1 : 0;
      next.set(id, { beat: count, still });
      if (still < PATIENCE.unseen) continue;
      const living = row['place'] === self.place && !isGone(Number(row['pid']), row['started']);
      if (still >= (living ? PATIENCE.living : PATIENCE.unseen)) dead.push(id);
    }
    seen = next;
    return dead;
  };
}

/** Process numbers mean something only within one machine and one process namespace (a container has its own). */
function place(): string {
  return `${os.hostname()}/${readOr(() => readlinkSync('/proc/self/ns/pid'))}`;
}

/** Linux tells it in ticks since boot, field 22; elsewhere it would cost a subprocess. The name in field 2 may hold spaces and brackets. */
function startedAt(pid: number): string | undefined {
  const stat = readOr(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

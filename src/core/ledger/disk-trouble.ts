/** Why SQLite refused, as far as it matters to what is done about it. */
export type DiskTrouble = 'locked' | 'full' | 'damaged' | 'unreachable' | 'other';

/** Result codes of SQLite; the extended ones carry these in their low byte. */
const TROUBLE: Readonly<Record<number, DiskTrouble>> = {
  3: 'unreachable', // PERM
  5: 'locked', // BUSY
  6: 'locked', // LOCKED
  8: 'unreachable', // READONLY
  10: 'unreachable', // IOERR
  11: 'damaged', // CORRUPT
  13: 'full', // FULL
  14: 'unreachable', // CANTOPEN
  26: 'damaged', // NOTADB
};

/** A value that the table refuses: CONSTRAINT, MISMATCH, RANGE. It is the row's fault, and waiting does not mend it. */
const ROW_FAULTS: ReadonlySet<number> = new Set([19, 20, 25]);

export function diskTrouble(error: unknown): DiskTrouble {
  const code = sqliteCode(error);
  if (code !== undefined) return TROUBLE[code] ?? 'other';
  const system = (error as NodeJS.ErrnoException | undefined)?.code;
  if (system === 'ENOSPC' || system === 'EDQUOT') return 'full';
  return system?.startsWith('E') && !system.startsWith('ERR_') ? 'unreachable' : 'other';
}

/** True for a fault of the row itself (also one of ours: a value that cannot be bound). */
export function isRowFault(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === undefined ? true : ROW_FAULTS.has(code);
}

export function sqliteCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** What the user is told while writes are failing. Names no path. */
export function troubleSentence(trouble: DiskTrouble): string {
  switch (trouble) {
    case 'locked':
      return 'The ledger is locked by another program. Close whatever else has the ledger file open.';
    case 'full':
      return 'The disk is full, so the ledger cannot be written. Free some space.';
    case 'unreachable':
      return 'The ledger file cannot be written. Check that its folder exists and that you may write to it.';
    case 'damaged':
      return 'The ledger file is damaged and could not be set aside. Move it away.';
    case 'other':
      return 'The ledger could not be written. The log names the error.';
    default:
      return trouble satisfies never;
  }
}

/** For the log. SQLite's own sentences name tables and columns, never a path or a value; of other errors only the kind is told. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return sqliteCode(error) === undefined ? error.name : error.message;
}

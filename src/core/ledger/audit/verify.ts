import { setImmediate } from 'node:timers/promises';
import { beginningIn, type Anchor, type Beginning } from './anchor.ts';
import { hashOf, type AuditEntry, type AuditKey } from './chain.ts';

/**
 * What was done to an entry, as far as it can be told. `missing`: it is gone, and others follow. `cut`: it is gone with all after it.
 * `wrong-key`: it was hashed with another key than the one at hand.
 */
export type Tampering = 'edited' | 'missing' | 'inserted' | 'reordered' | 'cut' | 'wrong-key';

export interface Broken {
  readonly seq: number;
  /** What its time says, in milliseconds since the epoch; undefined of an entry that is gone. */
  readonly at: number | undefined;
  readonly what: Tampering;
}

export interface AuditVerdict {
  readonly entries: number;
  /** Of the first and the last entry; undefined in an empty log. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** The first entry that is not as it was written. */
  readonly broken: Broken | undefined;
  /** The log that was in the file before it was set aside as damaged. */
  readonly before: Beginning | undefined;
  /** False: nothing is known of where the log ended, so a cut at its end cannot be seen. */
  readonly anchored: boolean;
}

/** One to four milliseconds of one thread: streams have their turn in between. */
const PIECE = 100;

/** `anchor` must have been read before the entries were: the log may have grown meanwhile, but never shrunk. */
export async function verifyAudit(
  entries: readonly AuditEntry[],
  key: AuditKey,
  anchor: Anchor | undefined,
): Promise<AuditVerdict> {
  const broken = (await brokenIn(entries, key, anchor?.seq ?? 0)) ?? cutOff(entries, anchor);
  const [first] = entries;
  const beginning = first?.kind === 'log-began' ? beginningIn(first.body) : undefined;
  return {
    entries: entries.length,
    from: first?.at,
    to: entries.at(-1)?.at,
    broken,
    before: beginning?.before === undefined ? undefined : beginning,
    anchored: anchor !== undefined,
  };
}

async function brokenIn(entries: readonly AuditEntry[], key: AuditKey, anchored: number): Promise<Broken | undefined> {
  let prev = '';
  for (const [place, entry] of entries.entries()) {
    if (place % PIECE === PIECE - 1) await setImmediate();
    if (entry.seq !== place + 1 || entry.prev !== prev || !isOurs(key, entry))
      return diagnose(entries, place, prev, key, Math.max(entries.length, anchored));
    prev = entry.hash;
  }
  return undefined;
}

function isOurs(key: AuditKey, entry: AuditEntry): boolean {
  return entry.key === key.name && hashOf(key, entry) === entry.hash;
}

/** Names what is wrong at a place before which all is as it was written. `highest`: no entry is known to have had a higher sequence. */
function diagnose(entries: readonly AuditEntry[], place: number, prev: string, key: AuditKey, highest: number): Broken {
  const entry = entries[place]!;
  const seq = place + 1;
  const found = (what: Tampering): Broken => ({ seq, at: what === 'missing' ? undefined : entry.at, what });
  /** Whatever sequence it has now, it was written as this one. */
  const belongsHere = (other: AuditEntry): boolean => other.prev === prev && isOurs(key, { ...other, seq });

  if (belongsHere(entry) || belongsHere({ ...entry, key: key.name })) return found('edited');
  const writtenAs = sequenceOf(entry, key, highest);
  if (entries.some((other, at) => at > place && belongsHere(other)))
    return found(writtenAs === undefined || writtenAs < seq ? 'inserted' : 'reordered');
  if (entry.key !== key.name) return found('wrong-key');
  if (writtenAs === undefined) return found('edited');
  return found(writtenAs > seq ? 'missing' : 'inserted');
}

/** The sequence that an entry was written with; undefined of one that is not as it was written in anything else. */
function sequenceOf(entry: AuditEntry, key: AuditKey, highest: number): number | undefined {
  if (entry.key !== key.name) return undefined;
  if (isOurs(key, entry)) return entry.seq;
  for (let seq = 1; seq <= highest; seq++) if (isOurs(key, { ...entry, seq })) return seq;
  return undefined;
}

/** Whether the log goes as far as it is known to have come. */
function cutOff(entries: readonly AuditEntry[], anchor: Anchor | undefined): Broken | undefined {
  const [first] = entries;
  const cut = (seq: number): Broken => ({ seq, at: undefined, what: 'cut' });
  const { before, setAside } = first === undefined ? {} : beginningIn(first.body);
  // The first entry itself says that a log was there, and nobody knows where it went.
  if (before !== undefined && setAside === undefined) return cut(1);
  if (anchor === undefined) return undefined;
  if (first?.hash === anchor.first) {
    // Written on after it was cut, the log has another entry where the anchored one was.
    return entries[anchor.seq - 1]?.hash === anchor.hash ? undefined : cut(Math.min(entries.length + 1, anchor.seq));
  }
  // It came after the one that was anchored, and says so.
  return before?.first === anchor.first ? undefined : cut(1);
}

import { createHash, randomBytes } from 'node:crypto';
import type { SecretStorage } from 'vscode';
import { parseAbout, parseValue, type KeyAbout, type KeyInfo, type KeyValue, type StoredKey } from './key-info.ts';

/**
 * How keys lie in SecretStorage. Several windows write there without asking each other, so no two of them ever write the same record
 * with different things in it that matter:
 *
 *   `gatehouse.about.<uid>`         what a person decided about the key; the last one wins
 *   `gatehouse.value.<uid>.<time>`  a value and its origins; written once, erased once. The latest is the key, the one before it the former
 *   `gatehouse.gone.<uid>`          it was removed: whatever a slower window still writes under this uid counts for nothing
 *
 * There is no list that could be overwritten: the names are the list. A key that comes again has another uid.
 */
const ABOUT = 'gatehouse.about.';
const VALUE = 'gatehouse.value.';
const GONE = 'gatehouse.gone.';

export const aboutName = (uid: string): string => ABOUT + uid;
export const valuesOf = (uid: string): string => `${VALUE}${uid}.`;
export const valueName = (uid: string, at: number): string => valuesOf(uid) + at;
export const goneName = (uid: string): string => GONE + uid;

export function isKeyName(name: string): boolean {
  return name.startsWith(ABOUT) || name.startsWith(VALUE) || name.startsWith(GONE);
}

/** Whether requests that were on their way with a removed key were to be aborted. */
export const goneText = (inFlight: 'finish' | 'abort'): string => `${Date.now()} ${inFlight}`;
export const aborts = (text: string | undefined): boolean => text?.endsWith(' abort') === true;

/** Sorted by age, and never the same twice. */
export function newUid(now: number): string {
  return `${now.toString(36).padStart(9, '0')}-${randomBytes(6).toString('hex')}`;
}

/** The same in every window that takes over the same key. */
export function uidOfFormer(id: string): string {
  return `0-${createHash('sha256').update(id).digest('hex').slice(0, 24)}`;
}

interface TimedValue extends KeyValue {
  readonly at: number;
}

/** All that lies under one uid. */
export interface KeyRecords {
  readonly uid: string;
  readonly about: KeyAbout | undefined;
  /** The latest first. */
  readonly values: readonly TimedValue[];
  readonly gone: boolean;
}

/** Another window may rotate meanwhile: what was named is then gone when it is read, and the key would seem to have no value. */
const READS = 5;

export async function readRecords(secrets: SecretStorage): Promise<readonly KeyRecords[]> {
  for (let left = READS - 1; ; left--) {
    const { records, torn } = await readOnce(secrets);
    // A store that names what it cannot give does so each time.
    if (!torn || left === 0) return records;
  }
}

async function readOnce(secrets: SecretStorage): Promise<{ readonly records: readonly KeyRecords[]; readonly torn: boolean }> {
  const names = await secrets.keys();
  const uids = new Set(names.flatMap((name) => uidOf(name) ?? []));
  let torn = false;
  const get = async (name: string): Promise<string | undefined> => {
    const text = await secrets.get(name);
    if (text === undefined) torn = true;
    return text;
  };
  const read = async (uid: string): Promise<KeyRecords> => {
    const prefix = valuesOf(uid);
    const values = names
      .filter((name) => name.startsWith(prefix))
      .map(async (name) => ({ at: Number(name.slice(prefix.length)), value: parseValue(await get(name)) }));
    const timed = (await Promise.all(values)).flatMap(({ at, value }) => (value === undefined ? [] : [{ at, ...value }]));
    return {
      uid,
      about: parseAbout(names.includes(aboutName(uid)) ? await get(aboutName(uid)) : undefined),
      values: timed.toSorted((a, b) => b.at - a.at),
      gone: names.includes(goneName(uid)),
    };
  };
  const records = await Promise.all([...uids].sort().map(read));
  return { records, torn };
}

function uidOf(name: string): string | undefined {
  if (name.startsWith(ABOUT)) return name.slice(ABOUT.length);
  if (name.startsWith(GONE)) return name.slice(GONE.length);
  // A time has a fraction, a uid no dot.
  return name.startsWith(VALUE) ? name.slice(VALUE.length, name.indexOf('.', VALUE.length)) : undefined;
}

/** The keys that there are. Two windows may have given the same id to two keys: neither is lost, the later one gets a number. */
export function liveKeys(records: readonly KeyRecords[]): readonly StoredKey[] {
  const taken = new Set<string>();
  return records.flatMap(({ uid, about, values: [value, former], gone }) => {
    if (gone || about === undefined || value === undefined) return [];
    let id = about.id;
    for (let n = 2; taken.has(id); n++) id = `${about.id}-${n}`;
    taken.add(id);
    const entered = (one: TimedValue): number => one.enteredAt ?? Math.floor(one.at);
    const info: KeyInfo = {
      ...about,
      id,
      lastFour: lastFourOf(value.secret),
      origins: value.origins,
      ...(entered(value) !== about.createdAt && { rotatedAt: entered(value) }),
      ...(former !== undefined && { formerLastFour: lastFourOf(former.secret) }),
    };
    return [{ uid, info, secret: value.secret, ...(former && { former: { ...withoutTime(former), enteredAt: entered(former) } }) }];
  });
}

function withoutTime({ at: _, ...value }: TimedValue): KeyValue {
  return value;
}

export function lastFourOf(secret: string): string {
  return secret.slice(-4);
}

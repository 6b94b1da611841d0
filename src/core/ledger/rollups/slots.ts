/**
 * The sizes of the slots of time that requests are summed by, in UTC. Quarters of an hour are the finest: the days of every time zone,
 * also of those that are half an hour or a quarter off, are made of them. The larger ones save reading: ninety days are 8,640 quarters,
 * and a day that begins at any quarter is at most 30 quarters and 5 pieces of four hours.
 */
const SIZES_MS = [900_000, 14_400_000, 86_400_000] as const;

/** Indexes of the sizes, the finest first. */
export const TIERS = SIZES_MS.map((_, tier) => tier);

export const COARSEST = SIZES_MS.length - 1;

/** Part of a range of time: whole slots of one size, or milliseconds of which the rows themselves must be asked. */
export type Piece =
  | {
      readonly kind: 'slots';
      readonly tier: number;
      readonly from: number;
      readonly to: number;
      readonly since: number;
      readonly until: number;
    }
  | { readonly kind: 'rows'; readonly since: number; readonly until: number };

/** `milliseconds` since the epoch. */
export function slotAt(milliseconds: number, tier: number): number {
  return Math.floor(milliseconds / sizeOf(tier));
}

export function slotStart(slot: number, tier: number): number {
  return slot * sizeOf(tier);
}

/** The last moment not after `milliseconds` at which slots of every size begin. */
export function startOfEverySlot(milliseconds: number): number {
  return slotStart(slotAt(milliseconds, COARSEST), COARSEST);
}

/**
 * [since, until) in pieces that follow each other. Before `rowsFrom` there are no rows any more: there an edge inside a quarter of an
 * hour is answered by the whole quarter.
 */
export function piecesOf(since: number, until: number, rowsFrom: number): readonly Piece[] {
  if (since >= until) return [];
  const first = roundUp(since);
  const last = slotStart(slotAt(until, 0), 0);
  if (first > last) {
    // Both edges inside one quarter.
    return last < rowsFrom ? wholeSlots(last, first, 0) : [{ kind: 'rows', since, until }];
  }
  const early = since < rowsFrom;
  const late = last < rowsFrom;
  return [
    ...rowsBetween(since, early ? since : first),
    ...wholeSlots(early ? slotStart(slotAt(since, 0), 0) : first, late ? roundUp(until) : last, COARSEST),
    ...rowsBetween(late ? until : last, until),
  ];
}

function rowsBetween(since: number, until: number): readonly Piece[] {
  return since < until ? [{ kind: 'rows', since, until }] : [];
}

function wholeSlots(since: number, until: number, tier: number): readonly Piece[] {
  if (since >= until) return [];
  const size = sizeOf(tier);
  const from = Math.ceil(since / size);
  const to = Math.floor(until / size);
  if (from >= to) return wholeSlots(since, until, tier - 1);
  return [
    ...wholeSlots(since, from * size, tier - 1),
    { kind: 'slots', tier, from, to, since: from * size, until: to * size },
    ...wholeSlots(to * size, until, tier - 1),
  ];
}

function roundUp(milliseconds: number): number {
  return Math.ceil(milliseconds / SIZES_MS[0]) * SIZES_MS[0];
}

function sizeOf(tier: number): number {
  return SIZES_MS[tier] ?? SIZES_MS[0];
}

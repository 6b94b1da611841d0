import type { DatabaseSync } from 'node:sqlite';
import type { UsageBy } from '../records.ts';
import { startOfEverySlot } from '../rollups/slots.ts';

/** A question about usage, and what has to be known of the book to answer it. */
export interface Book {
  readonly db: DatabaseSync;
  readonly by: readonly UsageBy[];
  readonly workspace: string | undefined;
  /** The only sessions that are asked for. */
  readonly latest: readonly string[] | undefined;
  /** There are no rows before it. Milliseconds since the epoch, like all that follows. */
  readonly rowsFrom: number;
  /** There are settled rows that are in no roll-up. */
  readonly missed: boolean;
}

/** Whole milliseconds: since is inclusive, until exclusive. */
export interface TimeRange {
  readonly since: number;
  readonly until: number;
}

export interface Span extends TimeRange {
  readonly labels: Labels;
}

export type Labels = Readonly<Partial<Record<UsageBy, string>>>;

/** Those that rows and roll-ups have; of time there are only labels. */
export function columnsOf(by: readonly UsageBy[]): readonly UsageBy[] {
  return by.filter((name) => name !== 'day' && name !== 'hour');
}

/** Later than any request, and the start of a slot of every size. */
export const LAST_MOMENT = startOfEverySlot(1e15);

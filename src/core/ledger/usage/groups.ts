import type { SQLOutputValue } from 'node:sqlite';
import type { UsageBy, UsageRow } from '../records.ts';
import { addSums, newTally, requestsIn, usageRow } from '../rollups/counts.ts';
import type { Tally } from '../rollups/counts.ts';
import type { Labels } from './book.ts';

interface Group {
  readonly names: Labels;
  readonly tally: Tally;
}

/** What is asked for in parts, put together: each part may bring figures for any group. */
export class UsageGroups {
  readonly #by: readonly UsageBy[];
  readonly #groups = new Map<string, Group>();

  constructor(by: readonly UsageBy[]) {
    this.#by = by;
    if (by.length === 0) this.#groups.set('', { names: {}, tally: newTally() });
  }

  /** A row of sums, with the columns that `labels` do not name. */
  add(row: Readonly<Record<string, SQLOutputValue>>, labels: Labels): void {
    if (Number(row['requests'] ?? 0) === 0) return;
    const values = this.#by.map((by) => labels[by] ?? nameFrom(row[by]));
    const name = values.join('\u0000');
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { names: Object.fromEntries(this.#by.map((by, at) => [by, values[at] ?? ''])), tally: newTally() };
      this.#groups.set(name, group);
    }
    addSums(group.tally, row);
  }

  /** Sorted by the columns in their order; or, of sessions, in the order of `latest`. */
  rows(latest: readonly string[] | undefined): UsageRow[] {
    const rank = new Map(latest?.map((session, at) => [session, at]));
    const rankOf = ({ names }: Group): number => rank.get(names.session ?? '') ?? 0;
    return [...this.#groups.values()]
      .filter(({ tally }) => this.#by.length === 0 || requestsIn(tally) > 0)
      .sort((a, b) => rankOf(a) - rankOf(b) || this.#compare(a.names, b.names))
      .map(({ names, tally }) => usageRow(names, tally));
  }

  #compare(a: Labels, b: Labels): number {
    for (const by of this.#by) {
      const left = a[by] ?? '';
      const right = b[by] ?? '';
      if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  }
}

function nameFrom(value: SQLOutputValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

import { firstIdAt, timeOf } from '../ids.ts';
import { spanAround } from '../local-time.ts';
import { slotAt, slotStart } from '../rollups/slots.ts';
import type { Book, Span } from './book.ts';

/** The local days (or hours) of the range that have requests in them; it steps from request to request, not through empty years. */
export function* spansBetween(
  book: Book,
  since: number,
  until: number,
  /** Where the answer comes from rows alone. */
  rowsOnly: boolean,
): Generator<Span> {
  const unit = book.by.includes('hour') ? 'hour' : 'day';
  const next = rowsOnly ? nextRow(book, 'requests') : nextRequest(book);
  for (let from = since; ;) {
    const at = next(from, until);
    if (at === undefined || at >= until) return;
    const { end, day, hour } = spanAround(at, unit);
    yield { since: at, until: Math.min(end, until), labels: { day, hour } };
    from = end;
  }
}

type Next = (since: number, until: number) => number | undefined;

/** Not after the next request, and in the same slot of time. */
function nextRequest(book: Book): Next {
  const select = book.db.prepare('SELECT min(slot) AS slot FROM rollups WHERE tier = 0 AND slot >= ?');
  const missed = nextRow(book, 'rollup_missed');
  return (since, until) => {
    const slot = select.get(slotAt(since, 0))?.['slot'];
    const rolled = typeof slot === 'number' ? Math.max(since, slotStart(slot, 0)) : undefined;
    const other = book.missed ? missed(since, until) : undefined;
    return rolled === undefined || other === undefined ? (rolled ?? other) : Math.min(rolled, other);
  };
}

function nextRow({ db }: Book, table: 'requests' | 'rollup_missed'): Next {
  const select = db.prepare(`SELECT min(id) AS id FROM ${table} WHERE id >= ? AND id < ?`);
  return (since, until) => {
    const id = select.get(firstIdAt(since), firstIdAt(until))?.['id'];
    return typeof id === 'string' ? timeOf(id) : undefined;
  };
}

import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { csvLine, type Cell } from './csv.ts';
import { usdString } from './money.ts';
import { requestsAfter } from './queries.ts';
import type { ExportPiece, ExportQuery, SettledRequest } from './records.ts';

/** About 2.5 ms of one thread: streams have their turn in between, and no reader keeps the log of the file from being emptied. */
const ROWS_A_PIECE = 100;

/** As `HostLedger.exportPiece`. What is settled while an export goes on may be in it or not. */
export function exportPiece(db: DatabaseSync, query: ExportQuery, after: string): ExportPiece {
  const csv = query.format === 'csv';
  const rows = requestsAfter(db, after, query, ROWS_A_PIECE);
  const head = csv && after === '' ? csvLine(FIELDS.map(([name]) => name)) : '';
  return {
    text: head + rows.map(csv ? csvOf : jsonOf).join(''),
    rows: rows.length,
    last: rows.length === ROWS_A_PIECE ? rows.at(-1)?.id : undefined,
  };
}

/** Piece by piece, from whoever has the book: this thread or another one. */
export async function* exportPieces(ask: (after: string) => ExportPiece | Promise<ExportPiece>): AsyncGenerator<ExportPiece> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const piece: ExportPiece = await ask(after);
    yield piece;
    after = piece.last;
    // A signal, or the reader's end, has its turn.
    await setImmediate();
  }
}

/**
 * Programs rely on these names (README, Export): one may be added at the end, none is ever renamed. Money is text with nine places: a
 * spreadsheet's floats do not add up. Empty: unpriced.
 */
const FIELDS: readonly (readonly [name: string, value: (row: SettledRequest) => Cell])[] = [
  ['id', (r) => r.id],
  ['at', (r) => new Date(r.at).toISOString()],
  ['workspace', (r) => r.workspace],
  ['agent', (r) => r.agent],
  ['session', (r) => r.session],
  ['class', (r) => r.class],
  ['operation', (r) => r.operation],
  ['dialect', (r) => r.dialect],
  ['requestedModel', (r) => r.requestedModel],
  ['provider', (r) => r.provider],
  ['model', (r) => r.model],
  ['key', (r) => r.key],
  ['mode', (r) => r.mode],
  ['stream', (r) => r.stream],
  ['settled', (r) => r.settled],
  ['status', (r) => r.status],
  ['error', (r) => r.error],
  ['attempts', (r) => r.attempts],
  ['firstByteMs', (r) => r.firstByteMs],
  ['totalMs', (r) => r.totalMs],
  ['bytesIn', (r) => r.bytesIn],
  ['bytesOut', (r) => r.bytesOut],
  ['tier', (r) => r.tier],
  ['input', (r) => r.usage.input],
  ['cacheRead', (r) => r.usage.cacheRead],
  ['cacheWrite5m', (r) => r.usage.cacheWrite5m],
  ['cacheWrite1h', (r) => r.usage.cacheWrite1h],
  ['output', (r) => r.usage.output],
  ['reasoning', (r) => r.usage.reasoningWithinOutput],
  ['units', (r) => (Object.keys(r.usage.units).length === 0 ? undefined : JSON.stringify(r.usage.units))],
  ['usageSource', (r) => r.usage.source],
  ['costUsd', (r) => usd(r.costNano)],
  ['billedUsd', (r) => usd(r.billedNano)],
  ['savedUsd', (r) => usd(r.saved)],
  ['losses', (r) => r.losses?.join(' ')],
];

function usd(nano: number | undefined): string | undefined {
  return nano === undefined ? undefined : usdString(nano);
}

function csvOf(row: SettledRequest): string {
  return csvLine(FIELDS.map(([, value]) => value(row)));
}

/** The same names; what is not known is left out. Units, losses and the trace are values of their own. */
function jsonOf(row: SettledRequest): string {
  const fields = Object.fromEntries(FIELDS.map(([name, value]) => [name, value(row)]));
  const { units } = row.usage;
  return `${JSON.stringify({
    ...fields,
    units: Object.keys(units).length === 0 ? undefined : units,
    losses: row.losses,
    trace: row.trace,
  })}\n`;
}

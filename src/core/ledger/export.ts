import { setImmediate } from 'node:timers/promises';
import { usdString } from './money.ts';
import type { ExportQuery, SettledRequest } from './records.ts';

/** About 2.5 ms of one thread: streams have their turn in between, and no reader keeps the log of the file from being emptied. */
const ROWS_A_PIECE = 100;

/** Rows by `page`, which gives the next after an id, the oldest first. What is settled while it runs may be in it or not. */
export async function* exportText(
  format: ExportQuery['format'],
  page: (after: string, limit: number) => readonly SettledRequest[],
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(FIELDS.map(([name]) => name));
  for (let after = ''; ;) {
    const rows = page(after, ROWS_A_PIECE);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(format === 'csv' ? csvOf : jsonOf).join('');
    after = last.id;
    await setImmediate();
  }
}

type Cell = string | number | boolean | undefined;

/** Money is text with nine places: a spreadsheet's floats do not add up. Empty: unpriced. */
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

/** RFC 4180: lines end with CRLF, and what has a comma, a quote or a line end in it stands in quotes. */
function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** Names come from agents, so a text that a spreadsheet would run as a formula is made plain text by an apostrophe; a number stays one. */
function csvCell(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
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

import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { DialectId, Operation } from '../ir/dialect.ts';
import type { Usage } from '../ir/usage.ts';
import { traceFrom, traceText } from './route-trace.ts';
import type { Mode, OpenedRequest, SettledAs, SettledRequest } from './records.ts';

type Columns<Record> = readonly (readonly [column: string, value: (record: Record) => SQLInputValue])[];

const OPENED: Columns<OpenedRequest> = [
  ['id', (r) => r.id],
  ['at', (r) => Math.round(r.at)],
  ['workspace', (r) => r.workspace],
  ['agent', (r) => r.agent],
  ['session', (r) => r.session ?? null],
  ['operation', (r) => r.operation],
  ['dialect', (r) => r.dialect],
  ['requested_model', (r) => r.requestedModel],
  ['provider', (r) => r.provider],
  ['model', (r) => r.model],
  ['key', (r) => r.key ?? null],
  ['mode', (r) => r.mode],
  ['stream', (r) => Number(r.stream)],
  ['bytes_in', (r) => r.bytesIn],
  ['losses', (r) => (r.losses?.length ? r.losses.join(' ') : null)],
];

/** Set when a request is opened, and again when it is settled: another attempt than the first may have answered it. */
const SERVED = OPENED.filter(([column]) => ['provider', 'model', 'key', 'mode', 'losses'].includes(column));

const SETTLED: Columns<SettledRequest> = [
  ['settled', (r) => r.settled],
  ['status', (r) => r.status],
  ['attempts', (r) => r.attempts],
  ['first_byte_ms', (r) => (r.firstByteMs === undefined ? null : Math.round(r.firstByteMs))],
  ['total_ms', (r) => Math.round(r.totalMs)],
  ['bytes_out', (r) => r.bytesOut],
  ['tier', (r) => r.tier ?? null],
  ['error', (r) => r.error ?? null],
  ['input', (r) => r.usage.input],
  ['cache_read', (r) => r.usage.cacheRead],
  ['cache_write_5m', (r) => r.usage.cacheWrite5m],
  ['cache_write_1h', (r) => r.usage.cacheWrite1h],
  ['output', (r) => r.usage.output],
  ['reasoning', (r) => r.usage.reasoningWithinOutput],
  ['units', (r) => (Object.keys(r.usage.units).length === 0 ? null : JSON.stringify(r.usage.units))],
  ['source', (r) => r.usage.source],
  ['cost_nano', (r) => r.costNano ?? null],
  ['trace', (r) => traceText(r.trace)],
  ['class', (r) => r.class ?? null],
  ['billed_nano', (r) => r.billedNano ?? null],
  ['saved_nano', (r) => r.saved ?? null],
];

const CLOSING: Columns<SettledRequest> = [...SERVED, ...SETTLED];

const names = (columns: Columns<never>): string[] => columns.map(([column]) => column);

export const OPENED_COLUMNS = names(OPENED).join(', ');
export const ALL_COLUMNS = [...names(OPENED), ...names(SETTLED)].join(', ');

/** Parameters: the opened request's values, then the writer. A second row with the same id changes nothing. */
export const INSERT_OPENED = `INSERT INTO requests (${OPENED_COLUMNS}, writer)
  VALUES (${OPENED.map(() => '?').join(', ')}, ?) ON CONFLICT (id) DO NOTHING`;

/**
 * Parameters: the settled values, then the id. Changes one row at most once in the row's life: the first settlement wins. Who runs it adds
 * the row to the roll-ups in the same transaction; writer 0 says so to the trigger that looks after older versions, which leave NULL there.
 */
export const UPDATE_SETTLED = `UPDATE requests SET ${names(CLOSING)
  .map((column) => `${column} = ?`)
  .join(', ')}, writer = 0 WHERE id = ? AND settled IS NULL`;

export function openedValues(request: OpenedRequest): SQLInputValue[] {
  return OPENED.map(([, value]) => value(request));
}

export function settledValues(request: SettledRequest): SQLInputValue[] {
  return CLOSING.map(([, value]) => value(request));
}

type Row = Readonly<Record<string, SQLOutputValue>>;

export function openedFrom(row: Row): OpenedRequest {
  return {
    id: text(row['id']),
    at: Number(row['at']),
    workspace: text(row['workspace']),
    agent: text(row['agent']),
    session: textOrNone(row['session']),
    operation: text(row['operation']) as Operation,
    dialect: text(row['dialect']) as DialectId,
    requestedModel: text(row['requested_model']),
    provider: text(row['provider']),
    model: text(row['model']),
    key: textOrNone(row['key']),
    mode: text(row['mode']) as Mode,
    stream: row['stream'] === 1,
    bytesIn: Number(row['bytes_in']),
    ...(typeof row['losses'] === 'string' ? { losses: row['losses'].split(' ') } : {}),
  };
}

export function settledFrom(row: Row): SettledRequest {
  const source = text(row['source']) as Usage['source'];
  const opened = openedFrom(row);
  const trace = traceFrom(textOrNone(row['trace']), opened);
  return {
    ...opened,
    settled: text(row['settled']) as SettledAs,
    status: Number(row['status']),
    attempts: Number(row['attempts']),
    firstByteMs: numberOrNone(row['first_byte_ms']),
    totalMs: Number(row['total_ms']),
    bytesOut: Number(row['bytes_out']),
    tier: textOrNone(row['tier']),
    error: textOrNone(row['error']),
    usage: {
      input: Number(row['input']),
      cacheRead: Number(row['cache_read']),
      cacheWrite5m: Number(row['cache_write_5m']),
      cacheWrite1h: Number(row['cache_write_1h']),
      output: Number(row['output']),
      reasoningWithinOutput: Number(row['reasoning']),
      units: typeof row['units'] === 'string' ? (JSON.parse(row['units']) as Usage['units']) : {},
      source,
    },
    costNano: numberOrNone(row['cost_nano']),
    estimated: source !== 'reported',
    ...(trace === undefined ? {} : { trace }),
    ...(typeof row['class'] === 'string' ? { class: row['class'] } : {}),
    ...(typeof row['billed_nano'] === 'number' ? { billedNano: row['billed_nano'] } : {}),
    ...(typeof row['saved_nano'] === 'number' ? { saved: row['saved_nano'] } : {}),
  };
}

function text(value: SQLOutputValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function textOrNone(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOrNone(value: SQLOutputValue | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

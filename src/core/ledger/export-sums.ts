import { csvLine, type Cell } from './csv.ts';
import { usdString } from './money.ts';
import type { UsageBy, UsageRow } from './records.ts';

/** By which columns sums may be exported. */
export const SUM_COLUMNS: readonly UsageBy[] = [
  'agent',
  'provider',
  'model',
  'key',
  'session',
  'workspace',
  'class',
  'day',
  'hour',
];

/** After the columns of `by`. Programs rely on these names, as on those of `export.ts`. */
const SUMS: readonly (readonly [name: string, value: (row: UsageRow) => Cell])[] = [
  ['requests', (r) => r.requests],
  ['errors', (r) => r.errors],
  ['input', (r) => r.input],
  ['cacheRead', (r) => r.cacheRead],
  ['cacheWrite5m', (r) => r.cacheWrite5m],
  ['cacheWrite1h', (r) => r.cacheWrite1h],
  ['output', (r) => r.output],
  ['reasoning', (r) => r.reasoning],
  ['costUsd', (r) => usdString(r.costNano)],
  ['unpriced', (r) => r.unpriced],
  ['estimated', (r) => r.estimated],
  ['savedUsd', (r) => (r.savedNano === undefined ? undefined : usdString(r.savedNano))],
  ['totalP50Ms', (r) => r.totalP50Ms],
  ['totalP95Ms', (r) => r.totalP95Ms],
  ['firstByteP50Ms', (r) => r.firstByteP50Ms],
  ['firstByteP95Ms', (r) => r.firstByteP95Ms],
  ['tokensPerSecond', (r) => r.tokensPerSecond],
  ['cacheHitShare', (r) => r.cacheHitShare],
];

/** Sums are few, so JSON is one document, `{"rows":[...]}` as `usage --json` prints it; what nothing can be said of is left out. */
export function exportSums(rows: readonly UsageRow[], by: readonly UsageBy[], format: 'csv' | 'json'): string {
  const fields = [...by.map((name) => [name, (row: UsageRow): Cell => row.group[name]] as const), ...SUMS];
  if (format === 'json')
    return `${JSON.stringify({ rows: rows.map((row) => Object.fromEntries(fields.map(([name, value]) => [name, value(row)]))) })}\n`;
  return [fields.map(([name]) => name), ...rows.map((row) => fields.map(([, value]) => value(row)))].map(csvLine).join('');
}

import path from 'node:path';
import { isAsBilled } from '../core/ledger/book-entry.ts';
import { usdString } from '../core/ledger/money.ts';
import type { SettledRequest, UsageRow } from '../core/ledger/records.ts';
import { openLedgerReadOnly } from '../core/ledger/read-only.ts';
import { LEDGER_FILE } from '../host/ledger-file.ts';
import { groupColumns } from './group-columns.ts';
import { timeRange } from './time-range.ts';
import { UsageError } from './usage-error.ts';

interface UsageOptions {
  readonly data?: string | undefined;
  readonly by: string;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Prints `{"rows":[...]}`; safe while a gateway writes the same file. */
export function usage(options: UsageOptions): number {
  if (options.data === undefined) throw new UsageError('usage needs --data DIR');
  const columns = groupColumns(options.by);
  const range = timeRange(options);
  const ledger = openLedgerReadOnly(path.join(options.data, LEDGER_FILE));
  try {
    const rows =
      columns === 'request'
        ? ledger.requests({ ...range, limit: Number.MAX_SAFE_INTEGER }).map(requestRow)
        : ledger.usage({ ...range, by: columns }).map(groupRow);
    process.stdout.write(`${JSON.stringify({ rows })}\n`);
    return 0;
  } finally {
    ledger.close();
  }
}

/** These columns and no others: programs rely on them. */
function groupRow(row: UsageRow): Record<string, unknown> {
  const { requests, errors, input, cacheRead, cacheWrite5m, cacheWrite1h, output, reasoning, costNano, unpriced, estimated } = row;
  const tokens = { input, cacheRead, cacheWrite5m, cacheWrite1h, output, reasoning };
  return { ...row.group, requests, errors, ...tokens, costUsd: usdString(costNano), unpriced, estimated };
}

function requestRow(row: SettledRequest): Record<string, unknown> {
  const { usage: tokens } = row;
  return {
    id: row.id,
    at: new Date(row.at).toISOString(),
    agent: row.agent,
    provider: row.provider,
    model: row.model,
    key: row.key,
    session: row.session,
    workspace: row.workspace,
    dialect: row.dialect,
    status: row.status,
    target: `${row.provider}/${row.model}`,
    mode: row.mode,
    attempts: row.attempts,
    losses: row.losses ?? [],
    settled: row.settled,
    requests: 1,
    errors: row.settled === 'done' && row.status < 400 ? 0 : 1,
    input: tokens.input,
    cacheRead: tokens.cacheRead,
    cacheWrite5m: tokens.cacheWrite5m,
    cacheWrite1h: tokens.cacheWrite1h,
    output: tokens.output,
    reasoning: tokens.reasoningWithinOutput,
    costUsd: usdString(row.costNano ?? 0),
    billedUsd: row.billedNano === undefined ? undefined : usdString(row.billedNano),
    asBilled: isAsBilled(row) ? 1 : 0,
    unpriced: row.costNano === undefined ? 1 : 0,
    estimated: row.estimated ? 1 : 0,
    firstByteMs: row.firstByteMs,
    totalMs: row.totalMs,
    error: row.error,
  };
}

import { totalInput, type Usage } from '../../core/ir/usage.ts';
import type { SettledRequest } from '../../core/ledger/records.ts';
import type { GatewayView } from '../gateway-view.ts';
import type { Spent } from './history.ts';

/** The settled rows, as far as they come in time. */
export async function rowsOf(requests: readonly string[], view: Pick<GatewayView, 'settled'>): Promise<SettledRequest[]> {
  const rows = await Promise.all(requests.map((request) => view.settled(request).catch(() => undefined)));
  return rows.filter((row) => row !== undefined);
}

/** `requests`: those that were answered; what the book has not of them is counted as unpriced, from what the provider reported. */
export function spentOf(rows: readonly SettledRequest[], usage: Usage | undefined, requests = rows.length): Spent {
  const known = rows.length > 0 ? rows.map((row) => row.usage) : usage === undefined ? [] : [usage];
  return {
    requests,
    input: known.reduce((sum, each) => sum + totalInput(each), 0),
    output: known.reduce((sum, each) => sum + each.output, 0),
    costNano: rows.reduce((sum, row) => sum + (row.costNano ?? 0), 0),
    unpriced: rows.filter((row) => row.costNano === undefined).length + Math.max(0, requests - rows.length),
  };
}

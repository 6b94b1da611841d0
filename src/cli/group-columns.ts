import { SUM_COLUMNS } from '../core/ledger/export-sums.ts';
import type { UsageBy } from '../core/ledger/records.ts';
import { UsageError } from './usage-error.ts';

/** `--by agent,model`; alone, `request` is every request for itself. */
export function groupColumns(by: string): readonly UsageBy[] | 'request' {
  const names = by.split(',').filter(Boolean);
  return names.length === 1 && names[0] === 'request' ? 'request' : names.map(columnOf);
}

function columnOf(name: string): UsageBy {
  const known = SUM_COLUMNS.find((column) => column === name);
  if (known === undefined) throw new UsageError(`--by knows ${SUM_COLUMNS.join(', ')} and, alone, request; not "${name}"`);
  return known;
}

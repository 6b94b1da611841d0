import type { AuditEntry } from '../../core/ledger/audit/chain.ts';
import { isoTime } from '../../core/ledger/audit/entries.ts';
import { clockTime, plain, table } from '../routing/markdown.ts';
import { entryWords } from './words.ts';

const ACTORS: Readonly<Record<string, string>> = { user: 'you', gateway: 'the gateway', headless: 'the gateway without an editor' };

/** The entries in Markdown, the newest first. `entries`: the oldest first. */
export function auditDocument(entries: readonly AuditEntry[], now: number): string {
  const rows = entries
    .toReversed()
    .map((entry) => [
      String(entry.seq),
      isoTime(entry.at) === undefined ? 'no time' : clockTime(entry.at, now),
      plain(ACTORS[entry.actor] ?? entry.actor),
      plain(entryWords(entry)),
    ]);
  const more = (entries[0]?.seq ?? 1) > 1 ? ['Older entries are in the export ("Gatehouse: Export Audit Log").', ''] : [];
  return [
    '# Audit log',
    '',
    ...(rows.length === 0 ? ['Nothing was recorded yet.', ''] : table(['Entry:', 'When', 'Who', 'What'], rows)),
    ...more,
  ].join('\n');
}

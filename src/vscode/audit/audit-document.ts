import * as l10n from '@vscode/l10n';
import type { AuditEntry } from '../../core/ledger/audit/chain.ts';
import { isoTime } from '../../core/ledger/audit/entries.ts';
import { clockTime, plain, table } from '../routing/markdown.ts';
import { entryWords } from './words.ts';

/** The entries in Markdown, the newest first. `entries`: the oldest first. */
export function auditDocument(entries: readonly AuditEntry[], now: number): string {
  const rows = entries
    .toReversed()
    .map((entry) => [
      String(entry.seq),
      isoTime(entry.at) === undefined ? l10n.t('no time') : clockTime(entry.at, now),
      plain(actorWords(entry.actor)),
      plain(entryWords(entry)),
    ]);
  const isAll = (entries[0]?.seq ?? 1) <= 1;
  const heads = [`${l10n.t('Entry')}:`, l10n.t('When'), l10n.t('Who'), l10n.t('What')];
  return [
    `# ${l10n.t('Audit log')}`,
    '',
    ...(rows.length === 0 ? [l10n.t('Nothing was recorded yet.'), ''] : table(heads, rows)),
    ...(isAll ? [] : [l10n.t('Older entries are in the export ("Gatehouse: Export Audit Log").'), '']),
  ].join('\n');
}

function actorWords(actor: string): string {
  switch (actor) {
    case 'user':
      return l10n.t('you');
    case 'gateway':
      return l10n.t('the gateway');
    case 'headless':
      return l10n.t('the gateway without an editor');
    default:
      return actor;
  }
}

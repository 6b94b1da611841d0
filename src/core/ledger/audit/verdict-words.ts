import { isoTime } from './entries.ts';
import type { AuditVerdict, Broken } from './verify.ts';

/** What was found, in a few sentences for a person. */
export function verdictWords(verdict: AuditVerdict): string {
  const { broken, entries, from, to, anchored } = verdict;
  const sentences =
    broken !== undefined
      ? [brokenWords(broken, verdict)]
      : entries === 0
        ? ['The audit log is empty.']
        : [`The audit log is whole: ${counted(entries)} from ${timeWords(from)} to ${timeWords(to)}.`, ...setAside(verdict)];
  if (!anchored && broken === undefined)
    sentences.push('How far it had come is not known, so entries that were cut off its end would not be missed.');
  return sentences.join(' ');
}

function brokenWords({ seq, at, what }: Broken, { before, broken }: AuditVerdict): string {
  const entry = `Entry ${seq}${at === undefined ? '' : ` of ${timeWords(at)}`}`;
  switch (what) {
    case 'edited':
      return `${entry} was edited: it is not as it was written.`;
    case 'missing':
      return `${entry} is missing, and others follow it.`;
    case 'inserted':
      return `${entry} was inserted: it was not written there.`;
    case 'reordered':
      return `${entry} stands in the place of another: entries were put into another order.`;
    case 'cut':
      return before?.before !== undefined && broken?.seq === 1
        ? `The log before this one, with ${counted(before.before.seq)} until ${timeWords(before.before.at)}, is gone.`
        : `${entry} is missing, and all that followed: the log was cut off at its end.`;
    case 'wrong-key':
      return `${entry} was made with another key than the one at hand: the key was lost, or somebody else wrote the entry.`;
    default:
      return what satisfies never;
  }
}

function setAside({ before }: AuditVerdict): readonly string[] {
  if (before?.before === undefined) return [];
  return [
    `The log before it, with ${counted(before.before.seq)}, is in a damaged ledger that was set aside as ${before.setAside ?? ''}.`,
  ];
}

function counted(entries: number): string {
  return entries === 1 ? '1 entry' : `${entries} entries`;
}

function timeWords(at: number | undefined): string {
  return (at === undefined ? undefined : isoTime(at)) ?? 'an unknown time';
}

import * as l10n from '@vscode/l10n';
import type { AuditEvent, ConfigChange } from '../../core/ledger/audit/audit-event.ts';
import type { LogEvent } from '../../core/ledger/audit/append.ts';
import type { AuditEntry } from '../../core/ledger/audit/chain.ts';

/** What an entry says, in a sentence without names of fields. One that this version does not know, or that was edited, is shown as it stands. */
export function entryWords({ kind, body }: Pick<AuditEntry, 'kind' | 'body'>): string {
  try {
    return eventWords({ ...(JSON.parse(body) as object), kind } as AuditEvent | LogEvent) ?? `${kind} ${body}`;
  } catch {
    return `${kind} ${body}`;
  }
}

function eventWords(event: AuditEvent | LogEvent): string | undefined {
  switch (event.kind) {
    case 'key-added':
      return l10n.t('Key {0} was added; it ends in {1}', event.key, event.lastFour);
    case 'key-imported':
      return l10n.t('Key {0} was imported from {1}; it ends in {2}', event.key, event.source, event.lastFour);
    case 'key-tested':
      return l10n.t('Key {0} was tested: {1}', event.key, event.verdict);
    case 'key-changed':
      return l10n.t('Key {0}: {1} changed', event.key, event.fields.join(', '));
    case 'key-disabled':
      return l10n.t('Key {0} was disabled', event.key);
    case 'key-enabled':
      return l10n.t('Key {0} was enabled', event.key);
    case 'key-rotated':
      return rotatedWords(event);
    case 'key-rotation-undone':
      return l10n.t('Key {0}: the rotation was undone; it ends in {1}', event.key, event.lastFour);
    case 'key-overlap-ended':
      return l10n.t('Key {0}: the old value was erased', event.key);
    case 'key-revoked':
      return event.inFlight === 'abort'
        ? l10n.t('Key {0} was revoked, and requests under way were aborted', event.key)
        : l10n.t('Key {0} was revoked', event.key);
    case 'key-origin-confirmed':
      return l10n.t('Key {0} may be sent to {1}', event.key, event.origins.join(', '));
    case 'token-rotated':
      return l10n.t('The local token of {0} was rotated', event.agent);
    case 'token-revoked':
      return l10n.t('The local token of {0} was revoked', event.agent);
    case 'agent-set-up':
      return l10n.t('{0} was set up with the token of {1} in {2}', event.program, event.agent, event.files.join(', '));
    case 'agent-setup-undone':
      return l10n.t('The setup of {0} was undone in {1}', event.program, event.files.join(', '));
    case 'token-refused':
      return event.requests === 1
        ? l10n.t('1 request without a valid token refused')
        : l10n.t('{0} requests without a valid token refused', event.requests);
    case 'extension-allowed':
      return l10n.t('The extension {0} may use models', event.extension);
    case 'extension-forgotten':
      return l10n.t('The extension {0} may not use models any more', event.extension);
    case 'workspace-agents-accepted':
      return l10n.t('The workspace {0} may choose where requests go: {1}', event.workspace, event.choice);
    case 'config-changed':
      return [...event.providers.map(providerWords), ...event.budgets.map(budgetWords)].join('; ');
    case 'budget-stopped':
      return l10n.t('{0} stopped a request: ${1} of ${2} spent', event.budget, money(event.spentUsd), money(event.limitUsd));
    case 'budget-refused':
      return refusedWords(event);
    case 'budget-raised':
      return l10n.t('{0} was raised from ${1} to ${2}', event.budget, event.fromUsd, event.toUsd);
    case 'purged':
      return l10n.t('Erased: {0}', event.what.join(', '));
    case 'log-began':
      return beganWords(event);
    case 'records-lost':
      return event.records === 1
        ? l10n.t('1 record was lost: the disk refused it for too long')
        : l10n.t('{0} records were lost: the disk refused them for too long', event.records);
    default:
      event satisfies never;
      return undefined;
  }
}

type Event<Kind> = Extract<AuditEvent | LogEvent, { readonly kind: Kind }>;

function rotatedWords({ key, lastFour, overlapMinutes }: Event<'key-rotated'>): string {
  if (overlapMinutes === 1)
    return l10n.t('Key {0} was rotated; it ends in {1}, and the old value stays for a minute', key, lastFour);
  return overlapMinutes > 0
    ? l10n.t('Key {0} was rotated; it ends in {1}, and the old value stays for {2} minutes', key, lastFour, overlapMinutes)
    : l10n.t('Key {0} was rotated; it ends in {1}', key, lastFour);
}

function refusedWords({ budget, outcome, requests }: Event<'budget-refused'>): string | undefined {
  switch (outcome) {
    case 'refused':
      return requests === 1 ? l10n.t('{0}: 1 request refused', budget) : l10n.t('{0}: {1} requests refused', budget, requests);
    case 'downgraded':
      return requests === 1
        ? l10n.t('{0}: 1 request downgraded', budget)
        : l10n.t('{0}: {1} requests downgraded', budget, requests);
    default:
      outcome satisfies never;
      return undefined;
  }
}

function beganWords({ before, setAside }: Event<'log-began'>): string {
  if (before === undefined) return l10n.t('The audit log begins');
  const { seq } = before;
  if (setAside === undefined)
    return seq === 1
      ? l10n.t('A new audit log begins; the one before, with 1 entry, is gone')
      : l10n.t('A new audit log begins; the one before, with {0} entries, is gone', seq);
  return seq === 1
    ? l10n.t('A new audit log begins; the one before, with 1 entry, was set aside as {0}', setAside)
    : l10n.t('A new audit log begins; the one before, with {0} entries, was set aside as {1}', seq, setAside);
}

function providerWords({ name, change, fields }: ConfigChange): string {
  switch (change) {
    case 'added':
      return l10n.t('Provider {0} was added', name);
    case 'removed':
      return l10n.t('Provider {0} was removed', name);
    case 'changed':
      return l10n.t('Provider {0} changed: {1}', name, fields.join(', '));
    default:
      change satisfies never;
      return `${name} ${String(change)}`;
  }
}

function budgetWords({ name, change, fields }: ConfigChange): string {
  switch (change) {
    case 'added':
      return l10n.t('Budget {0} was added', name);
    case 'removed':
      return l10n.t('Budget {0} was removed', name);
    case 'changed':
      return l10n.t('Budget {0} changed: {1}', name, fields.join(', '));
    default:
      change satisfies never;
      return `${name} ${String(change)}`;
  }
}

/** Cents and what is below them, without zeros at the end. */
function money(usd: string): string {
  return usd.replace(/(\.\d\d\d*?)0+$/, '$1');
}

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
      return `Key ${event.key} was added; it ends in ${event.lastFour}`;
    case 'key-imported':
      return `Key ${event.key} was imported from ${event.source}; it ends in ${event.lastFour}`;
    case 'key-tested':
      return `Key ${event.key} was tested: ${event.verdict}`;
    case 'key-changed':
      return `Key ${event.key}: ${event.fields.join(', ')} changed`;
    case 'key-disabled':
      return `Key ${event.key} was disabled`;
    case 'key-enabled':
      return `Key ${event.key} was enabled`;
    case 'key-rotated':
      return `Key ${event.key} was rotated; it ends in ${event.lastFour}${overlap(event.overlapMinutes)}`;
    case 'key-rotation-undone':
      return `Key ${event.key}: the rotation was undone; it ends in ${event.lastFour}`;
    case 'key-overlap-ended':
      return `Key ${event.key}: the old value was erased`;
    case 'key-revoked':
      return `Key ${event.key} was revoked${event.inFlight === 'abort' ? ', and requests under way were aborted' : ''}`;
    case 'key-origin-confirmed':
      return `Key ${event.key} may be sent to ${event.origins.join(', ')}`;
    case 'token-rotated':
      return `The local token of ${event.agent} was rotated`;
    case 'token-revoked':
      return `The local token of ${event.agent} was revoked`;
    case 'token-refused':
      return `${requests(event.requests)} without a valid token refused`;
    case 'extension-allowed':
      return `The extension ${event.extension} may use models`;
    case 'extension-forgotten':
      return `The extension ${event.extension} may not use models any more`;
    case 'workspace-agents-accepted':
      return `The workspace ${event.workspace} may choose where requests go: ${event.choice}`;
    case 'config-changed':
      return [...event.providers.map(changeWords('Provider')), ...event.budgets.map(changeWords('Budget'))].join('; ');
    case 'budget-stopped':
      return `${event.budget} stopped a request: $${money(event.spentUsd)} of $${money(event.limitUsd)} spent`;
    case 'budget-refused':
      return `${event.budget}: ${requests(event.requests)} ${event.outcome}`;
    case 'budget-raised':
      return `${event.budget} was raised from $${event.fromUsd} to $${event.toUsd}`;
    case 'purged':
      return `Erased: ${event.what.join(', ')}`;
    case 'log-began':
      return event.before === undefined
        ? 'The audit log begins'
        : `A new audit log begins; the one before, with ${event.before.seq} entries, ${event.setAside === undefined ? 'is gone' : `was set aside as ${event.setAside}`}`;
    case 'records-lost':
      return `${event.records} records were lost: the disk refused them for too long`;
    default:
      event satisfies never;
      return undefined;
  }
}

function changeWords(what: string): (change: ConfigChange) => string {
  return ({ name, change, fields }) =>
    change === 'changed' ? `${what} ${name} changed: ${fields.join(', ')}` : `${what} ${name} was ${change}`;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

function overlap(minutes: number): string {
  return minutes > 0 ? `, and the old value stays for ${minutes} minutes` : '';
}

/** Cents and what is below them, without zeros at the end. */
function money(usd: string): string {
  return usd.replace(/(\.\d\d\d*?)0+$/, '$1');
}

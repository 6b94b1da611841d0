import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type * as vscode from 'vscode';
import { anchorIn, type Anchor } from '../../core/ledger/audit/anchor.ts';
import type { AuditActor, AuditEvent, AuditRecord } from '../../core/ledger/audit/audit-event.ts';
import type { AuditOptions } from '../../core/ledger/audit/audit-log.ts';
import type { AuditEntry } from '../../core/ledger/audit/chain.ts';
import type { AuditVerdict } from '../../core/ledger/audit/verify.ts';
import { keepAnchor, type AnchorKeeper } from '../../host/keep-anchor.ts';
import type { GatewayProcess } from '../gateway-process.ts';
import { AUDIT_KEY, auditKeyIn } from './audit-key.ts';
import { Outbox } from './outbox.ts';

const ANCHOR = 'gatehouse.audit.anchor';
const WAITING = 'gatehouse.audit.waiting';
const SETTLE_MS = 1_000;

/**
 * The editor's side of the audit log: what it is hashed with, how far it had come, and what waits to be written are in SecretStorage, where
 * whoever can write the file of the log cannot reach them.
 */
export class EditorAudit implements vscode.Disposable {
  readonly #secrets: vscode.SecretStorage;
  readonly #gateway: GatewayProcess;
  readonly #log: Pick<vscode.LogOutputChannel, 'error' | 'warn'>;
  readonly #outbox: Outbox;
  readonly #anchor: AnchorKeeper;
  readonly #subscription: vscode.Disposable;
  #startedWith: string | undefined;

  constructor(secrets: vscode.SecretStorage, gateway: GatewayProcess, log: Pick<vscode.LogOutputChannel, 'error' | 'warn'>) {
    this.#secrets = secrets;
    this.#gateway = gateway;
    this.#log = log;
    this.#outbox = new Outbox({
      send: (records) => gateway.call('audit', records),
      kept: async () => recordsIn(await secrets.get(WAITING)),
      keep: async (records) => {
        if (records.length > 0) await secrets.store(WAITING, JSON.stringify(records));
        else await secrets.delete(WAITING);
      },
    });
    this.#anchor = keepAnchor(
      {
        read: () => this.#kept(),
        write: async (anchor) => await secrets.store(ANCHOR, JSON.stringify(anchor)),
      },
      (known) => gateway.call('auditAnchor', known),
      { warn: (message) => log.warn(message) },
    );
    this.#subscription = secrets.onDidChange(({ key }) => {
      if (key === ANCHOR) this.#anchor.changed();
      if (key === AUDIT_KEY) void this.#keyChanged();
    });
  }

  /** What the gateway starts with; undefined, and nothing is recorded, where the store cannot be asked. */
  async options(folder: string): Promise<AuditOptions | undefined> {
    try {
      const key = await auditKeyIn(this.#secrets, path.join(folder, 'audit-key.lock'));
      this.#startedWith = key;
      return { key, anchor: await this.#kept(), operator: 'user' };
    } catch {
      this.#log.error('SecretStorage could not be asked for the key of the audit log: nothing is recorded until the next start');
      return undefined;
    }
  }

  record(event: AuditEvent, actor: AuditActor): void {
    this.#outbox.add(event, actor);
  }

  /** A gateway runs. */
  deliver(): void {
    this.#outbox.deliver();
    this.#anchor.changed();
  }

  written(): void {
    this.#anchor.changed();
  }

  async verify(): Promise<AuditVerdict> {
    const anchor = await this.#kept();
    return this.#gateway.call('verifyAudit', { anchor });
  }

  /** The newest, the oldest of them first. */
  latest(count: number): Promise<readonly AuditEntry[]> {
    return this.#gateway.call('auditEntries', { offset: -count, limit: count });
  }

  entries(offset: number, limit: number): Promise<readonly AuditEntry[]> {
    return this.#gateway.call('auditEntries', { offset, limit });
  }

  /**
   * Erases the log, what it is hashed with, and what waits. The next gateway that starts begins a new one. Rejects where no gateway runs that
   * could erase what is in the file; the rest is erased all the same.
   */
  async clear(): Promise<void> {
    this.#startedWith = undefined;
    await this.#outbox.clear();
    try {
      await this.#gateway.call('clearAudit', undefined);
      await this.#anchor.now();
    } finally {
      await this.#secrets.delete(ANCHOR);
      await this.#secrets.delete(AUDIT_KEY);
    }
  }

  /** Drops what waits: everything is being erased. */
  forget(): Promise<void> {
    this.#startedWith = undefined;
    return this.#outbox.clear();
  }

  /** Before the gateway is stopped. A gateway that does not answer holds up no window that closes. */
  async settle(): Promise<void> {
    await Promise.race([this.#anchor.now(), delay(SETTLE_MS, undefined, { ref: false })]);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#anchor.close();
  }

  /** Another window has erased the log: what this one's gateway would write with the old key nobody could verify. */
  async #keyChanged(): Promise<void> {
    const startedWith = this.#startedWith;
    if (startedWith === undefined || (await this.#secrets.get(AUDIT_KEY)) === startedWith) return;
    if (this.#gateway.state.phase === 'running') await this.#gateway.restart();
  }

  async #kept(): Promise<Anchor | undefined> {
    return anchorIn(await this.#secrets.get(ANCHOR));
  }
}

/** What another version or a damaged store left there is passed over. */
function recordsIn(text: string | undefined): readonly AuditRecord[] {
  try {
    const records: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(records) ? records.filter(isRecord) : [];
  } catch {
    return [];
  }
}

function isRecord(value: unknown): value is AuditRecord {
  const { id, at, actor, event } = (value ?? {}) as Partial<Record<keyof AuditRecord, unknown>>;
  return typeof id === 'string' && Number.isSafeInteger(at) && typeof actor === 'string' && typeof event === 'object';
}

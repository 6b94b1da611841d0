import { randomUUID } from 'node:crypto';
import type { AuditActor, AuditEvent, AuditRecord } from '../../core/ledger/audit/audit-event.ts';

/** What may wait for the gateway. */
const CAPACITY = 500;

export interface OutboxPorts {
  /** Rejects while no gateway runs; resolves when the records are on the disk. */
  send(records: readonly AuditRecord[]): Promise<void>;
  /** What waits, kept for when this window is closed before a gateway ran. Two windows keep theirs in one place. */
  kept(): Promise<readonly AuditRecord[]>;
  keep(records: readonly AuditRecord[]): Promise<void>;
}

/**
 * What the editor has to record, on its way to the gateway, which alone writes the audit log. Keys can be edited while no gateway runs: then
 * records wait for one, of this window or the next. They are sent again until it said that they are on the disk; what comes twice is
 * written once.
 */
export class Outbox {
  readonly #ports: OutboxPorts;
  #waiting: readonly AuditRecord[] = [];
  /** One thing after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  add(event: AuditEvent, actor: AuditActor): void {
    if (this.#waiting.length >= CAPACITY) return;
    this.#waiting = [...this.#waiting, { id: randomUUID(), at: Date.now(), actor, event }];
    void this.#then(() => this.#sendOrKeep());
  }

  /** To be called when a gateway runs. */
  deliver(): void {
    void this.#then(async () => {
      const kept = await this.#ports.kept();
      const known = new Set(this.#waiting.map(({ id }) => id));
      this.#waiting = [...kept.filter(({ id }) => !known.has(id)), ...this.#waiting];
      await this.#sendOrKeep();
      const isSent = kept.every(({ id }) => this.#waiting.every((waiting) => waiting.id !== id));
      if (kept.length > 0 && isSent) await this.#ports.keep(await this.#others(kept));
    });
  }

  /** Forgets what waits. */
  clear(): Promise<void> {
    this.#waiting = [];
    return this.#then(() => this.#ports.keep([]));
  }

  async #sendOrKeep(): Promise<void> {
    const records = this.#waiting;
    if (records.length === 0) return;
    try {
      await this.#ports.send(records);
      this.#waiting = this.#waiting.filter((record) => !records.includes(record));
    } catch {
      await this.#ports.keep([...(await this.#others(records)), ...records].slice(-CAPACITY));
    }
  }

  /** What is kept besides these: another window's. */
  async #others(records: readonly AuditRecord[]): Promise<readonly AuditRecord[]> {
    const own = new Set(records.map(({ id }) => id));
    return (await this.#ports.kept()).filter(({ id }) => !own.has(id));
  }

  #then(work: () => Promise<void>): Promise<void> {
    return (this.#work = this.#work.then(work).catch(() => {}));
  }
}

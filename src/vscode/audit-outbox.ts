import type { AuditActor, AuditEvent, AuditRecord } from '../core/ledger/audit/audit-event.ts';

/** What may wait for the gateway. */
const CAPACITY = 1_000;

/**
 * What the editor has to record, on its way to the gateway, which alone writes the audit log. Keys can be edited while no gateway runs: then
 * records wait for one. They are sent again until it said that they are on disk; what comes twice is written once.
 */
export class AuditOutbox {
  readonly #send: (records: readonly AuditRecord[]) => Promise<void>;
  #waiting: readonly AuditRecord[] = [];
  #sending: Promise<void> | undefined;

  /** `send` rejects while no gateway runs. */
  constructor(send: (records: readonly AuditRecord[]) => Promise<void>) {
    this.#send = send;
  }

  add(event: AuditEvent, actor: AuditActor): void {
    if (this.#waiting.length >= CAPACITY) return;
    this.#waiting = [...this.#waiting, { id: crypto.randomUUID(), at: Date.now(), actor, event }];
    this.send();
  }

  /** Call it when the gateway runs again. */
  send(): void {
    const records = this.#waiting;
    if (records.length === 0 || this.#sending !== undefined) return;
    this.#sending = this.#send(records).then(
      () => {
        this.#waiting = this.#waiting.slice(records.length);
        this.#sending = undefined;
        this.send();
      },
      () => {
        this.#sending = undefined;
      },
    );
  }
}

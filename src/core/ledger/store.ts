import { randomInt } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Log } from '../ports.ts';
import { Announcer } from './announcer.ts';
import { AuditLog } from './audit/audit-log.ts';
import { crashed, type Price } from './book-entry.ts';
import { BudgetKeeper } from './budgets/budget-keeper.ts';
import { connect, inTransaction, inodeOf, settleCrashed, writeGroup, type Connection } from './connection.ts';
import { DamagedFile } from './damaged-file.ts';
import { diskTrouble, sqliteCode } from './disk-trouble.ts';
import { Housekeeping } from './housekeeping.ts';
import { oldestOf } from './ids.ts';
import { Intents } from './intents.ts';
import { Openings } from './openings.ts';
import { ReadableBook } from './readable-book.ts';
import type { HostLedger, OpenedRequest, Retention, SettledRequest, Settlement } from './records.ts';
import type { LedgerOptions } from './options.ts';
import type { Step } from './rollups/retention.ts';
import { startInTurns } from './start-in-turns.ts';
import { TroubleReport } from './trouble-report.ts';
import { WriteQueue, type Write } from './write-queue.ts';
import { beat, forget, heartbeatWatch, thisWriter, type Writer } from './writers.ts';

/** Throws `LedgerRefused` for a file of a newer version and nothing else: whatever is wrong with the disk, requests go on. */
export function openLedger(options: LedgerOptions): LedgerStore {
  return new LedgerStore(options);
}

/** A group that waited long is written in pieces, so that streams get their turn in between. */
const GROUP_LIMIT = 500;
const CLOSE_BUSY_MS = 1_000;
const CLOSE_ATTEMPTS = 2;
/**
 * Nobody waits for a row: what comes within this time shares a transaction, whose price is the same for one row and for thirty, and so is
 * that of each sum it changes: ten models are thirty sums. A crash meanwhile loses nothing: what was asked is noted (`intents.ts`), and
 * is settled as an estimate at the next start. Who reads the book in this process writes what waits first.
 */
const GROUP_WAIT_MS = 50;

export class LedgerStore extends ReadableBook implements HostLedger {
  readonly #file: string;
  readonly #price: Price;
  readonly #log: Log;
  readonly #busyMs: number;
  readonly #retryMs: number;
  readonly #capacity: number;
  readonly #writer: Writer = thisWriter(randomInt(1, 2 ** 47));
  readonly #watch = heartbeatWatch();
  readonly #heart: NodeJS.Timeout;
  readonly #announcer: Announcer;
  /** Opened here and not settled. What is not in it cannot be settled: that makes the second settlement void. */
  readonly #inFlight = new Map<string, OpenedRequest>();
  /** The file says that we may have rows open in it. */
  #registered = false;

  readonly #queue = new WriteQueue();
  #intents: Intents | undefined;
  readonly #trouble: TroubleReport;
  readonly #damaged: DamagedFile;
  readonly #openings = new Openings(
    (asked) => this.#intents?.note(asked) === true,
    () => this.#write(),
  );
  readonly #housekeeping = new Housekeeping((step) => this.#keepHouse(step));
  readonly budgets: BudgetKeeper;
  readonly audit: AuditLog;

  #connection: Connection | undefined;
  /** Of the file last opened, or tried: only that one may be set aside, not the fresh one that another window put in its place. */
  #inode: number | undefined;
  #scheduled = false;
  #groupTimer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LedgerOptions) {
    super();
    this.#file = options.file;
    this.#price = options.price;
    this.#log = options.log;
    this.#trouble = new TroubleReport(options.log, () => ({ requests: this.#queue.opens, audited: this.audit.waiting }));
    this.#damaged = new DamagedFile(options.file, options.clock, this.#trouble);
    this.#announcer = new Announcer(options.log);
    this.budgets = new BudgetKeeper(
      options.clock,
      this.#writer,
      (connection, writer) => this.#tellLater(settleCrashed(connection, writer, this.#price)),
      () => !this.#trouble.failing,
    );
    this.audit = new AuditLog(options.file, options.audit, options.clock, (error) => this.#onTrouble(error));
    this.#busyMs = options.busyMs ?? 100;
    this.#retryMs = options.retryMs ?? 1_000;
    this.#capacity = options.capacity ?? 10_000;
    startInTurns(
      () => void (this.#connection = this.#connect()),
      () => this.#setDamagedAside(),
      (error) => this.#onTrouble(error),
    );
    this.#heart = setInterval(() => this.#tick(), options.beatMs ?? 30_000).unref();
  }

  get trouble(): string | undefined {
    return this.#trouble.sentence;
  }

  open(request: OpenedRequest): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (this.#queue.opens >= this.#capacity) {
      this.#trouble.lost();
      return Promise.resolve();
    }
    this.#inFlight.set(request.id, request);
    this.#enqueue({ kind: 'open', request });
    if (this.#trouble.failing) return Promise.resolve();
    return this.#openings.wait(request);
  }

  /** The rows may be written already: somebody read the book meanwhile. */
  #write(): void {
    if (this.#closed || this.#trouble.failing || this.#queue.length === 0) this.#openings.written();
    else this.#flush();
  }

  settle(settlement: Settlement): void {
    const request = this.#inFlight.get(settlement.id);
    if (!request || this.#closed) return;
    this.#inFlight.delete(settlement.id);
    this.#enqueue({ kind: 'settle', request, settlement });
  }

  applyRetention(retention: Retention, now: number): Promise<void> {
    return this.#housekeeping.applyRetention(retention, now);
  }

  onSettled(listener: (settled: readonly SettledRequest[]) => void): void {
    this.#announcer.add(listener);
  }

  onTrouble(listener: (trouble: string | undefined) => void): void {
    this.#trouble.onChange(listener);
  }

  close(): void {
    if (this.#closed) return;
    clearInterval(this.#heart);
    clearTimeout(this.#retry);
    clearTimeout(this.#groupTimer);
    this.#housekeeping.close();
    // Whoever closes has ended or dropped every request: nobody will settle these any more.
    for (const request of this.#inFlight.values()) this.#queue.push({ kind: 'settle', request, settlement: crashed(request.id) });
    this.#inFlight.clear();
    try {
      this.#connection?.db.exec(`PRAGMA busy_timeout = ${CLOSE_BUSY_MS}`);
      for (let failed = 0; this.#queue.length > 0 && failed < CLOSE_ATTEMPTS;) if (!this.#flush()) failed++;
      this.audit.flush();
      const connection = this.#connection;
      if (connection) inTransaction(connection.db, () => forget(connection.db, this.#writer.id));
    } catch (error) {
      this.#log.warn('the ledger was not closed cleanly', { code: sqliteCode(error) });
    }
    this.#closed = true;
    clearTimeout(this.#retry);
    if (this.#queue.length > 0)
      this.#log.error('the ledger closed with entries that the disk refused', { entries: this.#queue.length });
    this.#intents?.close();
    this.#disconnect();
  }

  #enqueue(write: Write): void {
    this.#queue.push(write);
    // While writes fail, only the timer tries: each try may wait for a lock.
    if (this.#trouble.failing) return;
    this.#groupTimer ??= setTimeout(() => this.#schedule(), GROUP_WAIT_MS);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    clearTimeout(this.#groupTimer);
    this.#groupTimer = undefined;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#flush();
    });
  }

  /** True when a group was written. */
  #flush(): boolean {
    if (this.#queue.length === 0) return true;
    try {
      const connection = (this.#connection ??= this.#connect());
      const group = this.#queue.first(GROUP_LIMIT);
      const writer = this.#registered ? undefined : this.#writer;
      const settled = writeGroup(connection, group, this.#writer.id, writer, this.#price, (error) =>
        this.#trouble.rowRefused(error),
      );
      this.#registered ||= group.some((write) => write.kind === 'open');
      this.#queue.drop(group.length);
      if (this.#queue.opens === 0) this.#intents?.booked();
      this.#trouble.end();
      this.#announcer.tell(settled);
      if (this.#queue.length > 0) this.#schedule();
      else this.#openings.written();
      return true;
    } catch (error) {
      this.#onTrouble(error);
      return false;
    }
  }

  #connect(): Connection {
    this.#inode = inodeOf(this.#file);
    const { connection, fresh, crashed } = connect(this.#file, this.#busyMs, this.#writer, this.#price);
    this.#inode = connection.inode;
    this.#registered = !fresh;
    this.#intents ??= new Intents(this.#file, this.#writer);
    if (fresh) this.#queue.openAgain(this.#inFlight.values());
    this.#tellLater(crashed);
    this.budgets.connected(connection);
    this.audit.connected(connection.db);
    this.#housekeeping.sweep(connection.db);
    return connection;
  }

  /** A listener may ask the book, which is not open yet, or in the middle of a transaction. */
  #tellLater(settled: readonly SettledRequest[]): void {
    if (settled.length > 0) setImmediate(() => this.#announcer.tell(settled));
  }

  #keepHouse(step: Step): 'more' | 'done' | 'later' {
    const connection = this.#connection;
    if (!connection || this.#trouble.failing) return 'later';
    try {
      return inTransaction(connection.db, () => step(connection.db, connection.rollups)) ? 'more' : 'done';
    } catch (error) {
      // Nobody waits for it, so a lock is no trouble.
      if (diskTrouble(error) !== 'locked') this.#onTrouble(error);
      return 'later';
    }
  }

  /** What waits is written first, so that a reader sees what was settled before it asked. */
  protected read<T>(read: (db: DatabaseSync) => T): T | undefined {
    if (this.#closed) return undefined;
    while (!this.#trouble.failing && this.#queue.length > 0 && this.#flush());
    if (!this.#connection) return undefined;
    try {
      return read(this.#connection.db);
    } catch (error) {
      this.#onTrouble(error);
      return undefined;
    }
  }

  #onTrouble(error: unknown): void {
    const trouble = this.#trouble.begin(error);
    const replaced = trouble === 'damaged' && this.#setDamagedAside();
    // A lock or a full disk ends by itself; after anything else the file is opened afresh.
    if (trouble !== 'locked' && trouble !== 'full') this.#disconnect();
    this.#openings.written();
    this.#retryIn(replaced ? 0 : this.#retryMs);
  }

  #retryIn(milliseconds: number): void {
    clearTimeout(this.#retry);
    if (this.#closed) return;
    this.#retry = setTimeout(() => this.#retryNow(), milliseconds).unref();
  }

  #retryNow(): void {
    if (this.#closed) return;
    try {
      const { db } = (this.#connection ??= this.#connect());
      this.audit.flush();
      if (this.#queue.length > 0) return void this.#flush();
      inTransaction(db, () => this.#beat(db));
      this.#trouble.end();
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  #setDamagedAside(): boolean {
    return this.#damaged.setAside(this.#inode, () => this.#disconnect());
  }

  #tick(): void {
    const connection = this.#connection;
    if (this.#trouble.failing || !connection) return;
    try {
      const { db } = connection;
      if (inodeOf(this.#file) !== this.#inode) {
        this.#log.warn('the ledger file was replaced; a new one is opened');
        this.#disconnect();
        this.#retryNow();
        return;
      }
      this.#housekeeping.sweep(db);
      const dead = this.#watch(db, this.#writer);
      if (!this.#registered && dead.length === 0) return;
      const crashed = inTransaction(db, () => {
        this.#beat(db);
        return dead.flatMap((writer) => settleCrashed(connection, writer, this.#price));
      });
      this.#announcer.tell(crashed);
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  /** Of one who has nothing open nobody needs to know. What waits for its settlement to be written is open. */
  #beat(db: DatabaseSync): void {
    const oldest = oldestOf(this.#inFlight.keys());
    if (oldest !== undefined) beat(db, this.#writer, oldest);
    else if (this.#queue.length === 0) forget(db, this.#writer.id);
    else return;
    this.#registered = oldest !== undefined;
  }

  #disconnect(): void {
    try {
      this.#connection?.db.close();
    } catch {
      // A damaged file may refuse even this; the handle is dropped all the same.
    }
    this.#connection = undefined;
    this.audit.connected(undefined);
  }
}

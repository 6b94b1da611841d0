import type { DialectId, Operation } from '../ir/dialect.ts';
import type { TracedTry } from '../ledger/route-trace.ts';
import type { Mode } from '../ledger/records.ts';
import type { Exchange } from './exchange.ts';
import type { RequestLife } from './request-life.ts';
import type { Unserved } from './settle-once.ts';
import type { TryLog } from './try-log.ts';

/** A request on its way, as plain data. Metadata only. Milliseconds. */
export interface RunningRequest {
  readonly id: string;
  /** Since the epoch. */
  readonly at: number;
  readonly agent: string;
  readonly session: string | undefined;
  readonly dialect: DialectId;
  readonly operation: Operation;
  readonly requestedModel: string;
  readonly stream: boolean;
  /** As in a route trace. */
  readonly rule: string | undefined;
  readonly class: string | undefined;
  /** Attempts that have ended. */
  readonly tries: readonly TracedTry[];
  /** The attempt under way; undefined while it waits. */
  readonly asking: Asking | undefined;
}

export interface Asking {
  /** `provider/model` */
  readonly target: string;
  readonly key: string | undefined;
  readonly mode: Mode;
  readonly losses: readonly string[];
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** From asking to the first output; undefined until then. Streams only. */
  readonly firstOutputMs: number | undefined;
}

/** What asked, as it came but for the token: all that it takes to ask again. */
export interface AskedRequest extends Pick<Exchange, 'method' | 'target' | 'rawHeaders' | 'headers'> {
  readonly id: string;
  readonly agent: string;
  readonly dialect: DialectId;
  readonly body: Uint8Array;
}

/** One request among those on their way. What it holds is free as soon as it is over. */
export interface RunningEntry {
  readonly request: Unserved;
  readonly stream: boolean;
  readonly exchange: Exchange;
  readonly body: Uint8Array;
  readonly log: TryLog;
  readonly life: RequestLife;
}

export interface RunningWatcher {
  /** Something is different: it began, a target is asked, there is output, an attempt ended. Must be cheap and must not throw. */
  changed(entry: RunningEntry): void;
  ended(id: string): void;
}

/** So much is kept of what asked, and only while somebody wants it: this many requests, this many bytes in all. */
const MOST_KEPT = 20;
const MOST_KEPT_BYTES = 32 * 1024 * 1024;

/**
 * The requests on their way. While nobody watches, one costs two steps in a map (0.1 microseconds); nothing is told, and nothing is kept
 * of it.
 */
export class RunningRequests {
  readonly #running = new Map<string, RunningEntry>();
  #watcher: RunningWatcher | undefined;
  /** In memory and nowhere else; the oldest first. Undefined: nothing is kept. */
  #kept: Map<string, AskedRequest> | undefined;

  enter(entry: RunningEntry): void {
    this.#running.set(entry.request.id, entry);
    if (this.#watcher !== undefined) this.#follow(entry, this.#watcher);
  }

  leave(id: string): void {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    this.#running.delete(id);
    if (this.#kept !== undefined) this.#keep(this.#kept, askedOf(entry));
    if (this.#watcher === undefined) return;
    entry.log.changed = undefined;
    this.#watcher.ended(id);
  }

  all(): readonly RunningRequest[] {
    return [...this.#running.values()].map(runningOf);
  }

  /** One watcher: a later one replaces the former; undefined: nobody. */
  watch(watcher: RunningWatcher | undefined): void {
    this.#watcher = watcher;
    for (const entry of this.#running.values()) {
      if (watcher === undefined) entry.log.changed = undefined;
      else entry.log.changed = () => watcher.changed(entry);
    }
  }

  /** False: it is over already. */
  cancel(id: string): boolean {
    const entry = this.#running.get(id);
    entry?.life.cancel();
    return entry !== undefined;
  }

  /** Whether what asks is kept from now on. Not any more: what was kept is forgotten. */
  keepAsked(keep: boolean): void {
    this.#kept = keep ? (this.#kept ?? new Map()) : undefined;
  }

  /** What asked: of a request on its way, or of one that was kept. */
  asked(id: string): AskedRequest | undefined {
    const entry = this.#running.get(id);
    return entry === undefined ? this.#kept?.get(id) : askedOf(entry);
  }

  #follow(entry: RunningEntry, watcher: RunningWatcher): void {
    entry.log.changed = () => watcher.changed(entry);
    watcher.changed(entry);
  }

  #keep(kept: Map<string, AskedRequest>, asked: AskedRequest): void {
    if (asked.body.length > MOST_KEPT_BYTES) return;
    kept.set(asked.id, asked);
    let bytes = 0;
    for (const { body } of kept.values()) bytes += body.length;
    for (const [id, { body }] of kept) {
      if (kept.size <= MOST_KEPT && bytes <= MOST_KEPT_BYTES) return;
      kept.delete(id);
      bytes -= body.length;
    }
  }
}

export function runningOf({ request, stream, log }: RunningEntry): RunningRequest {
  const { id, at, agent, session, dialect, operation, requestedModel } = request;
  return { id, at, agent, session, dialect, operation, requestedModel, stream, ...log.soFar(at) };
}

function askedOf({ request, exchange, body }: RunningEntry): AskedRequest {
  const { id, agent, dialect } = request;
  return { id, agent, dialect, ...withoutTokens(exchange), body };
}

const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'x-goog-api-key', 'proxy-authorization', 'cookie']);

/** In every form in which `presentedTokens` looks for them. */
function withoutTokens({ method, target, rawHeaders, headers }: Exchange): Omit<AskedRequest, 'id' | 'agent' | 'dialect' | 'body'> {
  const [path = '', ...rest] = target.split('?');
  const query = new URLSearchParams(rest.join('?'));
  query.delete('key');
  const isKept = (name: string): boolean => !CREDENTIALS.has(name.toLowerCase());
  return {
    method,
    target: query.size === 0 ? path : `${path}?${query.toString()}`,
    rawHeaders: rawHeaders.filter((_text, at) => isKept(rawHeaders[at - (at % 2)] ?? '')),
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => isKept(name))),
  };
}

import type { Clock } from '../../ports.ts';
import type { Failure } from '../failures/failure.ts';
import { close, strike, type Strike } from './breaker.ts';
import { HealthNews } from './health-news.ts';
import { readHeadroom, shareLeft, spentUntil } from './headroom.ts';
import type { Admission, HealthBook, Place, PlaceHealth } from './health.ts';
import { barOf, confirmed, gateOf, ownHold, type Hold } from './hold.ts';
import { PlaceRecords, type PlaceRecord } from './place-records.ts';
import { clear, coolDown, spendQuota, type Scope, type ScopeKind } from './scope.ts';

/** A hold as it survives a restart. */
export interface HeldAt {
  readonly scope: ScopeKind;
  readonly hold: Hold;
}

const GO: Admission = { kind: 'go' };
const PROBE: Admission = { kind: 'probe' };

/**
 * How each place stands. A verdict lies on what it is about: a rejected key (401) and a lack of credit on the key, a forbidden model
 * (403), a quota and a cooldown on the place, overload on the model with every key, an unreachable host on the whole provider.
 *
 * That last one, because DNS, a refused connection, a certificate or a proxy in between do not know which model or key was meant: the
 * second model would only find out what the first did, a connect timeout later. Any answer, an error as well, shows the host alive.
 *
 * The report of a probe is known by the place it is made with: the same object that was admitted. So a request that was under way
 * before cannot free the slot that a probe holds, or speak for it.
 *
 * `of`: where it is `half-open`, `until` is set while a probe is under way; `cooldown` without a `why` is want of headroom.
 * `consecutiveFailures` are those of the place or of what it shares, whichever is more.
 */
export class Health implements HealthBook {
  readonly #clock: Clock;
  readonly #onChange: (health: PlaceHealth) => void;
  readonly #records = new PlaceRecords();
  readonly #news = new HealthNews();

  /** `onChange` hears once of each key that dies or is well again, and of each breaker that opens or closes. It must not throw. */
  constructor(clock: Clock, onChange: (health: PlaceHealth) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /**
   * On the way of each request. Measured: 0.35 microseconds for a place that is well, most of it for making its id and for touching it;
   * 0.55 while something else is ill; 0.4 where it is blocked.
   */
  admit(place: Place, lastResort: boolean): Admission {
    const now = this.#clock.now();
    const record = this.#records.touch(place);
    const holds = this.#records.holds(place, record);
    const bar = holds.length === 0 ? undefined : barOf(holds, now, lastResort);
    if (bar !== undefined) {
      // No time helps a dead key.
      return {
        kind: 'blocked',
        why: bar.why,
        until: bar.hold.kind === 'dead' && bar.why !== 'probe-under-way' ? undefined : bar.until,
      };
    }
    const spent = lastResort || record?.headroom === undefined ? undefined : spentUntil(record.headroom, now);
    if (spent !== undefined) return { kind: 'blocked', why: 'no-headroom', until: spent };
    let probe = false;
    for (const hold of holds) {
      const gate = gateOf(hold, now, lastResort);
      // Only a place of its own is told times.
      if (gate === 'over' && record !== undefined) record.scope[hold.kind] = undefined;
      if (gate !== 'probe') continue;
      hold.probe = place;
      hold.probeAt = now;
      probe = true;
    }
    return probe ? PROBE : GO;
  }

  of(place: Place): PlaceHealth {
    const now = this.#clock.now();
    const record = this.#records.peek(place);
    const { state, why, status, since, until } = this.#standing(place, record, now);
    // Written out: two requests in three ask for this twice, and a spread took half of the time.
    const health = {
      provider: place.provider,
      model: place.model,
      key: place.key,
      state,
      why,
      since,
      until,
      consecutiveFailures: this.#strikes(place, record),
      latencyMs: record?.latency.read(this.#clock.monotonic()),
      headroom: record?.headroom === undefined ? undefined : shareLeft(record.headroom, now),
    };
    return status === undefined ? health : { ...health, status };
  }

  succeeded(place: Place, firstOutputMs: number | undefined): void {
    const record = this.#records.obtain(place);
    if (firstOutputMs !== undefined) record.latency.observe(firstOutputMs, this.#clock.monotonic());
    const { scope } = record;
    let changed = close(scope);
    for (const kind of ['target', 'provider'] as const) changed = close(this.#records.scope(kind, place)) || changed;
    // A request that was accepted before its key died may end well long after.
    if (scope.quota?.probe === place) scope.quota = undefined;
    for (const held of [scope, this.#records.scope('key', place)]) {
      if (held?.dead?.probe !== place) continue;
      held.dead = undefined;
      changed = true;
    }
    this.#records.tidy(place);
    if (changed) this.#tell(place.provider);
  }

  failed(place: Place, failure: Failure): void {
    const now = this.#clock.now();
    let changed = false;
    // An HTTP status, or a connection that was cut: somebody is there.
    if (failure.class !== 'unreachable' && failure.class !== 'timeout' && failure.class !== 'not-servable') {
      changed = close(this.#records.scope('provider', place));
    }
    switch (failure.class) {
      case 'key-rejected':
        changed = this.#condemn(failure.status === 403 ? 'place' : 'key', place, failure, now) || changed;
        break;
      case 'out-of-credit':
        changed = this.#condemn('key', place, failure, now) || changed;
        break;
      case 'quota':
        spendQuota(this.#records.obtain(place).scope, place, failure, now);
        break;
      case 'rate-limited':
        coolDown(this.#records.obtain(place).scope, place, failure, now);
        break;
      case 'transient':
      case 'unreachable':
      case 'timeout':
      case 'overloaded':
        changed = this.#strike(place, failure.class, now) || changed;
        break;
      case 'throttled':
      case 'bad-request':
      case 'context-window':
      case 'content-policy':
      case 'model-missing':
      case 'not-servable':
        break;
      default:
        failure.class satisfies never;
    }
    this.released(place);
    if (changed) this.#tell(place.provider);
  }

  released(place: Place): void {
    for (const hold of this.#records.holds(place, this.#records.touch(place))) {
      if (hold.probe === place) hold.probe = undefined;
    }
    this.#records.tidy(place);
  }

  heard(place: Place, headers: Readonly<Record<string, string | readonly string[] | undefined>>): void {
    const headroom = readHeadroom(headers, this.#clock.now());
    if (headroom !== undefined) this.#records.obtain(place).headroom = headroom;
  }

  forgive(key: string): void {
    const providers = new Set<string>();
    const forgiven = (place: Place) => {
      if (place.key !== key) return false;
      providers.add(place.provider);
      return true;
    };
    for (const record of this.#records.records()) {
      if (!forgiven(record.place)) continue;
      clear(record.scope);
      // Another secret may belong to another account.
      record.headroom = undefined;
    }
    for (const { kind, scope } of this.#records.scopes()) {
      if (kind !== 'key' || scope.dead === undefined || !forgiven(scope.dead.place)) continue;
      const { place } = scope.dead;
      clear(scope);
      this.#records.tidy(place);
    }
    for (const provider of providers) this.#tell(provider);
  }

  all(): readonly PlaceHealth[] {
    return this.#records.records().map(({ place }) => this.of(place));
  }

  /** Everything that is held against anything, and the time by this book's clock. */
  held(): { readonly now: number; readonly held: readonly HeldAt[] } {
    const held = this.#records
      .scopes()
      .flatMap(({ kind, scope }) =>
        [scope.dead, scope.quota, scope.cooldown, scope.open]
          .filter((hold) => hold !== undefined)
          .map((hold) => ({ scope: kind, hold })),
      );
    return { now: this.#clock.now(), held };
  }

  /** Takes up what was held before a restart; what was learned since then stands. */
  restore(held: readonly HeldAt[]): void {
    for (const { scope: kind, hold } of held) {
      this.#records.obtain(hold.place);
      const scope = this.#records.obtainScope(kind, hold.place);
      if (scope[hold.kind] !== undefined) continue;
      scope[hold.kind] = hold;
      if (hold.kind === 'dead' || hold.kind === 'open') this.#news.watch(hold.place, true);
    }
  }

  #standing(place: Place, record: PlaceRecord | undefined, now: number): Standing {
    const holds = this.#records.holds(place, record);
    const bar = holds.length === 0 ? undefined : barOf(holds, now, false);
    if (bar !== undefined) {
      const { why, since } = bar.hold;
      return {
        state: bar.why === 'probe-under-way' ? 'half-open' : STATE[bar.hold.kind],
        why,
        since,
        until: bar.until,
        ...statusOf(bar.hold),
      };
    }
    const spent = record?.headroom === undefined ? undefined : spentUntil(record.headroom, now);
    if (spent !== undefined) return { state: 'cooldown', why: undefined, since: record?.headroom?.heardAt, until: spent };
    const waiting = holds.length === 0 ? undefined : holds.find((hold) => gateOf(hold, now, false) === 'probe');
    return waiting === undefined
      ? WELL
      : { state: 'half-open', why: waiting.why, since: waiting.since, until: undefined, ...statusOf(waiting) };
  }

  #strikes(place: Place, record: PlaceRecord | undefined): number {
    let most = record?.scope.strikes ?? 0;
    for (const kind of ['target', 'provider'] as const) most = Math.max(most, this.#records.scope(kind, place)?.strikes ?? 0);
    return most;
  }

  #condemn(kind: 'key' | 'place', place: Place, failure: Failure, now: number): boolean {
    this.#records.obtain(place);
    const scope = this.#records.obtainScope(kind, place);
    // Those that were under way when the key died say the same again; they must not put off the next probe.
    if (scope.dead !== undefined && scope.dead.probe !== place) return false;
    const hold = scope.dead === undefined ? ownHold('dead', failure.class, place, now) : confirmed(scope.dead, failure.class, now);
    scope.dead = { ...hold, status: failure.status };
    this.#news.watch(scope.dead.place);
    return true;
  }

  /** Charged to what the failure is about. The place pays only while nothing wider explains why it fails. */
  #strike(place: Place, why: Strike, now: number): boolean {
    const record = this.#records.obtain(place);
    record.latency.failed(this.#clock.monotonic());
    const wider = why === 'overloaded' ? 'target' : why === 'unreachable' ? 'provider' : undefined;
    let changed = false;
    for (const kind of ['target', 'provider'] as const) {
      const scope = kind === wider ? this.#records.obtainScope(kind, place) : this.#records.scope(kind, place);
      if (scope !== undefined) changed = this.#struck(scope, why, place, now, kind === wider) || changed;
    }
    const explained = wider !== undefined && this.#records.scope(wider, place)?.open !== undefined;
    return this.#struck(record.scope, why, place, now, !explained) || changed;
  }

  #struck(scope: Scope, why: Strike, place: Place, now: number, counts: boolean): boolean {
    const changed = strike(scope, why, place, now, counts);
    if (changed && scope.open !== undefined) this.#news.watch(scope.open.place);
    return changed;
  }

  #tell(provider: string): void {
    const now = this.#clock.now();
    const news = this.#news.of(provider, (place) => this.#records.holds(place, this.#records.peek(place)), now);
    for (const { place, state, hold } of news) {
      const { status: _other, ...standing } = this.of(place);
      this.#onChange({ ...standing, state, why: hold?.why, since: hold?.since, until: hold?.until, ...statusOf(hold) });
    }
  }
}

type Standing = Pick<PlaceHealth, 'state' | 'why' | 'status' | 'since' | 'until'>;

const WELL: Standing = { state: 'well', why: undefined, since: undefined, until: undefined };

const STATE = { dead: 'dead', quota: 'cooldown', cooldown: 'cooldown', open: 'open' } as const satisfies Record<
  Hold['kind'],
  PlaceHealth['state']
>;

function statusOf(hold: Hold | undefined): { readonly status?: number } {
  return hold?.status === undefined ? {} : { status: hold.status };
}

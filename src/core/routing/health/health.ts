import type { Failure, FailureClass } from '../failures/failure.ts';

/** What health is kept of: one model of one provider, asked with one key. */
export interface Place {
  readonly provider: string;
  readonly model: string;
  /** Undefined for providers that need none. */
  readonly key: string | undefined;
  /** `placeId` of it, where it was made beforehand: a request looks its place up a dozen times. */
  readonly id?: string;
}

/** Ids of providers and keys are names from the configuration and hold no line feed; the model, which may hold anything, comes last. */
export function placeId({ provider, model, key, id }: Place): string {
  return id ?? `${provider}\n${key ?? ''}\n${model}`;
}

/**
 * May this place be asked now? A `probe` must be reported by `succeeded`, `failed` or `released`, with the very object that was admitted:
 * nobody else is let through meanwhile.
 */
export type Admission =
  | { readonly kind: 'go' }
  | { readonly kind: 'probe' }
  /** `until`: milliseconds since the epoch; undefined where only a person can help. */
  | { readonly kind: 'blocked'; readonly why: BlockedWhy; readonly until: number | undefined };

export type BlockedWhy =
  | 'cooldown'
  | 'breaker-open'
  | 'probe-under-way'
  | 'key-rejected'
  | 'out-of-credit'
  | 'quota'
  | 'no-headroom';

/** How one place stands, for people and for choosing. */
export interface PlaceHealth extends Place {
  readonly state: 'well' | 'cooldown' | 'open' | 'half-open' | 'dead';
  readonly why: FailureClass | undefined;
  /** The provider's status that made it `dead`; a key rejected with 403 is dead at this model only. Not kept over a restart. */
  readonly status?: number;
  /** Milliseconds since the epoch. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly consecutiveFailures: number;
  /** Exponentially weighted, milliseconds to the first output; undefined until one was seen. */
  readonly latencyMs: number | undefined;
  /** Smallest share left of any limit that the provider tells (0 to 1); undefined where it tells none or the time is over. */
  readonly headroom: number | undefined;
}

export interface HealthBook {
  /** `lastResort`: nobody else is left, so what is set aside by our own judgement may be tried, one at a time. */
  admit(place: Place, lastResort: boolean): Admission;
  /** The same without any effect: for ordering, and for `explain`. */
  of(place: Place): PlaceHealth;
  succeeded(place: Place, firstOutputMs: number | undefined): void;
  failed(place: Place, failure: Failure): void;
  /** Ended without a verdict: the agent went away, or its own request was refused. */
  released(place: Place): void;
  /** What an answer's headers say about limits. */
  heard(place: Place, headers: Readonly<Record<string, string | readonly string[] | undefined>>): void;
  /** A key has a new secret, or a person tested it and found it good: all that was held against it is forgotten. */
  forgive(key: string): void;
  all(): readonly PlaceHealth[];
}

import { asRecord, listAt, parseRecord } from '../../dialects/read-json.ts';
import type { FailureClass } from '../failures/failure.ts';
import type { Health, HeldAt } from './health-book.ts';
import { LONGEST_COOLDOWN_MS, LONGEST_QUOTA_MS, type Hold, type HoldKind } from './hold.ts';
import type { ScopeKind } from './scope.ts';

const VERSION = 1;
/** What is over sooner is over before anybody looks. */
const WORTH_SAVING_MS = 60_000;
/** After it every doubling is at its maximum. */
const MOST_DOUBLINGS = 10;

/** Where each kind may lie, and why it may. Everything else in a file is not from here. */
const KINDS: Readonly<Record<HoldKind, { readonly scopes: readonly ScopeKind[]; readonly why: readonly FailureClass[] }>> = {
  dead: { scopes: ['place', 'key'], why: ['key-rejected', 'out-of-credit'] },
  quota: { scopes: ['place'], why: ['quota'] },
  cooldown: { scopes: ['place'], why: ['rate-limited'] },
  open: { scopes: ['place', 'target', 'provider'], why: ['transient', 'unreachable', 'timeout', 'overloaded'] },
};

/**
 * What helps after a restart, as JSON: dead keys and open breakers, and quotas and cooldowns that have a minute to go. Names of
 * providers, models and keys, reasons and times: no secret, and nothing made from one.
 */
export function save(book: Health): string {
  const { now, held } = book.held();
  const worth = held.filter(({ hold }) => hold.kind === 'dead' || hold.kind === 'open' || hold.until - now > WORTH_SAVING_MS);
  return JSON.stringify({
    version: VERSION,
    held: worth.map(({ scope, hold: { kind, why, place, since, until, told, doublings } }) => ({
      scope,
      kind,
      why,
      provider: place.provider,
      model: place.model,
      key: place.key,
      since,
      until,
      told,
      doublings,
    })),
  });
}

/**
 * Takes up what `save` wrote; of a file with anything wrong in it, nothing. A time that a provider gave holds. What was our own
 * judgement waits for a probe: the key, the account or the host may have been mended meanwhile. `now`: milliseconds since the epoch.
 */
export function load(book: Health, text: string, now: number): void {
  const file = parseRecord(text);
  if (file?.['version'] !== VERSION || !Array.isArray(file['held'])) return;
  const held = listAt(file, 'held').map((entry) => heldIn(entry, now));
  if (held.some((each) => each === undefined)) return;
  book.restore(held.filter((each) => each !== undefined).filter(({ hold }) => !hold.told || hold.until > now));
}

function heldIn(value: unknown, now: number): HeldAt | undefined {
  const entry = asRecord(value);
  if (entry === undefined) return undefined;
  const { provider, model, key, since, until, told, doublings } = entry;
  const kind = oneOf(entry['kind'], ['dead', 'quota', 'cooldown', 'open']);
  if (kind === undefined || !isName(provider) || !isName(model) || !(key === undefined || isName(key))) return undefined;
  const scope = oneOf(entry['scope'], KINDS[kind].scopes);
  const why = oneOf(entry['why'], KINDS[kind].why);
  if (scope === undefined || why === undefined || !isTime(since) || !isTime(until) || !isSmall(doublings)) return undefined;
  if (kind === 'quota' ? typeof told !== 'boolean' : told !== (kind === 'cooldown')) return undefined;
  return {
    scope,
    hold: {
      kind,
      why,
      place: { provider, model, key },
      since: Math.min(since, now),
      confirmedAt: now,
      until: told === true ? Math.min(until, now + longestMs(kind)) : now,
      told: told === true,
      doublings: Math.min(doublings, MOST_DOUBLINGS),
      probe: undefined,
      probeAt: 0,
    } satisfies Hold,
  };
}

/** A clock that was put right meanwhile must not shut a place for years. */
function longestMs(kind: HoldKind): number {
  return kind === 'cooldown' ? LONGEST_COOLDOWN_MS : LONGEST_QUOTA_MS;
}

function oneOf<Name extends string>(value: unknown, names: readonly Name[]): Name | undefined {
  return names.find((name) => name === value);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isSmall(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

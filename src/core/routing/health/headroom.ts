import { durationMs } from '../failures/durations.ts';

/** What an answer said about a provider's limits. */
export interface Headroom {
  /** Smallest share left of any limit, 0 to 1. */
  readonly share: number;
  readonly heardAt: number;
  /** When that limit is full again, milliseconds since the epoch. */
  readonly until: number;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** One limit that a provider counts, by the names of its three headers. */
interface Counter {
  readonly limit: string;
  readonly remaining: string;
  readonly reset: string;
}

/**
 * OpenAI, Groq and many that follow them; Anthropic; the IETF draft; and the short form of OpenRouter. Groq counts requests by the
 * day and tokens by the minute under the same names: only the reset tells.
 */
const COUNTERS: readonly Counter[] = [
  ...['requests', 'tokens'].map((what) => counter((part) => `x-ratelimit-${part}-${what}`)),
  ...['requests', 'tokens', 'input-tokens', 'output-tokens'].map((what) =>
    counter((part) => `anthropic-ratelimit-${what}-${part}`),
  ),
  counter((part) => `ratelimit-${part}`),
  counter((part) => `x-ratelimit-${part}`),
];

/** Below it a place is left in peace while others can be asked: what is under way may use up the rest. */
const SPENT_BELOW = 0.02;
/** A refusal says until when; a count says only that one is likely, so it is believed no longer than most limits take to come back. */
const LONGEST_PRECAUTION_MS = 60_000;
/** Who names no reset most often counts by the minute. */
const USUAL_WINDOW_MS = 60_000;
const LONGEST_WINDOW_MS = 24 * 3_600_000;

/**
 * The limit that is nearest to its end. Where several are all but spent, `until` is when the last of them is full again. Undefined
 * where the headers say nothing, or nothing that makes sense.
 */
export function readHeadroom(headers: Headers, now: number): Headroom | undefined {
  let share = Number.POSITIVE_INFINITY;
  let until = 0;
  for (const counter of COUNTERS) {
    const remaining = headers[counter.remaining];
    if (remaining === undefined) continue;
    const left = shareOf(countIn(remaining), countIn(headers[counter.limit]));
    const resetMs = left === undefined ? undefined : resetIn(headers[counter.reset], now);
    if (left === undefined || resetMs === undefined) continue;
    const reset = now + resetMs;
    if (left < SPENT_BELOW && share < SPENT_BELOW) until = Math.max(until, reset);
    else if (left < share || (left === share && reset > until)) until = reset;
    share = Math.min(share, left);
  }
  return share <= 1 ? { share, heardAt: now, until } : undefined;
}

/**
 * The share left now. Limits fill up evenly with most providers, and the reset is when they are full: so it grows to 1 until then,
 * where it meets what is assumed of a place that tells nothing.
 */
export function shareLeft(headroom: Headroom, now: number): number | undefined {
  const { share, heardAt, until } = headroom;
  if (now >= until || now < heardAt) return undefined;
  return share + ((1 - share) * (now - heardAt)) / (until - heardAt);
}

/** Until when the place should not be asked if there is another; undefined where it may be. */
export function spentUntil({ share, heardAt, until }: Headroom, now: number): number | undefined {
  const end = Math.min(until, heardAt + LONGEST_PRECAUTION_MS);
  return share < SPENT_BELOW && now >= heardAt && now < end ? end : undefined;
}

function counter(name: (part: keyof Counter) => string): Counter {
  return { limit: name('limit'), remaining: name('remaining'), reset: name('reset') };
}

/** A count alone tells nothing, unless it is 0. A limit of 0 is how some gateways write that there is none. */
function shareOf(remaining: number | undefined, limit: number | undefined): number | undefined {
  if (remaining === undefined || limit === 0) return undefined;
  if (remaining <= 0) return 0;
  return limit === undefined || limit < 0 ? undefined : Math.min(1, remaining / limit);
}

/** `100`, and the draft's `100, 100;w=60`, of which the first number counts. */
function countIn(value: string | readonly string[] | undefined): number | undefined {
  const text = typeof value === 'string' ? value : value?.[0];
  const digits = text === undefined ? undefined : /^\s*(-?\d+(?:\.\d+)?)\s*(?:[,;]|$)/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Milliseconds until a reset: RFC 3339 (Anthropic), seconds or a duration (`6m0s`), or, told by its size, a date in seconds or
 * milliseconds since the epoch (OpenRouter). Undefined where it is over: then what was counted is over as well.
 */
function resetIn(value: string | readonly string[] | undefined, now: number): number | undefined {
  if (value === undefined) return USUAL_WINDOW_MS;
  const text = typeof value === 'string' ? value : (value[0] ?? '');
  const number = Number(text);
  let wait: number | undefined;
  if (/^\s*\d{4}-\d\d-\d\dT/.test(text)) wait = Date.parse(text) - now;
  else if (number >= 1e11) wait = number - now;
  else if (number >= 1e8) wait = number * 1000 - now;
  else wait = number <= 0 ? 0 : durationMs(text);
  if (wait === undefined || Number.isNaN(wait)) return USUAL_WINDOW_MS;
  return wait > 0 ? Math.min(wait, LONGEST_WINDOW_MS) : undefined;
}

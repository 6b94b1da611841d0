import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../../dialects/read-json.ts';
import { durationMs } from './durations.ts';

/** What a provider said about coming again. A field that is missing or undefined: nothing. */
export interface RetryHints {
  /** Whole milliseconds from now; 0 is "at once". */
  readonly waitMs?: number | undefined;
  readonly shouldRetry?: boolean | undefined;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;
type Body = JsonRecord | readonly unknown[] | undefined;

/**
 * Reads every form in which providers say when to come again. What is said for this very answer comes first; the resets of counters only
 * after it, and only of those that are used up: a counter that has something left is not what refused, and its reset may be a day away.
 * `headers` have lower-case names; `now` is in milliseconds since the epoch; `body` may also be Google's list of errors.
 */
export function readRetryHints(headers: Headers, body: Body, now: number): RetryHints {
  const here = serverTime(headers) ?? now;
  const waitMs =
    milliseconds(numberAt(headers, 'retry-after-ms')) ??
    retryAfter(textOf(headers, 'retry-after'), here) ??
    readRetryInfo(body) ??
    waitInWords(body) ??
    latest([...resetsOfAnthropic(headers, here), ...resetsOfOpenAi(headers), ...resetsOfStandard(headers)]);
  return { waitMs, shouldRetry: yesOrNo(textOf(headers, 'x-should-retry')) };
}

/** Google's `RetryInfo`, in whole milliseconds. It has no header, and in a stream its error comes inside a list. */
export function readRetryInfo(body: Body): number | undefined {
  for (const error of errorsIn(body)) {
    for (const detail of listAt(error, 'details').map(asRecord)) {
      const delay = textAt(detail, 'retryDelay');
      const waitMs = delay?.endsWith('s') === true ? milliseconds(durationMs(delay)) : undefined;
      if (waitMs !== undefined) return waitMs;
    }
  }
  return undefined;
}

/** A month of days: quotas and spending limits are reset at its end. Whatever is longer is a mistake, mostly a point in time. */
const LONGEST_MS = 31 * 86_400_000;

function milliseconds(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 && value <= LONGEST_MS ? Math.ceil(value) : undefined;
}

/** The server counts its dates by its own clock. Ours may be wrong by more than the wait. */
function serverTime(headers: Headers): number | undefined {
  const time = Date.parse(textOf(headers, 'date') ?? '');
  return Number.isNaN(time) ? undefined : time;
}

function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  // Not every number is a date, but Date.parse takes "5" for one.
  return /^[\d.]+$/.test(value) ? milliseconds(durationMs(value)) : untilDate(value, now);
}

/** An HTTP date or one of RFC 3339, both with letters in it. */
function untilDate(value: string, now: number): number | undefined {
  const time = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return milliseconds(time - now);
}

const IN_WORDS =
  /\b(?:try again|retry)(?: your request)? (?:in|after) (?:about )?((?:\d+(?:\.\d+)?(?:days?|hours?|minutes?|mins?|milliseconds?|seconds?|secs?|ms|[dhms]|) ?)+)/i;

/** "Please try again in 1m2.5s", "Please retry after 10 seconds.": OpenAI, Groq and Azure; Codex reads the first from its errors, too. */
function waitInWords(body: Body): number | undefined {
  for (const error of errorsIn(body)) {
    const said = IN_WORDS.exec((textAt(error, 'message') ?? '').replace(/(\d) (?=[a-z])/gi, '$1'))?.[1];
    const waitMs = said === undefined ? undefined : milliseconds(durationMs(shortUnits(said)));
    if (waitMs !== undefined) return waitMs;
  }
  return undefined;
}

function shortUnits(text: string): string {
  return text
    .toLowerCase()
    .replace(/milliseconds?/g, 'ms')
    .replace(/([dhms])(?:ays?|ours?|inutes?|ins?|econds?|ecs?)/g, '$1')
    .replace(/ /g, '');
}

/** Points in time. */
function resetsOfAnthropic(headers: Headers, now: number): readonly (number | undefined)[] {
  return ['requests', 'tokens', 'input-tokens', 'output-tokens']
    .map((counter) => `anthropic-ratelimit-${counter}`)
    .filter((counter) => isUsedUp(headers, `${counter}-remaining`))
    .map((counter) => untilDate(textOf(headers, `${counter}-reset`) ?? '', now));
}

/** Spans. OpenAI's and Groq's forms differ, but say the same. */
function resetsOfOpenAi(headers: Headers): readonly (number | undefined)[] {
  return ['requests', 'tokens']
    .filter((counter) => isUsedUp(headers, `x-ratelimit-remaining-${counter}`))
    .map((counter) => milliseconds(durationMs(textOf(headers, `x-ratelimit-reset-${counter}`) ?? '')));
}

/** The drafts of the IETF: first three headers, then one with items such as `"burst";r=0;t=30`. Spans in seconds. */
function resetsOfStandard(headers: Headers): readonly (number | undefined)[] {
  const items = (textOf(headers, 'ratelimit') ?? '').split(',').map((item) => ({
    left: /;\s*r=(\d+)/.exec(item)?.[1],
    reset: /;\s*t=(\d+)/.exec(item)?.[1],
  }));
  return [
    isUsedUp(headers, 'ratelimit-remaining') ? milliseconds(durationMs(textOf(headers, 'ratelimit-reset') ?? '')) : undefined,
    ...items.map(({ left, reset }) => (Number(left) === 0 ? milliseconds(durationMs(reset ?? '')) : undefined)),
  ];
}

function isUsedUp(headers: Headers, name: string): boolean {
  const left = numberAt(headers, name);
  return left !== undefined && left <= 0;
}

/** All that is used up has to be reset before the next call can pass. */
function latest(resets: readonly (number | undefined)[]): number | undefined {
  const known = resets.filter((reset) => reset !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** The error in a body, wherever its vendor puts it: `error`, a list of bodies, the body itself (Mistral). */
function errorsIn(body: Body): readonly JsonRecord[] {
  const bodies: readonly unknown[] = Array.isArray(body) ? body : [body];
  return bodies
    .map(asRecord)
    .flatMap((each) => [recordAt(each, 'error'), ...listAt(each, 'error').map(asRecord), each])
    .filter((each) => each !== undefined);
}

function textOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  const first = typeof value === 'string' ? value : value?.[0];
  return first === undefined || first.trim() === '' ? undefined : first.trim();
}

function numberAt(headers: Headers, name: string): number | undefined {
  const text = textOf(headers, name);
  return text !== undefined && /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function yesOrNo(text: string | undefined): boolean | undefined {
  if (text === 'true') return true;
  return text === 'false' ? false : undefined;
}

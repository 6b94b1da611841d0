import type { Clock, Random } from '../ports.ts';

/** Crockford's base 32 in lower case: no i, l, o, u, and text order is number order. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;
const LAST_TIME = 32 ** TIME_DIGITS - 1;
/** Chance is drawn for many ids at once: a draw of 16 bytes costs as much as one of a thousand. */
const IDS_PER_DRAW = 64;

/**
 * Returns a maker of request ids: 26 characters, ten of time (milliseconds) and sixteen of chance. The time in an id is the
 * request's own, so that a range of time is a range of ids and the book needs no second index. Within one millisecond each id sorts
 * after the one before it; when the clock is set back, so are the ids.
 */
export function newRequestIds(clock: Clock, random: Random): () => string {
  let time = -1;
  let chance: number[] = [];
  let drawn = new Uint8Array(0);
  let at = 0;
  const draw = (): number[] => {
    if (at === drawn.length) {
      drawn = new Uint8Array(random.bytes(RANDOM_DIGITS * IDS_PER_DRAW));
      at = 0;
    }
    at += RANDOM_DIGITS;
    return Array.from(drawn.subarray(at - RANDOM_DIGITS, at), (byte) => byte & 31);
  };
  return () => {
    const now = clock.now();
    if (now !== time || !increment(chance)) {
      time = now;
      chance = draw();
    }
    return timeDigits(time) + textOf(chance);
  };
}

/** When the request began: milliseconds since the epoch. */
export function timeOf(id: string): number {
  let time = 0;
  for (let place = 0; place < TIME_DIGITS; place++) time = time * 32 + DIGITS.indexOf(id[place] ?? '');
  return time;
}

/** What every id of that time or later is not below. */
export function firstIdAt(milliseconds: number): string {
  return timeDigits(Math.min(Math.max(Math.ceil(milliseconds), 0), LAST_TIME));
}

/** The least of them: ids sort by time. */
export function oldestOf(ids: Iterable<string>): string | undefined {
  let oldest: string | undefined;
  for (const id of ids) if (oldest === undefined || id < oldest) oldest = id;
  return oldest;
}

function textOf(digits: readonly number[]): string {
  let text = '';
  for (const digit of digits) text += DIGITS[digit];
  return text;
}

/** Counts up in place; false when every digit overflowed. */
function increment(digits: number[]): boolean {
  for (let at = digits.length - 1; at >= 0; at--) {
    const next = (digits[at] ?? 0) + 1;
    digits[at] = next & 31;
    if (next < 32) return true;
  }
  return false;
}

function timeDigits(milliseconds: number): string {
  let rest = milliseconds;
  let text = '';
  for (let place = 0; place < TIME_DIGITS; place++) {
    text = DIGITS[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

import type { Clock, Random } from '../ports.ts';

/** Crockford's base 32 in lower case: no i, l, o, u, and text order is number order. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;
/** Chance is drawn for many ids at once: a draw of 16 bytes costs as much as one of a thousand. */
const IDS_PER_DRAW = 64;

/**
 * Returns a maker of request ids: 26 characters, ten of time (milliseconds) and sixteen of chance. Each id sorts after the one
 * before it, also within one millisecond and when the clock is set back: then the last id counts up by one.
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
    if (now > time || !increment(chance)) {
      time = Math.max(now, time + 1);
      chance = draw();
    }
    return timeDigits(time) + textOf(chance);
  };
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

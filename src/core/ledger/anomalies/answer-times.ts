import { addHistogramText, addTime, newHistogram, percentile, sumOfTimes } from '../rollups/histogram.ts';
import type { Quarter } from '../rollups/read-quarters.ts';

/** How large answers are, one or several together. */
interface Sizes {
  readonly count: number;
  /** Tokens of input that the provider had not in its cache. */
  readonly fresh: number;
  readonly output: number;
}

/** One answer of which the provider told how long it is. Milliseconds: to the end, to the first byte, and after that. */
export interface TimedAnswer extends Omit<Sizes, 'count'> {
  readonly totalMs: number;
  readonly firstByteMs: number | undefined;
  readonly outputMs: number;
}

/** How fast a target is, whatever the sizes of what is asked. */
export interface Speed {
  readonly firstByteMs: number;
  /** Tokens that were new to the provider, of one request. */
  readonly fresh: number;
  readonly msPerToken: number;
  /** With the time to the first byte. */
  readonly allMsPerToken: number;
}

/**
 * What answers of these sizes take at that speed: the time to the first byte, longer where more of the input is new to the provider, and
 * the time of each token. Models that think before their first byte count what they thought as output, so it is never less than what all
 * their tokens take.
 */
export function usualMs({ firstByteMs, fresh, msPerToken, allMsPerToken }: Speed, sizes: Sizes): number {
  const longer = fresh > 0 ? Math.max(1, sizes.fresh / (fresh * sizes.count)) : 1;
  return Math.max(firstByteMs * longer * sizes.count + msPerToken * sizes.output, allMsPerToken * sizes.output);
}

/** Sums over answers, as roll-ups hold them, from which their speed follows. */
export class AnswerTimes implements Sizes {
  count = 0;
  fresh = 0;
  output = 0;
  #outputMs = 0;
  readonly #total = newHistogram();
  readonly #firstByte = newHistogram();

  add({ fresh, output, totalMs, firstByteMs, outputMs }: TimedAnswer): void {
    this.count += 1;
    this.fresh += fresh;
    this.output += output;
    this.#outputMs += outputMs;
    addTime(this.#total, totalMs);
    if (firstByteMs !== undefined) addTime(this.#firstByte, firstByteMs);
  }

  addQuarter({ requests, errors, fresh, output, outputMs, totalTimes, firstByteTimes }: Quarter): void {
    this.count += requests - errors;
    this.fresh += fresh;
    this.output += output;
    this.#outputMs += outputMs;
    addHistogramText(this.#total, totalTimes);
    addHistogramText(this.#firstByte, firstByteTimes);
  }

  get totalMs(): number {
    return sumOfTimes(this.#total);
  }

  /** Undefined where nothing was measured. */
  speed(): Speed | undefined {
    if (this.output === 0) return undefined;
    return {
      firstByteMs: percentile(this.#firstByte, 0.5) ?? 0,
      fresh: this.fresh / this.count,
      msPerToken: this.#outputMs / this.output,
      allMsPerToken: this.totalMs / this.output,
    };
  }

  clear(): void {
    this.count = this.fresh = this.output = this.#outputMs = 0;
    this.#total.fill(0);
    this.#firstByte.fill(0);
  }
}

import type { Quarter } from '../rollups/read-quarters.ts';
import type { LatencyAnomaly } from './anomaly.ts';
import { AnswerTimes, usualMs, type Speed, type TimedAnswer } from './answer-times.ts';
import { Past } from './past.ts';

/** The speed of fewer answers is chance: what is remembered is made of groups of quarters with at least so many. */
const LEAST_IN_GROUP = 5;
const GROUPS = 100;
/** Before so many, nothing is usual. And so many more, before it is known how much that swings. */
const LEAST_GROUPS = 8;
const LEAST_PACES = 4;

/** The latest answers, none older than half an hour. */
const LATEST = 16;
const LATEST_MS = 30 * 60_000;
const LEAST_ANSWERS = 6;

const LEAST_TIMES = 2.5;
/** Half beyond the slowest of twenty groups of its past. */
const TIMES_SLOWEST = 1.5;
/** A shorter delay nobody feels. */
const LEAST_DELAY_MS = 5000;

interface Answer {
  readonly at: number;
  readonly totalMs: number;
  readonly usualMs: number;
}

/**
 * How long one target lets one agent wait, against what answers of the same sizes usually take (the medians of its past). More than half of
 * the latest have to be slow: one that hangs, or a few of a heavy tail, are none.
 */
export class LatencyWatch {
  readonly #group = new AnswerTimes();
  readonly #past: Readonly<Record<keyof Speed, Past>> = {
    firstByteMs: new Past(GROUPS),
    fresh: new Past(GROUPS),
    msPerToken: new Past(GROUPS),
    allMsPerToken: new Past(GROUPS),
  };
  /** Of each group, how many times as long it took as was usual then. */
  readonly #paces = new Past(GROUPS);
  readonly #latest: Answer[] = [];
  #usual: Speed | undefined;
  #limit = Infinity;

  saw(answer: TimedAnswer, now: number): void {
    this.#group.add(answer);
    if (this.#usual === undefined) return;
    const { totalMs, fresh, output } = answer;
    this.#latest.push({ at: now, totalMs, usualMs: usualMs(this.#usual, { count: 1, fresh, output }) });
    while (this.#latest.length > LATEST || now - (this.#latest[0]?.at ?? now) > LATEST_MS) this.#latest.shift();
  }

  closeQuarter(): void {
    if (this.#group.count < LEAST_IN_GROUP) return;
    this.#remember();
    this.#group.clear();
  }

  learn(quarter: Quarter): void {
    this.#group.addQuarter(quarter);
    this.closeQuarter();
  }

  isOver(): boolean {
    return this.#latest.length >= LEAST_ANSWERS && this.#slow(this.#limit) * 2 > this.#latest.length;
  }

  isCalm(): boolean {
    return this.#slow(this.#limit / 2) * 2 <= this.#latest.length;
  }

  describe(agent: string, target: string): LatencyAnomaly {
    const latest = this.#latest;
    const slow = latest.find((answer) => isSlow(answer, this.#limit));
    return {
      kind: 'latency',
      agent,
      target,
      since: (slow?.at ?? 0) - (slow?.totalMs ?? 0),
      answers: latest.length,
      medianMs: median(latest.map(({ totalMs }) => totalMs)),
      usualMs: median(latest.map(({ usualMs }) => usualMs)),
    };
  }

  #remember(): void {
    const speed = this.#group.speed();
    if (speed === undefined) return;
    if (this.#usual !== undefined) this.#paces.add(this.#group.totalMs / usualMs(this.#usual, this.#group));
    const { firstByteMs, fresh, msPerToken, allMsPerToken } = this.#past;
    firstByteMs.add(speed.firstByteMs);
    fresh.add(speed.fresh);
    msPerToken.add(speed.msPerToken);
    allMsPerToken.add(speed.allMsPerToken);
    if (fresh.size < LEAST_GROUPS) return;
    this.#usual = {
      firstByteMs: firstByteMs.quantile(0.5),
      fresh: fresh.quantile(0.5),
      msPerToken: msPerToken.quantile(0.5),
      allMsPerToken: allMsPerToken.quantile(0.5),
    };
    if (this.#paces.size >= LEAST_PACES) this.#limit = Math.max(LEAST_TIMES, TIMES_SLOWEST * this.#paces.quantile(0.95));
  }

  #slow(times: number): number {
    let slow = 0;
    for (const answer of this.#latest) if (isSlow(answer, times)) slow += 1;
    return slow;
  }
}

function isSlow({ totalMs, usualMs }: Answer, times: number): boolean {
  return totalMs >= times * usualMs && totalMs - usualMs >= LEAST_DELAY_MS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

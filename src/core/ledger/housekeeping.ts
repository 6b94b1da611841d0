import type { DatabaseSync } from 'node:sqlite';
import type { Retention } from './records.ts';
import { anyMissed, rollUpMissed } from './rollups/missed.ts';
import { retentionSteps } from './rollups/retention.ts';
import type { Step } from './rollups/retention.ts';

interface Job {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly resolve: () => void;
}

/** Streams and settlements have their turn in between. A step takes a few milliseconds: so it takes a tenth of one thread at most. */
const PAUSE_MS = 25;
const LATER_MS = 1_000;
const MISSED_A_STEP = 200;
const rollUpStep: Step = (db, rollups) => rollUpMissed(db, rollups, MISSED_A_STEP);

/** Work on the book that nobody waits for: one step of one job at a time. A job that comes again takes the place of the one before. */
export class Housekeeping {
  readonly #run: (step: Step) => 'more' | 'done' | 'later';
  #jobs: Job[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `run` never throws; `later`: the book cannot be written now. */
  constructor(run: (step: Step) => 'more' | 'done' | 'later') {
    this.#run = run;
  }

  /** Looks for what is in no roll-up, and sees to it. */
  sweep(db: DatabaseSync): void {
    if (!this.#jobs.some((job) => job.name === 'sweep') && anyMissed(db)) void this.#add('sweep', [rollUpStep]);
  }

  /** As `HostLedger.applyRetention`. Rolls up first: a row that is in no roll-up is not deleted. */
  applyRetention(retention: Retention, now: number): Promise<void> {
    return this.#add('retention', [rollUpStep, ...retentionSteps(retention, now)]);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const job of this.#jobs) job.resolve();
    this.#jobs = [];
  }

  /** Resolves when the work is done, given up for a newer job of that name, or stopped. */
  #add(name: string, steps: readonly Step[]): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const former = this.#jobs.find((job) => job.name === name);
      this.#jobs = [...this.#jobs.filter((job) => job !== former), { name, steps, resolve }];
      former?.resolve();
      this.#timer ??= setTimeout(() => this.#step(), PAUSE_MS).unref();
    });
  }

  #step(): void {
    this.#timer = undefined;
    const [job, ...others] = this.#jobs;
    if (job === undefined) return;
    const [step, ...rest] = job.steps;
    const outcome = step === undefined ? 'done' : this.#run(step);
    if (this.#closed) return;
    if (outcome === 'done') {
      this.#jobs = rest.length > 0 ? [{ ...job, steps: rest }, ...others] : others;
      if (rest.length === 0) job.resolve();
    }
    if (this.#jobs.length > 0) this.#timer = setTimeout(() => this.#step(), outcome === 'later' ? LATER_MS : PAUSE_MS).unref();
  }
}

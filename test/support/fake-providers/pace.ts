import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualClock } from '../virtual-clock.ts';

/** How one request of a fake spends its time, and what a virtual clock is told of it. */
export interface Pace {
  /** Milliseconds since the epoch. */
  now(): number;
  /** A byte came or went. */
  touch(): void;
  /** Waits for the other side, which may take its time: a virtual clock moves on meanwhile. */
  idle(wait: Promise<void>): Promise<void>;
  /** Waits so many milliseconds, but never longer than the client stays. */
  pause(milliseconds: number, response: ServerResponse): Promise<void>;
  /** All that the step wants was done. */
  over(): void;
}

export function paceOf(clock: VirtualClock | undefined): Pace {
  return clock === undefined ? REAL : virtualPace(clock);
}

const REAL: Pace = {
  now: () => Date.now(),
  touch: () => undefined,
  idle: (wait) => wait,
  async pause(milliseconds, response) {
    const until = performance.now() + milliseconds;
    while (!response.closed && performance.now() < until) await sleep(Math.min(20, until - performance.now()));
  },
  over: () => undefined,
};

function virtualPace(clock: VirtualClock): Pace {
  let release = clock.hold();
  const idle = async (wait: Promise<void>): Promise<void> => {
    release();
    await wait;
    release = clock.hold();
  };
  return {
    now: () => clock.now(),
    touch: () => clock.touch(),
    idle,
    async pause(milliseconds, response) {
      if (response.closed) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = clock.after(milliseconds, resolve);
      response.once('close', resolve);
      await idle(promise);
      timer.cancel();
      response.off('close', resolve);
    },
    over: () => release(),
  };
}

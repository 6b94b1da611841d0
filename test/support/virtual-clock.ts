import { createServer, connect, type Server, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Timer, Timers } from '../../src/core/ports.ts';

/** 2 November 2026, noon UTC. */
const START = Date.UTC(2026, 10, 2, 12);
/** Unlike `START`, so that code that mixes the two clocks is found out. */
const MONOTONIC_START = 5000;

/** Node fires longer timers after 1 ms. That would be a fault of the code under test, so here it throws. */
const LONGEST = 2 ** 31 - 1;

/** Turns of the event loop in which promises, immediates and the callbacks of what is ready may follow from a timer. */
const SETTLE_TURNS = 4;
/** Looks in a row that must find nothing going on. */
const LOOKS = 4;

/** What is on its way outside JavaScript and comes back by itself. Writes are not among them: they wait for a reader who may not read. */
const UNDER_WAY = ['TCPConnectWrap', 'GetAddrInfoReqWrap', 'FSReqCallback', 'FSReqPromise'];

interface Armed {
  readonly run: () => void;
  readonly milliseconds: number;
  due: number;
  order: number;
}

/**
 * Time that passes when a test says so. Timers are rounded as Node rounds them: to whole milliseconds below, at least one.
 *
 * `autoAdvance` is for tests with real sockets, in which nobody can say when to move on. It jumps to the next timer only when nothing
 * can happen any more without one. The invariant of a jump: since the last activity
 * 1. nobody held the clock: every request that reached the fake is answered as far as its step says, or stalled on purpose, or waits
 *    for a timer of this clock, and what the test's client sends is out (`hold`);
 * 2. nobody used the clock: no byte was reported by the fake or the client (`touch`), no timer was made, cancelled or refreshed;
 * 3. no connection was being made, no name looked up, no file read;
 * 4. the event loop was idle (not: time went by) for `idleMs`, and several times in a row a byte went through a loopback socket and
 *    back. So a busy machine makes the judgement late and not wrong: what delays the gateway delays the loop and the byte as well.
 * What it does not see: a real timer longer than `idleMs` inside the code under test, and a large body that a client sends without
 * holding the clock.
 */
export class VirtualClock implements Clock, Timers {
  readonly #startAt: number;
  readonly #armed = new Set<Armed>();
  #elapsed = 0;
  #orders = 0;
  #activity = 0;
  #held = 0;

  constructor(startAt = START) {
    this.#startAt = startAt;
  }

  now(): number {
    return this.#startAt + this.#elapsed;
  }

  monotonic(): number {
    return MONOTONIC_START + this.#elapsed;
  }

  after(milliseconds: number, run: () => void): Timer {
    if (!(milliseconds <= LONGEST)) throw new RangeError(`a timer of ${milliseconds} ms fires at once in Node`);
    const armed: Armed = { run, milliseconds: Math.max(1, Math.trunc(milliseconds)), due: 0, order: 0 };
    let cancelled = false;
    this.#arm(armed);
    return {
      cancel: () => {
        cancelled = true;
        if (this.#armed.delete(armed)) this.touch();
      },
      refresh: () => {
        if (!cancelled) this.#arm(armed);
      },
    };
  }

  /** Timers that wait. A test that ends with any has found a leak. */
  get pending(): number {
    return this.#armed.size;
  }

  /** Runs what is due until then, in order, and lets everything that follows from each timer happen before the next. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#elapsed + milliseconds;
    await settle();
    for (let next = this.#next(); next !== undefined && next.due <= until; next = this.#next()) {
      this.#run(next);
      await settle();
    }
    this.#elapsed = Math.max(this.#elapsed, until);
  }

  /** Something happened: a byte was sent or received. */
  touch(): void {
    this.#activity += 1;
  }

  /** Keeps `autoAdvance` from jumping until it is released; releasing twice does nothing. */
  hold(): () => void {
    let released = false;
    this.#held += 1;
    this.touch();
    return () => {
      if (released) return;
      released = true;
      this.#held -= 1;
      this.touch();
    };
  }

  /** Moves on by itself, see above. `idleMs`: milliseconds of an idle event loop. To be stopped before the test ends. */
  autoAdvance(idleMs = 4): { stop(): void } {
    const watch = { stopped: false };
    // A timer that throws ends the test as it would in Node: as an unhandled rejection.
    void this.#moveOn(watch, idleMs);
    return { stop: () => void (watch.stopped = true) };
  }

  async #moveOn(watch: { readonly stopped: boolean }, idleMs: number): Promise<void> {
    const loop = new Loopback();
    try {
      while (!watch.stopped) {
        const quiet = await this.#isQuiet(loop, idleMs);
        const next = this.#next();
        if (!quiet || watch.stopped || next === undefined) continue;
        this.#run(next);
        // Those of the same moment belong together, as in one turn of Node's timers.
        for (let peer = this.#next(); peer !== undefined && peer.due <= this.#elapsed; peer = this.#next()) {
          this.#run(peer);
          await turn();
        }
      }
    } finally {
      loop.close();
    }
  }

  async #isQuiet(loop: Loopback, idleMs: number): Promise<boolean> {
    const before = this.#activity;
    const idleBefore = performance.nodeTiming.idleTime;
    for (let looks = 0; looks < LOOKS || performance.nodeTiming.idleTime - idleBefore < idleMs; looks++) {
      await sleep(1);
      if (this.#armed.size === 0 || this.#held > 0) return false;
      await loop.roundTrip();
      await turn();
      if (this.#activity !== before || this.#held > 0) return false;
      if (process.getActiveResourcesInfo().some((resource) => UNDER_WAY.includes(resource))) return false;
    }
    return true;
  }

  #arm(armed: Armed): void {
    armed.due = this.#elapsed + armed.milliseconds;
    armed.order = this.#orders += 1;
    this.#armed.add(armed);
    this.touch();
  }

  #next(): Armed | undefined {
    let next: Armed | undefined;
    for (const each of this.#armed) {
      if (next === undefined || each.due < next.due || (each.due === next.due && each.order < next.order)) next = each;
    }
    return next;
  }

  #run(armed: Armed): void {
    this.#armed.delete(armed);
    this.#elapsed = Math.max(this.#elapsed, armed.due);
    this.touch();
    armed.run();
  }
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < SETTLE_TURNS; turns++) await turn();
}

/**
 * A byte to itself through the kernel. The kernel hands over what travels within this machine in order, so what was written to any
 * local socket before the byte left has arrived when it is back.
 */
class Loopback {
  readonly #ready: Promise<Socket>;
  #server: Server | undefined;
  #peer: Socket | undefined;

  constructor() {
    this.#ready = new Promise((resolve, reject) => {
      const server = createServer((peer) => {
        this.#peer = peer.unref().setNoDelay(true);
        peer.on('error', () => undefined).pipe(peer);
      });
      this.#server = server.unref();
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
        socket.unref().setNoDelay(true);
        socket.on('error', reject).on('connect', () => resolve(socket));
      });
    });
  }

  async roundTrip(): Promise<void> {
    const socket = await this.#ready;
    await new Promise<void>((resolve) => {
      socket.once('data', () => resolve());
      socket.write('.');
    });
  }

  close(): void {
    this.#server?.close();
    this.#peer?.destroy();
    void this.#ready.then((socket) => socket.destroy());
  }
}

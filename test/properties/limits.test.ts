import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { FairQueue } from '../../src/core/routing/limits/fair-queue.ts';
import { Limiter, type Limits, type Ticket, type Waiting } from '../../src/core/routing/limits/limiter.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const MINUTE = 60_000;
const NAME = 'key/anthropic/work';

type Step =
  | { readonly do: 'enter'; readonly flow: string; readonly tokens: number }
  | { readonly do: 'leave'; readonly pick: number; readonly actual: number | undefined }
  | { readonly do: 'cancel'; readonly pick: number }
  | { readonly do: 'wait'; readonly ms: number };

const anyFlow = fc.constantFrom('a', 'b', 'c');
const anyEnter = fc.record({ do: fc.constant('enter' as const), flow: anyFlow, tokens: fc.integer({ min: 0, max: 400 }) });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: anyEnter },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('leave' as const),
      pick: fc.nat(),
      actual: fc.option(fc.integer({ min: 0, max: 600 }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 8000 }) }) },
);
/** Long enough to fill what there is to fill: a short schedule breaks no limit, so it proves none. */
const anySteps = fc.array(anyStep, { minLength: 20, maxLength: 40 });
const anyLimits: fc.Arbitrary<Limits> = fc.record({
  requestsPerMinute: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  tokensPerMinute: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
  concurrent: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  queue: fc.integer({ min: 0, max: 6 }),
  queueMs: fc.integer({ min: 0, max: 40_000 }),
});

interface Asked {
  readonly flow: string;
  readonly tokens: number;
  readonly at: number;
  waiting: Waiting | undefined;
  ticket: Ticket | undefined;
}

/** A world of one scope: what was asked, who is in, and what was counted, as an onlooker knows it. */
class World {
  readonly clock = new VirtualClock();
  readonly limiter = new Limiter(this.clock, this.clock);
  readonly began = this.clock.monotonic();
  readonly admissions: { readonly asked: Asked; readonly at: number }[] = [];
  readonly waits: number[] = [];
  running: Asked[] = [];
  waiting: Asked[] = [];
  /** Estimates and their corrections. */
  tokens = 0;
  readonly limits: Limits;
  readonly check: () => void;

  constructor(limits: Limits, check: (world: World) => void = () => undefined) {
    this.limits = limits;
    this.check = () => check(this);
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#step(step);
      await this.clock.advance(step.do === 'wait' ? step.ms : 0);
      this.check();
    }
  }

  /** Everybody goes home. */
  async end(): Promise<void> {
    for (const { waiting } of this.waiting) waiting?.cancel();
    for (const { ticket } of this.running) ticket?.leave(0);
    this.running = [];
    await this.clock.advance(0);
  }

  #step(step: Step): void {
    if (step.do === 'enter') this.#enter(step.flow, step.tokens);
    if (step.do === 'leave' && this.running.length > 0) {
      const [asked] = this.running.splice(step.pick % this.running.length, 1);
      assert.ok(asked);
      if (step.actual !== undefined) this.tokens += step.actual - asked.tokens;
      asked.ticket?.leave(step.actual);
      asked.ticket?.leave(0);
    }
    if (step.do === 'cancel' && this.waiting.length > 0) this.waiting[step.pick % this.waiting.length]?.waiting?.cancel();
  }

  #enter(flow: string, tokens: number): void {
    const asked: Asked = { flow, tokens, at: this.clock.monotonic(), waiting: undefined, ticket: undefined };
    const could = this.limiter.couldEnter({ name: NAME, limits: this.limits }, tokens);
    const entry = this.limiter.enter({ name: NAME, limits: this.limits }, flow, tokens);
    assert.equal(entry.kind === 'entered', could, 'couldEnter tells what enter does');
    if (entry.kind === 'entered') return this.#admitted(asked, entry);
    if (entry.kind === 'refused') return assert.ok(entry.waitMs >= 1000 && Number.isInteger(entry.waitMs));
    asked.waiting = entry;
    this.waiting.push(asked);
    void entry.entered.then((outcome) => {
      this.waiting.splice(this.waiting.indexOf(asked), 1);
      this.waits.push(this.clock.monotonic() - asked.at);
      if (outcome.kind === 'entered') this.#admitted(asked, outcome);
    });
  }

  #admitted(asked: Asked, ticket: Ticket): void {
    asked.ticket = ticket;
    this.running.push(asked);
    this.admissions.push({ asked, at: this.clock.monotonic() });
    this.tokens += asked.tokens;
    this.check();
  }
}

async function always(check: (world: World) => void, limits = anyLimits, steps = anySteps): Promise<void> {
  await fc.assert(
    fc.asyncProperty(limits, steps, async (limits, steps) => {
      const world = new World(limits, check);
      await world.run(steps);
      await world.end();
    }),
    { numRuns: 80 },
  );
}

describe('limits, whatever happens', () => {
  it('never do more run than may', () =>
    always(({ limiter, limits, running }) => {
      if (limits.concurrent !== undefined) assert.ok(running.length <= limits.concurrent);
      assert.ok(limiter.usage(NAME).waiting <= limits.queue);
    }));

  it('within any minute never more than twice the rate enters, and in the long run never more than the rate', () =>
    always(({ limits: { requestsPerMinute }, admissions, began }) => {
      const last = admissions.at(-1);
      if (requestsPerMinute === undefined || last === undefined) return;
      const inMinute = admissions.filter(({ at }) => at > last.at - MINUTE).length;
      assert.ok(inMinute <= 2 * requestsPerMinute);
      assert.ok(admissions.length <= requestsPerMinute * (1 + (last.at - began) / MINUTE) + 1e-6);
    }));

  it('never are more tokens given out than have come in, but for a single request larger than a minute', () => {
    let checked: Asked | undefined;
    return always(
      (world) => {
        const last = world.admissions.at(-1);
        const rate = world.limits.tokensPerMinute ?? 0;
        // Only in the moment of an admission: a correction upwards may make debt at any other.
        if (last === undefined || last.asked !== world.running.at(-1) || last.at !== world.clock.monotonic()) return;
        if (last.asked === checked) return;
        checked = last.asked;
        const most = rate * (1 + (last.at - world.began) / MINUTE) + Math.max(0, last.asked.tokens - rate);
        assert.ok(world.tokens <= most + 1e-6, `${world.tokens} tokens, at most ${most}`);
      },
      anyLimits.map((limits) => ({ ...limits, tokensPerMinute: limits.tokensPerMinute ?? 300 })),
    );
  });
  it('nobody waits longer than may be waited', () =>
    always(({ limits, waits, waiting, clock }) => {
      for (const ms of waits) assert.ok(ms <= limits.queueMs);
      for (const { at } of waiting) assert.ok(clock.monotonic() - at < limits.queueMs);
    }));

  it('who came first in a flow gets in first', () =>
    always(({ admissions }) => {
      const last = admissions.at(-1);
      const before = admissions.findLast(({ asked }) => asked.flow === last?.asked.flow && asked !== last.asked);
      if (last && before) assert.ok(before.asked.at <= last.asked.at);
    }));

  it('nobody is kept waiting while there is room', () =>
    always(({ limits, limiter, running, waiting, clock }) => {
      if (limits.requestsPerMinute === undefined && limits.tokensPerMinute === undefined && waiting.length > 0) {
        assert.equal(running.length, limits.concurrent);
      }
      assert.equal(limiter.usage(NAME).waiting === 0, clock.pending === 0, 'timers are there for those who wait');
    }));

  it('when all have gone it is as at the beginning', async () => {
    await fc.assert(
      fc.asyncProperty(anyLimits, anySteps, async (limits, steps) => {
        const world = new World(limits);
        await world.run(steps);
        await world.end();
        // Who got in because another left in this very moment.
        await world.end();
        const { limiter, clock } = world;
        assert.equal(clock.pending, 0);
        const { running, waiting } = limiter.usage(NAME);
        assert.deepEqual({ running, waiting }, { running: 0, waiting: 0 });
        // Debt of at most 40 requests with 600 tokens each.
        await clock.advance((1 + (40 * 600) / (limits.tokensPerMinute ?? 1)) * MINUTE);
        assert.deepEqual(limiter.usage(NAME), new Limiter(clock, clock).usage(NAME));
        assert.ok(limiter.couldEnter({ name: NAME, limits }, limits.tokensPerMinute ?? 0));
      }),
      { numRuns: 80 },
    );
  });
});

describe('FairQueue, whatever happens', () => {
  const anyMoves = fc.array(fc.oneof({ weight: 3, arbitrary: anyFlow }, { weight: 2, arbitrary: fc.constant('take' as const) }), {
    minLength: 15,
    maxLength: 40,
  });

  it('no flow is passed over twice by another', () => {
    fc.assert(
      fc.property(anyMoves, (moves) => {
        const queue = new FairQueue<string>();
        /** For each flow that waits: who was served since its turn began. */
        const passed = new Map<string, Set<string>>();
        for (const move of moves) {
          if (move !== 'take') {
            if (queue.lengthOf(move) === 0) passed.set(move, new Set());
            queue.push(move, move);
            continue;
          }
          const served = queue.take();
          if (served === undefined) continue;
          passed.delete(served);
          for (const [flow, by] of passed) {
            assert.ok(!by.has(served), `${served} was served twice while ${flow} waited`);
            by.add(served);
          }
          if (queue.lengthOf(served) > 0) passed.set(served, new Set());
        }
      }),
    );
  });

  it('tells beforehand who is served before whom', () => {
    fc.assert(
      fc.property(anyMoves, anyFlow, (moves, flow) => {
        const queue = new FairQueue<object>();
        for (const move of moves) {
          if (move === 'take') queue.take();
          else queue.push(move, {});
        }
        const ahead = new Set<object>();
        queue.visitAhead(flow, queue.lengthOf(flow), (item) => ahead.add(item));
        const newcomer = {};
        queue.push(flow, newcomer);
        const served = new Set<object>();
        for (let item = queue.take(); item !== newcomer; item = queue.take()) {
          assert.ok(item);
          served.add(item);
        }
        assert.deepEqual(served.size, ahead.size);
        for (const item of served) assert.ok(ahead.has(item));
      }),
    );
  });
});

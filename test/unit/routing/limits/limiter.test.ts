import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import {
  Limiter,
  type Limits,
  type LimitRefusal,
  type Scope,
  type Ticket,
  type Waiting,
} from '../../../../src/core/routing/limits/limiter.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const MINUTE = 60_000;

type Entry = Ticket | LimitRefusal | Waiting;

let clock: VirtualClock;
let limiter: Limiter;

beforeEach(() => {
  clock = new VirtualClock();
  limiter = new Limiter(clock, clock);
});

function scope(limits: Partial<Limits>, name = 'agent/codex'): Scope {
  return { name, limits: { queue: 64, queueMs: 30_000, ...limits } };
}

function ticket(entry: Entry): Ticket {
  assert.ok(entry.kind === 'entered', `${entry.kind} is not a ticket`);
  return entry;
}

function refusal(entry: Entry): LimitRefusal {
  assert.ok(entry.kind === 'refused', `${entry.kind} is not a refusal`);
  return entry;
}

function waiting(entry: Entry): Waiting {
  assert.ok(entry.kind === 'waiting', `${entry.kind} is not waiting`);
  return entry;
}

/** What became of one who waits, without waiting for it. */
async function soFar({ entered }: Waiting): Promise<Ticket | LimitRefusal | 'still waiting'> {
  await clock.advance(0);
  return Promise.race([entered, Promise.resolve('still waiting' as const)]);
}

async function stateOf(waiter: Waiting): Promise<string> {
  const outcome = await soFar(waiter);
  return typeof outcome === 'string' ? outcome : outcome.kind;
}

describe('Limiter', () => {
  describe('without limits', () => {
    it('lets everybody in, and keeps nothing', () => {
      const free = scope({});
      const first = ticket(limiter.enter(free, 's', 1e9));
      assert.equal(limiter.enter(free, 's', 1), first);
      assert.ok(limiter.couldEnter(free, 1e9));
      first.leave(5);
      assert.deepEqual(limiter.usage(free.name), { requestsLeft: undefined, tokensLeft: undefined, running: 0, waiting: 0 });
    });
  });

  describe('concurrency', () => {
    it('lets in as many as may run, and the next when one leaves', async () => {
      const two = scope({ concurrent: 2 });
      const first = ticket(limiter.enter(two, 's', 0));
      ticket(limiter.enter(two, 's', 0));
      assert.equal(limiter.couldEnter(two, 0), false);
      const third = waiting(limiter.enter(two, 's', 0));
      assert.equal(await stateOf(third), 'still waiting');
      assert.deepEqual(limiter.usage(two.name), { requestsLeft: undefined, tokensLeft: undefined, running: 2, waiting: 1 });
      first.leave(undefined);
      assert.equal(await stateOf(third), 'entered');
      assert.equal(clock.pending, 0);
    });

    it('frees one place for one ticket, however often it is left', async () => {
      const one = scope({ concurrent: 1 });
      const first = ticket(limiter.enter(one, 's', 0));
      first.leave(undefined);
      ticket(limiter.enter(one, 's', 0));
      first.leave(undefined);
      assert.equal(limiter.couldEnter(one, 0), false);
      assert.equal(limiter.usage(one.name).running, 1);
    });

    it('refuses who waited as long as may be waited', async () => {
      const one = scope({ concurrent: 1, queueMs: 5000 });
      ticket(limiter.enter(one, 's', 0));
      const late = waiting(limiter.enter(one, 's', 0));
      await clock.advance(4999);
      assert.equal(await stateOf(late), 'still waiting');
      await clock.advance(1);
      assert.deepEqual(await soFar(late), { kind: 'refused', limit: 'concurrent', waitMs: 5000, queueFull: false });
      assert.equal(clock.pending, 0);
    });

    it('tells by recent durations when to come again', async () => {
      const two = scope({ concurrent: 2, queue: 0 });
      for (let round = 0; round < 3; round++) {
        const tickets = [ticket(limiter.enter(two, 's', 0)), ticket(limiter.enter(two, 's', 0))];
        await clock.advance(8000);
        for (const each of tickets) each.leave(undefined);
      }
      ticket(limiter.enter(two, 's', 0));
      ticket(limiter.enter(two, 's', 0));
      // Two that run 8 s each: somebody leaves every 4 s.
      assert.deepEqual(refusal(limiter.enter(two, 's', 0)), {
        kind: 'refused',
        limit: 'concurrent',
        waitMs: 4000,
        queueFull: true,
      });
      await clock.advance(60_000);
      assert.equal(refusal(limiter.enter(two, 's', 0)).waitMs, 30_000, 'those that run far longer than usual will not end soon');
    });

    it('goes by the mean of recent durations, not by the last', async () => {
      const one = scope({ concurrent: 1, queue: 0 });
      for (const ms of [3000, 13_000]) {
        const run = ticket(limiter.enter(one, 's', 0));
        await clock.advance(ms);
        run.leave(undefined);
      }
      ticket(limiter.enter(one, 's', 0));
      assert.equal(refusal(limiter.enter(one, 's', 0)).waitMs, 5000);
    });

    it('refuses at once who would have to wait too long', async () => {
      const one = scope({ concurrent: 1, queueMs: 10_000 });
      const first = ticket(limiter.enter(one, 's', 0));
      await clock.advance(20_000);
      first.leave(undefined);
      ticket(limiter.enter(one, 's', 0));
      assert.deepEqual(refusal(limiter.enter(one, 's', 0)), {
        kind: 'refused',
        limit: 'concurrent',
        waitMs: 20_000,
        queueFull: false,
      });
    });

    it('never tells to come again within the second', () => {
      const one = scope({ concurrent: 1, queue: 0 });
      ticket(limiter.enter(one, 's', 0));
      assert.equal(refusal(limiter.enter(one, 's', 0)).waitMs, 1000);
    });

    it('never tells a time that is no number', () => {
      const none = scope({ concurrent: 0, requestsPerMinute: 0 });
      assert.equal(refusal(limiter.enter(none, 's', 0)).waitMs, 24 * 60 * MINUTE);
    });
  });

  describe('rates', () => {
    it('lets a minute of requests in at once and the next when its time has come', async () => {
      const sixty = scope({ requestsPerMinute: 60 });
      for (let count = 0; count < 60; count++) ticket(limiter.enter(sixty, 's', 0)).leave(0);
      const next = waiting(limiter.enter(sixty, 's', 0));
      const second = waiting(limiter.enter(sixty, 's', 0));
      await clock.advance(999);
      assert.equal(await stateOf(next), 'still waiting');
      await clock.advance(1);
      assert.equal(await stateOf(next), 'entered');
      assert.equal(await stateOf(second), 'still waiting');
      await clock.advance(1000);
      assert.equal(await stateOf(second), 'entered');
      assert.equal(clock.pending, 0);
    });

    it('tells exactly when there will be enough, behind those who wait', () => {
      const sixty = scope({ requestsPerMinute: 60, queueMs: 2000 });
      for (let count = 0; count < 60; count++) ticket(limiter.enter(sixty, 's', 0));
      waiting(limiter.enter(sixty, 's', 0));
      waiting(limiter.enter(sixty, 's', 0));
      assert.deepEqual(refusal(limiter.enter(sixty, 's', 0)), {
        kind: 'refused',
        limit: 'requests',
        waitMs: 3000,
        queueFull: false,
      });
    });

    it('counts the tokens of those who wait', () => {
      const some = scope({ tokensPerMinute: 1000, queueMs: 15_000 });
      ticket(limiter.enter(some, 's', 1000));
      waiting(limiter.enter(some, 's', 200));
      assert.deepEqual(refusal(limiter.enter(some, 's', 100)), {
        kind: 'refused',
        limit: 'tokens',
        waitMs: 18_000,
        queueFull: false,
      });
    });

    it('needs no timer in time', () => {
      let now = 0;
      const idle = { cancel: () => undefined, refresh: () => undefined };
      const late = new Limiter({ now: () => now, monotonic: () => now }, { after: () => idle });
      const two = scope({ requestsPerMinute: 2 });
      for (let count = 0; count < 2; count++) ticket(late.enter(two, 's', 0));
      waiting(late.enter(two, 's', 0));
      now = 120_000;
      ticket(late.enter(two, 's', 0));
      assert.equal(late.usage(two.name).waiting, 0);
    });

    it('sets one timer for one wait', async () => {
      let made = 0;
      const counted = new Limiter(clock, { after: (ms, run) => ((made += 1), clock.after(ms, run)) });
      const seven = scope({ requestsPerMinute: 7 });
      for (let count = 0; count < 7; count++) ticket(counted.enter(seven, 's', 0));
      const next = waiting(counted.enter(seven, 's', 0));
      await clock.advance(8572);
      assert.equal(await stateOf(next), 'entered');
      assert.equal(made, 2, 'the rate and the longest wait');
    });

    it('tells whole requests and tokens', async () => {
      const some = scope({ requestsPerMinute: 60, tokensPerMinute: 60 });
      for (let count = 0; count < 10; count++) ticket(limiter.enter(some, 's', 1));
      await clock.advance(1500);
      assert.deepEqual(limiter.usage(some.name), { requestsLeft: 51, tokensLeft: 51, running: 10, waiting: 0 });
    });

    it('lets in at the very moment in which the wait would be over', async () => {
      const sixty = scope({ requestsPerMinute: 60, queueMs: 1000 });
      for (let count = 0; count < 60; count++) ticket(limiter.enter(sixty, 's', 0));
      const last = waiting(limiter.enter(sixty, 's', 0));
      await clock.advance(1000);
      assert.equal(await stateOf(last), 'entered');
    });

    it('names the limit that takes longest', () => {
      const both = scope({ requestsPerMinute: 1, tokensPerMinute: 100, queue: 0 });
      ticket(limiter.enter(both, 's', 300));
      assert.deepEqual(refusal(limiter.enter(both, 's', 100)), {
        kind: 'refused',
        limit: 'tokens',
        waitMs: 180_000,
        queueFull: true,
      });
      assert.equal(limiter.couldEnter(both, 0), false);
    });

    it('lets a request of more than a minute in, and others after it is paid for', async () => {
      const small = scope({ tokensPerMinute: 1000, queueMs: 600_000 });
      ticket(limiter.enter(small, 's', 5000)).leave(undefined);
      assert.equal(limiter.usage(small.name).tokensLeft, -4000);
      const next = waiting(limiter.enter(small, 's', 1000));
      await clock.advance(299_999);
      assert.equal(await stateOf(next), 'still waiting');
      await clock.advance(1);
      assert.equal(await stateOf(next), 'entered');
    });

    it('corrects the estimate when the request is over, in both directions', () => {
      const some = scope({ tokensPerMinute: 1000 });
      const much = ticket(limiter.enter(some, 's', 800));
      much.leave(100);
      much.leave(0);
      assert.equal(limiter.usage(some.name).tokensLeft, 900);
      ticket(limiter.enter(some, 's', 100)).leave(1900);
      assert.equal(limiter.usage(some.name).tokensLeft, -1000);
      assert.equal(refusal(limiter.enter(some, 's', 0)).waitMs, 60_000);
    });

    it('lets those in for whom a correction makes room', async () => {
      const some = scope({ tokensPerMinute: 1000 });
      const first = ticket(limiter.enter(some, 's', 1000));
      const next = waiting(limiter.enter(some, 's', 500));
      first.leave(10);
      assert.equal(await stateOf(next), 'entered');
      assert.equal(clock.pending, 0);
    });

    for (const absurd of [NaN, -1, Infinity, -Infinity]) {
      it(`takes ${absurd} tokens for no tokens, and as a correction for none`, () => {
        const some = scope({ tokensPerMinute: 1000 });
        ticket(limiter.enter(some, 's', absurd)).leave(undefined);
        ticket(limiter.enter(some, 's', 100)).leave(absurd);
        assert.equal(limiter.usage(some.name).tokensLeft, 900);
        assert.ok(limiter.couldEnter(some, absurd));
      });
    }
  });

  describe('the queue', () => {
    it('serves flows in turn', async () => {
      const one = scope({ concurrent: 1 });
      let running = ticket(limiter.enter(one, 'a', 0));
      const order: string[] = [];
      for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) {
        void waiting(limiter.enter(one, name.charAt(0), 0)).entered.then((entry) => {
          assert.ok(entry.kind === 'entered');
          order.push(name);
          running = entry;
        });
      }
      for (let left = 5; left > 0; left--) {
        running.leave(0);
        await clock.advance(10);
      }
      assert.deepEqual(order, ['a1', 'b1', 'c1', 'a2', 'a3']);
    });

    it('lets nobody overtake a large request, though a small one would fit', async () => {
      const some = scope({ tokensPerMinute: 1000 });
      ticket(limiter.enter(some, 'a', 600));
      const large = waiting(limiter.enter(some, 'a', 800));
      const small = waiting(limiter.enter(some, 'b', 1));
      assert.equal(limiter.couldEnter(some, 1), false);
      await clock.advance(23_999);
      assert.equal(await stateOf(small), 'still waiting');
      await clock.advance(1);
      assert.equal(await stateOf(large), 'entered');
      assert.equal(await stateOf(small), 'still waiting');
    });

    it('expects a flow of one to be served before a flow of many', async () => {
      const slow = scope({ requestsPerMinute: 60, queueMs: 5000 });
      for (let count = 0; count < 60; count++) ticket(limiter.enter(slow, 'a', 0));
      for (let count = 0; count < 5; count++) waiting(limiter.enter(slow, 'a', 0));
      assert.equal(refusal(limiter.enter(slow, 'a', 0)).waitMs, 6000);
      const other = waiting(limiter.enter(slow, 'b', 0));
      await clock.advance(2000);
      assert.equal(await stateOf(other), 'entered');
    });

    it('refuses at once when it is full', () => {
      const small = scope({ concurrent: 1, queue: 2 });
      for (let count = 0; count < 3; count++) limiter.enter(small, 'a', 0);
      assert.equal(refusal(limiter.enter(small, 'a', 0)).queueFull, true);
      assert.equal(limiter.usage(small.name).waiting, 2);
    });

    it('makes room for a flow that has fewer by the newest of the largest', async () => {
      const small = scope({ concurrent: 1, queue: 3 });
      ticket(limiter.enter(small, 'a', 0));
      const [first, second, newest] = [1, 2, 3].map(() => waiting(limiter.enter(small, 'a', 0)));
      assert.ok(first && second && newest);
      const other = waiting(limiter.enter(small, 'b', 0));
      const outcome = await soFar(newest);
      assert.ok(outcome !== 'still waiting' && outcome.kind === 'refused' && outcome.queueFull);
      for (const each of [first, second, other]) assert.equal(await stateOf(each), 'still waiting');
      assert.equal(refusal(limiter.enter(small, 'b', 0)).queueFull, true, 'a has two and keeps them');
      assert.equal(limiter.usage(small.name).waiting, 3);
    });

    it('gives the place of one who went away to the next, at once', async () => {
      const small = scope({ concurrent: 1, queue: 1 });
      ticket(limiter.enter(small, 'a', 0));
      const gone = waiting(limiter.enter(small, 'a', 0));
      gone.cancel();
      gone.cancel();
      assert.equal(limiter.usage(small.name).waiting, 0);
      assert.equal(clock.pending, 0);
      waiting(limiter.enter(small, 'a', 0));
      assert.equal(await stateOf(gone), 'refused');
    });

    it('lets those in who waited behind a large one that went away', async () => {
      const some = scope({ tokensPerMinute: 1000 });
      ticket(limiter.enter(some, 'a', 600));
      const large = waiting(limiter.enter(some, 'a', 800));
      const small = waiting(limiter.enter(some, 'b', 1));
      large.cancel();
      assert.equal(await stateOf(small), 'entered');
      assert.equal(clock.pending, 0);
    });

    it('lets those in who waited behind a large one that waited in vain', async () => {
      const some = scope({ tokensPerMinute: 1000, queueMs: 20_000 });
      const first = ticket(limiter.enter(some, 'a', 600));
      const large = waiting(limiter.enter(some, 'a', 700));
      await clock.advance(1000);
      const small = waiting(limiter.enter(some, 'b', 1));
      first.leave(1000);
      await clock.advance(19_000);
      assert.equal(await stateOf(large), 'refused');
      assert.equal(await stateOf(small), 'entered');
      assert.equal(clock.pending, 0);
    });

    it('refuses in time also behind the debt of a month', async () => {
      const some = scope({ tokensPerMinute: 1000 });
      const first = ticket(limiter.enter(some, 'a', 900));
      const next = waiting(limiter.enter(some, 'a', 200));
      first.leave(50_000_000);
      await clock.advance(30_000);
      assert.deepEqual(await soFar(next), { kind: 'refused', limit: 'tokens', waitMs: 24 * 60 * MINUTE, queueFull: false });
    });

    it('leaves a ticket that nobody has taken yet when its agent goes away', async () => {
      const one = scope({ concurrent: 1 });
      const first = ticket(limiter.enter(one, 'a', 0));
      const gone = waiting(limiter.enter(one, 'a', 0));
      const next = waiting(limiter.enter(one, 'b', 0));
      first.leave(0);
      gone.cancel();
      assert.equal(await stateOf(next), 'entered');
      const late = await gone.entered;
      if (late.kind === 'entered') late.leave(0);
      assert.equal(limiter.usage(one.name).running, 1);
    });
  });

  describe('changed limits', () => {
    it('let those in who wait, with the next to come', async () => {
      const waiter = [
        ticket(limiter.enter(scope({ concurrent: 1 }), 'a', 0)),
        waiting(limiter.enter(scope({ concurrent: 1 }), 'a', 0)),
      ];
      ticket(limiter.enter(scope({ concurrent: 3 }), 'b', 0));
      assert.equal(await stateOf(waiting(waiter[1] as Entry)), 'entered');
      assert.equal(limiter.usage('agent/codex').running, 3);
    });

    it('let those in who wait for a rate', async () => {
      ticket(limiter.enter(scope({ requestsPerMinute: 2 }), 'a', 0));
      ticket(limiter.enter(scope({ requestsPerMinute: 2 }), 'a', 0));
      const waiter = waiting(limiter.enter(scope({ requestsPerMinute: 2 }), 'a', 0));
      ticket(limiter.enter(scope({ requestsPerMinute: 10 }), 'b', 0));
      assert.equal(await stateOf(waiter), 'entered');
      assert.equal(limiter.usage('agent/codex').requestsLeft, 6);
      assert.equal(clock.pending, 0);
    });

    it('let everybody in when there are none any more', async () => {
      const first = ticket(limiter.enter(scope({ concurrent: 1 }), 'a', 0));
      const waiter = waiting(limiter.enter(scope({ concurrent: 1 }), 'a', 0));
      ticket(limiter.enter(scope({}), 'b', 0));
      assert.equal(await stateOf(waiter), 'entered');
      first.leave(0);
      const entered = await waiter.entered;
      assert.ok(entered.kind === 'entered');
      entered.leave(0);
      assert.equal(limiter.usage('agent/codex').running, 0);
    });

    it('count for those who come, and take nothing from those who run', () => {
      const tickets = [1, 2, 3].map(() => ticket(limiter.enter(scope({ concurrent: 3, queue: 0 }), 'a', 0)));
      const lower = scope({ concurrent: 1, queue: 0 });
      for (const each of tickets) {
        assert.equal(limiter.enter(lower, 'a', 0).kind, 'refused');
        each.leave(0);
      }
      ticket(limiter.enter(lower, 'a', 0));
    });

    it('do not correct what was entered before tokens were limited', () => {
      const first = ticket(limiter.enter(scope({ concurrent: 9 }), 'a', 500));
      ticket(limiter.enter(scope({ tokensPerMinute: 1000 }), 'a', 100));
      first.leave(900);
      assert.equal(limiter.usage('agent/codex').tokensLeft, 900);
    });
  });

  describe('memory', () => {
    it('keeps scopes apart', () => {
      ticket(limiter.enter(scope({ concurrent: 1 }, 'key/a'), 's', 0));
      ticket(limiter.enter(scope({ concurrent: 1 }, 'key/b'), 's', 0));
      assert.equal(limiter.couldEnter(scope({ concurrent: 1 }, 'key/a'), 0), false);
    });

    it('shows a scope that is idle and full again like one that was never seen', async () => {
      const some = scope({ requestsPerMinute: 60, tokensPerMinute: 600 });
      ticket(limiter.enter(some, 's', 100)).leave(60);
      assert.deepEqual(limiter.usage(some.name), { requestsLeft: 59, tokensLeft: 540, running: 0, waiting: 0 });
      await clock.advance(6000);
      assert.deepEqual(limiter.usage(some.name), limiter.usage('agent/never-seen'));
      const requests = scope({ requestsPerMinute: 60 });
      ticket(limiter.enter(requests, 's', 100)).leave(60);
      assert.equal(limiter.usage(some.name).requestsLeft, 59);
    });

    it('keeps no more scopes than were used of late', async () => {
      // Seen from outside by what a forgotten scope does not know any more: how long its requests ran.
      const old = scope({ concurrent: 1, queue: 0 }, 'agent/old');
      const first = ticket(limiter.enter(old, 's', 0));
      await clock.advance(50_000);
      first.leave(0);
      const busy = scope({ concurrent: 1, queue: 0 }, 'agent/busy');
      ticket(limiter.enter(busy, 's', 0));
      for (let count = 0; count < 200; count++) ticket(limiter.enter(scope({ concurrent: 1 }, `agent/${count}`), 's', 0)).leave(0);
      ticket(limiter.enter(old, 's', 0));
      assert.equal(refusal(limiter.enter(old, 's', 0)).waitMs, 1000);
      assert.equal(limiter.usage(busy.name).running, 1);
    });
  });
});

import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { covers, type Budget, type Spender } from '../../src/core/ledger/budgets/budget.ts';
import { scopeCondition } from '../../src/core/ledger/budgets/scope-sql.ts';
import { calendarSpan } from '../../src/core/ledger/budgets/windows.ts';
import { asking, budgetDatabase, budgetsOf, Desk, SetClock } from '../unit/ledger/budgets/budget-kit.ts';
import { NOON, scratch } from '../unit/ledger/ledger-kit.ts';

const HOUR = 3_600_000;

type Step =
  | {
      readonly do: 'reserve';
      readonly desk: number;
      readonly spender: Spender;
      readonly worst: number | undefined;
      readonly late: number;
    }
  | { readonly do: 'again'; readonly pick: number; readonly provider: string; readonly worst: number }
  | { readonly do: 'open'; readonly pick: number }
  /** `part` of the worst case; 1.5 for one that was estimated too low. */
  | { readonly do: 'settle'; readonly pick: number; readonly part: number }
  | { readonly do: 'release'; readonly pick: number }
  | { readonly do: 'wait'; readonly hours: number };

const step = (kind: Step['do'], rest: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
  fc.record({ do: fc.constant(kind), ...rest }) as unknown as fc.Arbitrary<Step>;

const anyProvider = fc.constantFrom('anthropic', 'openai');
const anySpender: fc.Arbitrary<Spender> = fc.record({
  workspace: fc.constantFrom('w', 'v'),
  agent: fc.constantFrom('a', 'b'),
  provider: anyProvider,
  model: fc.constantFrom('claude-opus', 'claude-haiku', 'gpt'),
  key: fc.constantFrom('k', undefined),
});
const desk = fc.nat(1);
const pick = fc.nat(1_000);
const worst = fc.integer({ min: 0, max: 4_000 });
const anySteps = (parts: readonly number[]): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: step('reserve', {
          desk,
          spender: anySpender,
          worst: fc.option(worst, { nil: undefined, freq: 8 }),
          late: fc.nat(2),
        }),
      },
      { weight: 1, arbitrary: step('again', { pick, provider: anyProvider, worst }) },
      { weight: 5, arbitrary: step('open', { pick }) },
      { weight: 4, arbitrary: step('settle', { pick, part: fc.constantFrom(...parts) }) },
      { weight: 1, arbitrary: step('release', { pick }) },
      { weight: 1, arbitrary: step('wait', { hours: fc.integer({ min: 1, max: 30 }) }) },
    ),
    { minLength: 20, maxLength: 60 },
  );

const anyBudgets = fc.array(
  fc.record({
    scope: fc.constantFrom(
      {},
      {},
      { agent: 'a' },
      { model: 'claude-*' },
      { provider: 'openai', workspace: 'w' },
      { key: 'k', model: '*-opus' },
    ),
    window: fc.constantFrom('day' as const, 'week' as const, 'month' as const, { hours: 6 }, { hours: 24 }),
    usd: fc.constantFrom(0.000003, 0.000006, 0.000012),
    unpriced: fc.constantFrom('allow' as const, 'block' as const),
  }),
  { minLength: 1, maxLength: 3 },
);

/** What an onlooker knows of a request: no tables, no sums that are kept. */
interface Known {
  /** Whose request it is. */
  readonly desk: number;
  readonly id: string;
  readonly at: number;
  spender: Spender;
  worst: number | undefined;
  state: 'reserved' | 'open' | 'settled' | 'released';
  cost: number;
}

function inWindow({ window }: Budget, at: number, other: number): boolean {
  if (typeof window !== 'object') {
    const { begins, ends } = calendarSpan(window, at);
    return begins <= other && other < ends;
  }
  const width = window.hours * 60_000;
  return other >= Math.floor((at - window.hours * HOUR) / width) * width;
}

class World {
  readonly clock = new SetClock(NOON);
  readonly budgets: readonly Budget[];
  readonly desks: readonly Desk[];
  readonly known: Known[] = [];
  refusals = 0;

  /** Two connections to one file, which is emptied: a new one for each run would cost ten times as much as the run. */
  constructor(connections: readonly DatabaseSync[], configured: Parameters<typeof budgetsOf>) {
    this.budgets = budgetsOf(...configured);
    connections[0]!.exec(
      'DELETE FROM requests; DELETE FROM budget_reservations; DELETE FROM budget_cells; DELETE FROM budget_scopes; DELETE FROM budget_told',
    );
    this.desks = connections.map((db) => new Desk('', this.budgets, { db, clock: this.clock }));
  }

  taken(budget: Budget, at: number, but?: Known): number {
    return this.#sum(budget, (one) => one !== but && inWindow(budget, at, one.at));
  }

  /** In the window that ends with `at`. A request is let in by all that came since it began, which is more. */
  takenUntil(budget: Budget, at: number): number {
    return this.#sum(budget, (one) => inWindow(budget, at, one.at) && (typeof budget.window !== 'object' || one.at <= at));
  }

  #sum(budget: Budget, counts: (one: Known) => boolean): number {
    return this.known
      .filter((one) => covers(budget.scope, one.spender) && counts(one))
      .reduce((sum, { state, cost, worst: may }) => {
        if (state === 'settled') return sum + cost;
        return state === 'released' ? sum : sum + (may ?? 0);
      }, 0);
  }

  run(steps: readonly Step[]): void {
    for (const each of steps) this.#step(each);
  }

  #step(each: Step): void {
    const under = (...states: Known['state'][]) => {
      const all = this.known.filter(({ state }) => states.includes(state));
      return 'pick' in each ? all[each.pick % Math.max(1, all.length)] : undefined;
    };
    switch (each.do) {
      case 'wait':
        // Who waits for hours has a row; the others would count as never born.
        for (const one of this.known) if (one.state === 'reserved') this.#open(one);
        this.clock.at += each.hours * HOUR;
        return;
      case 'reserve': {
        const { id } = asking({ at: this.clock.at - each.late * HOUR });
        const one: Known = {
          desk: each.desk,
          id,
          at: this.clock.at - each.late * HOUR,
          spender: each.spender,
          worst: each.worst,
          state: 'reserved',
          cost: 0,
        };
        if (this.#ask(each.desk, one)) this.known.push(one);
        return;
      }
      case 'again': {
        const one = under('reserved', 'open');
        if (one === undefined) return;
        const changed = { ...one, spender: { ...one.spender, provider: each.provider }, worst: each.worst };
        // What it had reserved does not count against it. A request lives in one process: no other desk moves it.
        if (this.#ask(one.desk, changed, one)) Object.assign(one, { spender: changed.spender, worst: changed.worst });
        return;
      }
      case 'open': {
        const one = under('reserved');
        if (one) this.#open(one);
        return;
      }
      case 'settle': {
        const one = under('open');
        if (!one) return;
        one.state = 'settled';
        one.cost = one.worst === undefined ? 0 : Math.floor(one.worst * each.part);
        const request = asking({ id: one.id, at: one.at, ...one.spender });
        this.desks[0]!.settle(request, one.worst === undefined ? undefined : one.cost, one.spender);
        return;
      }
      case 'release': {
        const one = under('reserved');
        if (!one) return;
        one.state = 'released';
        this.desks[one.desk]!.book.release(one.id);
        return;
      }
      default:
        each satisfies never;
    }
  }

  #ask(at: number, one: Known, before: Known = one): boolean {
    const expected = this.budgets.every((budget) => this.#allows(budget, one, before));
    const request = asking({ id: one.id, at: one.at, ...one.spender, worstNano: one.worst });
    const verdict = this.desks[at]!.book.reserve(request);
    assert.equal(verdict.kind, expected ? 'go' : 'block');
    if (!expected) this.refusals++;
    return expected;
  }

  #allows(budget: Budget, one: Known, before: Known): boolean {
    if (!covers(budget.scope, one.spender)) return true;
    const taken = this.taken(budget, one.at, before);
    if (one.worst === undefined) return budget.unpriced === 'allow' && taken < budget.limitNano;
    return one.worst === 0 || taken + one.worst <= budget.limitNano;
  }

  #open(one: Known): void {
    one.state = 'open';
    this.desks[0]!.open(asking({ id: one.id, at: one.at, ...one.spender }));
  }

  /** Everybody's request ends. */
  end(): void {
    for (const one of this.known) {
      if (one.state === 'reserved') this.desks[one.desk]!.book.release(one.id);
      if (one.state === 'open') this.desks[0]!.settle(asking({ id: one.id, at: one.at, ...one.spender }), 0);
      if (one.state !== 'settled') one.state = 'released';
    }
  }
}

describe('budgets: properties', function () {
  this.timeout(20_000);
  const place = scratch();
  let connections: readonly DatabaseSync[];
  before(() => (connections = [budgetDatabase(place.file), budgetDatabase(place.file)]));
  after(() => {
    for (const db of connections) db.close();
    place.clean();
  });

  it('whatever is reserved, settled and released in whatever order, by two connections: never over, never refused what fits, nothing leaks', () => {
    let refusals = 0;
    fc.assert(
      fc.property(anyBudgets, anySteps([0, 0.4, 1]), (configured, steps) => {
        const world = new World(connections, configured);
        world.run(steps);
        for (const budget of world.budgets)
          for (const one of world.known)
            if (one.worst !== 0 && covers(budget.scope, one.spender))
              assert.ok(world.takenUntil(budget, one.at) <= budget.limitNano, budget.id);
        world.end();
        assert.equal(world.desks[1]!.reservations(), 0);
        for (const { budget, spent, reserved } of world.desks[1]!.book.standings())
          assert.deepEqual([spent, reserved], [world.taken(budget, world.clock.at), 0]);
        refusals += world.refusals;
      }),
      { numRuns: 100 },
    );
    assert.ok(refusals > 100, `${refusals} refusals`);
  });

  it('costs above their estimates are the only way over, and then nothing more is let in', () => {
    fc.assert(
      fc.property(anyBudgets, anySteps([0.5, 1.5]), (configured, steps) => {
        const world = new World(connections, configured);
        world.run(steps);
        for (const budget of world.budgets) {
          for (const { at } of world.known) {
            const over = world.takenUntil(budget, at) - budget.limitNano;
            const excess = world.known
              .filter(({ state, spender }) => state === 'settled' && covers(budget.scope, spender))
              .reduce((sum, { cost, worst: may }) => sum + Math.max(0, cost - (may ?? 0)), 0);
            assert.ok(over <= excess, `${over} over, ${excess} above estimates`);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('the file covers what the code covers, whatever is in a pattern or a name', () => {
    const db = connections[0]!;
    const text = fc.string({ unit: fc.constantFrom('a', 'B', '*', '?', '[', ']', '^', '-', '%', '\\', 'é'), maxLength: 6 });
    const glob = fc.string({ unit: fc.constantFrom('a', 'B', '*', '?', '[', ']', '^', '-'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(glob, text, (model, name) => {
        const { sql, values } = scopeCondition({ model });
        const row = db.prepare(`SELECT 1 FROM (SELECT $name AS model) WHERE true${sql}`).get({ ...values, name });
        assert.equal(row !== undefined, covers({ model }, { workspace: '', agent: '', provider: '', model: name, key: undefined }));
      }),
      { numRuns: 2_000 },
    );
  });
});

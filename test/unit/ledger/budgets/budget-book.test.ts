// The name is the setting's, and nobody waits for a budget.
/* oxlint-disable unicorn/no-thenable */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { thisWriter } from '../../../../src/core/ledger/writers.ts';
import { NOON, scratch } from '../ledger-kit.ts';
import { asking, budgetDatabase, budgetsOf, Desk, SetClock, USD } from './budget-kit.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

describe('budgets: book', () => {
  let place: ReturnType<typeof scratch>;
  const zone = process.env['TZ'];
  beforeEach(() => {
    place = scratch();
    process.env['TZ'] = 'UTC';
  });
  afterEach(() => {
    place.clean();
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  function desk(budgets: Parameters<typeof budgetsOf>, options: ConstructorParameters<typeof Desk>[2] = {}): Desk {
    const made = new Desk(place.file, budgetsOf(...budgets), options);
    place.later(() => made.db.close());
    return made;
  }

  it('what is reserved and spent never passes the limit, and all of the limit can be had', () => {
    const one = desk([{ window: 'day', usd: 3 }]);
    const asked = [1, 2, 3, 4].map(() => asking({ worstNano: USD }));
    assert.deepEqual(
      asked.map((request) => one.book.reserve(request).kind),
      ['go', 'go', 'go', 'block'],
    );
    // One cost less than it might have: the rest is free at once, and not before.
    one.open(asked[0]!);
    assert.equal(one.settle(asked[0]!, 400_000_000), 1, 'what the trigger changes is not counted as a change of the row');
    assert.equal(one.book.reserve(asking({ worstNano: 600_000_001 })).kind, 'block');
    assert.equal(one.book.reserve(asking({ worstNano: 600_000_000 })).kind, 'go');
    assert.equal(one.book.reserve(asking({ worstNano: 1 })).kind, 'block');
    assert.equal(one.book.reserve(asking({ worstNano: 0 })).kind, 'go', 'what costs nothing passes');
  });

  it('a request that asks again for another target has one reservation, and keeps the first where the second is refused', () => {
    const one = desk([
      { window: 'day', usd: 3, scope: { agent: 'claude-code' } },
      { window: 'day', usd: 1, scope: { provider: 'openai' } },
    ]);
    const request = asking({ worstNano: 2 * USD });
    assert.equal(one.book.reserve(request).kind, 'go');
    assert.equal(one.book.reserve({ ...request, provider: 'openai' }).kind, 'block');
    assert.equal(one.book.reserve(asking({ worstNano: 1.5 * USD })).kind, 'block');
    assert.equal(one.book.reserve({ ...request, provider: 'openai', worstNano: USD }).kind, 'go');
    assert.equal(one.reservations(), 1);
    assert.equal(one.book.reserve({ ...request, worstNano: 3 * USD }).kind, 'go', 'its own reservation is not in its way');
    assert.equal(one.book.reserve({ ...request, worstNano: USD }).kind, 'go');
    assert.equal(one.book.reserve(asking({ worstNano: 2 * USD })).kind, 'go');
    one.book.release(request.id);
    assert.equal(one.reservations(), 1);
  });

  it('a scope covers what it names, and what was served counts, not what was asked', () => {
    const one = desk([
      { window: 'day', usd: 1, scope: { model: 'claude-*-5' } },
      { window: 'day', usd: 1, scope: { agent: 'codex', key: 'openai/work' } },
      { window: 'day', usd: 1, scope: { workspace: 'elsewhere', provider: 'groq' } },
    ]);
    const states = () => one.book.standings().map(({ spent, unpriced }) => [spent, unpriced]);
    states();
    one.spend(1, { model: 'claude-opus-5-5' });
    one.spend(2, { model: 'claude-opus-4-1' });
    one.spend(4, { agent: 'codex', key: 'openai/work', model: 'gpt' });
    one.spend(8, { agent: 'codex', key: undefined, model: 'gpt' });
    one.spend(16, { provider: 'groq', model: 'llama' });
    one.spend(32, { provider: 'groq', workspace: 'elsewhere', model: 'llama' });
    one.spend(undefined, { provider: 'groq', workspace: 'elsewhere', model: 'claude-haiku-5' });
    assert.deepEqual(states(), [
      [1, 1],
      [4, 0],
      [32, 1],
    ]);
    const moved = asking({ provider: 'anthropic', model: 'claude-opus-5-5' });
    one.open(moved);
    one.settle(moved, 64, { provider: 'groq', model: 'llama' });
    assert.deepEqual(states()[0], [1, 1]);
  });

  it('counts what was spent before it was made, and in the same window by a process that knows nothing of it', () => {
    const other = desk([]);
    other.spend(5, { at: NOON - HOUR });
    other.spend(7, { at: NOON - DAY });
    other.spend(9, { at: NOON - HOUR, agent: 'codex' });
    const one = desk([
      { window: 'day', usd: 1, scope: { agent: 'claude-code' } },
      { window: { hours: 48 }, usd: 1, scope: { agent: 'claude-code' } },
      { window: 'month', usd: 1 },
    ]);
    const spent = () => one.book.standings().map((standing) => standing.spent);
    assert.deepEqual(spent(), [5, 12, 21]);
    other.spend(100, { at: NOON - 2 * HOUR });
    other.spend(1_000, { at: NOON - 1 });
    other.spend(10_000, { at: NOON - 40 * DAY });
    assert.deepEqual(spent(), [1_105, 1_112, 1_121]);
    // Settled again changes nothing.
    const request = asking({});
    other.open(request);
    other.settle(request, 3);
    other.settle(request, 3);
    assert.deepEqual(spent(), [1_108, 1_115, 1_124]);
  });

  it('a calendar window begins anew; what began before midnight and ends after it is of the old day', () => {
    const clock = new SetClock(Date.UTC(2026, 10, 30, 23, 59, 59, 999));
    const one = desk(
      [
        { window: 'day', usd: 1 },
        { window: 'month', usd: 1 },
      ],
      { clock },
    );
    const late = asking({ at: clock.at, worstNano: USD });
    assert.equal(one.book.reserve(late).kind, 'go');
    one.open(late);
    clock.at += 1;
    const early = asking({ at: clock.at, worstNano: USD });
    assert.equal(one.book.reserve(early).kind, 'go', 'a new day and month with all their money');
    one.settle(late, USD);
    assert.deepEqual(
      one.book.standings().map(({ spent, reserved }) => [spent, reserved]),
      [
        [0, USD],
        [0, USD],
      ],
    );
    clock.at -= 1;
    assert.deepEqual(
      one.book.standings().map(({ spent, reserved }) => [spent, reserved]),
      [
        [USD, 0],
        [USD, 0],
      ],
    );
    assert.equal(one.book.reserve(asking({ at: clock.at, worstNano: 1 })).kind, 'block');
  });

  it('a day of 25 hours has one budget', () => {
    process.env['TZ'] = 'Europe/Berlin';
    const clock = new SetClock(new Date(2026, 9, 25).getTime());
    const one = desk([{ window: 'day', usd: 25 }], { clock });
    const kinds: string[] = [];
    for (let hour = 0; hour <= 25; hour++) {
      clock.at = new Date(2026, 9, 25).getTime() + hour * HOUR;
      const request = asking({ at: clock.at, worstNano: hour === 24 ? 2 * USD : USD });
      const verdict = one.book.reserve(request);
      kinds.push(verdict.kind);
      if (verdict.kind === 'go') one.open(request);
    }
    assert.deepEqual(kinds.slice(23), ['go', 'block', 'go']);
    assert.equal(new Set(kinds.slice(0, 24)).size, 1);
  });

  it('rolling hours let go of what is older, and tell when', () => {
    const clock = new SetClock(NOON);
    const one = desk([{ window: { hours: 5 }, usd: 10 }], { clock });
    const spendAt = (at: number, usd: number) => one.spend(usd * USD, { at });
    spendAt(NOON - 4 * HOUR, 6);
    spendAt(NOON - HOUR, 3);
    const small = one.book.reserve(asking({ at: NOON, worstNano: 2 * USD }));
    assert.ok(small.kind === 'block');
    assert.equal(small.refusal.resetsAt, NOON + HOUR + 5 * 60_000);
    const large = one.book.reserve(asking({ at: NOON, worstNano: 8 * USD }));
    assert.ok(large.kind === 'block');
    assert.equal(large.refusal.resetsAt, NOON + 4 * HOUR + 5 * 60_000);
    clock.at = small.refusal.resetsAt - 1;
    assert.equal(one.book.reserve(asking({ at: clock.at, worstNano: 2 * USD })).kind, 'block');
    clock.at += 1;
    const fits = asking({ at: clock.at, worstNano: 7 * USD });
    assert.equal(one.book.reserve(fits).kind, 'go');
    // A night later everything is gone, and nothing was forgotten that nobody asked for meanwhile.
    one.book.release(fits.id);
    clock.at += 12 * HOUR;
    spendAt(clock.at - 4 * HOUR, 1);
    assert.equal(one.book.standings()[0]?.spent, USD);
    const cells = Number(one.db.prepare('SELECT count(*) AS n FROM budget_cells').get()?.['n']);
    assert.ok(cells < 200, `${cells} cells`);
  });

  it('tells of each share once in a window, over all processes, and again in the next and for another limit', () => {
    const clock = new SetClock(NOON);
    const configured = [{ window: 'day', usd: 10, warnAt: [0.8, 0.5] }] as const;
    const one = desk([...configured] as never, { clock });
    const two = desk([...configured] as never, { clock });
    const told = (who: Desk) => who.book.newsFor([asking()]).map(({ kind, share }) => share ?? kind);
    assert.deepEqual(told(one), []);
    one.spend(5 * USD);
    assert.deepEqual([told(two), told(one), told(two)], [[0.5], [], []]);
    one.spend(6 * USD);
    assert.deepEqual([told(one), told(two), told(one)], [[1], [], []]);
    const refused = two.book.reserve(asking({ worstNano: USD }));
    assert.deepEqual([refused.kind, refused.news.map(({ kind }) => kind)], ['block', ['refused']]);
    assert.deepEqual(one.book.reserve(asking({ worstNano: USD })).news, []);
    one.book.configure(budgetsOf({ window: 'day', usd: 20, warnAt: [0.5] }));
    assert.deepEqual(told(one), [0.5]);
    one.book.configure(budgetsOf({ window: 'day', usd: 10, warnAt: [0.8, 0.5] }));
    assert.deepEqual(told(one), [], 'back again: that was told');
    clock.at += DAY;
    assert.deepEqual(told(one), []);
    one.spend(5 * USD, { at: clock.at });
    assert.deepEqual(told(one), [0.5]);
  });

  it('a budget that only warns, and one that sends elsewhere, stand in nobody’s way', () => {
    const one = desk([
      { window: 'day', usd: 1, then: 'warn' },
      { window: 'day', usd: 2, then: { downgrade: 'groq/llama-4' }, scope: { agent: 'claude-code' } },
      { window: 'day', usd: 4 },
    ]);
    assert.equal(one.book.reserve(asking({ worstNano: 2 * USD })).kind, 'go');
    const elsewhere = one.book.reserve(asking({ worstNano: USD }));
    assert.ok(elsewhere.kind === 'downgrade');
    assert.equal(elsewhere.to, 'groq/llama-4');
    assert.equal(one.book.reserve(asking({ worstNano: 2 * USD, downgraded: true })).kind, 'go');
    const blocked = one.book.reserve(asking({ worstNano: USD, downgraded: true }));
    assert.ok(blocked.kind === 'block');
    assert.equal(blocked.refusal.budget.limitNano, 4 * USD);
  });

  it('a price that nobody knows passes while something is left, is counted and told once; or does not pass', () => {
    const one = desk([{ window: 'day', usd: 1, scope: { agent: 'codex' } }]);
    const unknown = () => asking({ agent: 'codex', worstNano: undefined });
    const first = unknown();
    const verdict = one.book.reserve(first);
    assert.deepEqual([verdict.kind, verdict.news.map(({ kind }) => kind)], ['go', ['unpriced']]);
    one.open(first);
    one.settle(first, undefined);
    assert.deepEqual(one.book.reserve(unknown()).news, []);
    assert.equal(one.book.standings()[0]?.unpriced, 1);
    one.spend(USD, { agent: 'codex' });
    assert.equal(one.book.reserve(unknown()).kind, 'block');
    for (const worstNano of [Number.NaN, -1, Infinity, 0.5])
      assert.equal(one.book.reserve({ ...unknown(), worstNano }).kind, 'block');
    const strict = desk([{ window: 'day', usd: 1, unpriced: 'block' }]);
    const refused = strict.book.reserve(asking({ worstNano: undefined }));
    assert.ok(refused.kind === 'block');
    assert.equal(refused.refusal.why, 'unpriced');
  });

  it('the reservations of the dead are freed when money is short, after what they left open is settled', () => {
    const dead = { ...thisWriter(2), pid: spawnSync(process.execPath, ['-e', '0']).pid, started: 'once' };
    const gone = desk([{ window: 'day', usd: 2 }], { writer: dead });
    const [open, unopened] = [asking(), asking()];
    for (const request of [open, unopened]) assert.equal(gone.book.reserve(request).kind, 'go');
    gone.open(open);
    const settled: number[] = [];
    const settleDead = (writer: number) => {
      settled.push(writer);
      one.settle(open, 300_000_000);
    };
    const one: Desk = desk([{ window: 'day', usd: 2 }], { settleDead });
    assert.equal(one.book.reserve(asking({ worstNano: 1_700_000_001 })).kind, 'block');
    assert.deepEqual(settled, [2]);
    assert.equal(one.book.reserve(asking({ worstNano: 1_700_000_000 })).kind, 'go');
    assert.equal(one.reservations(), 1);
  });

  it('a reservation whose request never came to be is freed after minutes; one under way is not, however long it takes', () => {
    const clock = new SetClock(NOON);
    const one = desk([{ window: 'day', usd: 2 }], { clock });
    const [under, never] = [asking(), asking()];
    for (const request of [under, never]) one.book.reserve(request);
    one.open(under);
    clock.at += 4 * 60_000;
    assert.equal(one.book.reserve(asking()).kind, 'block');
    clock.at += 2 * 60_000;
    assert.equal(one.book.reserve(asking()).kind, 'go');
    clock.at += 3 * HOUR;
    assert.equal(one.book.standings()[0]?.reserved, USD, 'the one that has a row');
    one.settle(under, 0);
    one.book.reserve(under);
    clock.at += 6 * 60_000;
    assert.equal(one.book.standings()[0]?.reserved, 0, 'reserved after it was settled');
  });

  it('while the file cannot be asked it keeps to what it knows: requests go on, but not without end', () => {
    const clock = new SetClock(NOON);
    const one = desk(
      [
        { window: 'day', usd: 4 },
        { window: { hours: 2 }, usd: 10, scope: { agent: 'codex' } },
      ],
      { clock },
    );
    one.spend(USD);
    assert.equal(one.book.reserve(asking()).kind, 'go');
    const lock = budgetDatabase(place.file);
    place.later(() => lock.close());
    lock.exec('BEGIN IMMEDIATE');
    one.db.exec('PRAGMA busy_timeout = 0');
    assert.throws(() => one.book.reserve(asking()), /locked/);
    assert.deepEqual(
      [1, 2, 3].map(() => one.book.reserveUnseen(asking()).kind),
      ['go', 'go', 'block'],
    );
    const refused = one.book.reserveUnseen(asking());
    assert.ok(refused.kind === 'block');
    assert.deepEqual([refused.refusal.spent, refused.refusal.reserved, refused.refusal.resetsAt], [USD, 3 * USD, NOON + DAY / 2]);
    clock.at += DAY;
    assert.equal(one.book.reserveUnseen(asking({ at: clock.at, worstNano: 4 * USD })).kind, 'go', 'a new day');
    assert.equal(one.book.reserveUnseen(asking({ at: clock.at })).kind, 'block');
    lock.exec('ROLLBACK');
    assert.equal(one.book.reserve(asking({ at: clock.at, worstNano: 4 * USD })).kind, 'go', 'the file knows better');
  });

  it('a fallback to where no budget applies frees what was reserved', () => {
    const one = desk([{ window: 'day', usd: 1, scope: { provider: 'anthropic' } }]);
    const request = asking();
    assert.equal(one.book.reserve(request).kind, 'go');
    assert.equal(one.book.reserve({ ...request, provider: 'ollama' }).kind, 'go');
    assert.equal(one.reservations(), 0);
  });

  it('touches no file where no budget applies', () => {
    const db = new Proxy({} as Desk['db'], {
      get: () => {
        throw new Error('touched');
      },
    });
    const one = new Desk('', budgetsOf({ window: 'day', usd: 1, scope: { agent: 'codex' } }), { db });
    assert.equal(one.book.reserve(asking()).kind, 'go');
    one.book.release('x');
    assert.deepEqual(one.book.newsFor([asking()]), []);
    assert.throws(() => one.book.reserve(asking({ agent: 'codex' })), /touched/);
  });

  it('tells what it failed to write when it can be written again', () => {
    const one = desk([{ window: 'day', usd: 1, warnAt: [] }]);
    one.book.standings();
    one.spend(USD);
    one.db.exec('ALTER TABLE budget_told RENAME TO away');
    assert.throws(() => one.book.newsFor([asking()]));
    one.db.exec('ALTER TABLE away RENAME TO budget_told');
    assert.deepEqual(
      one.book.newsFor([asking()]).map(({ share }) => share),
      [1],
    );
  });

  it('cells and scopes that were thrown away are made again', () => {
    const clock = new SetClock(NOON);
    const one = desk(
      [
        { window: 'day', usd: 1 },
        { window: { hours: 1 }, usd: 1, scope: { agent: 'claude-code' } },
      ],
      { clock },
    );
    one.spend(3);
    one.book.standings();
    one.db.exec('DELETE FROM budget_cells; DELETE FROM budget_scopes');
    one.spend(4);
    assert.deepEqual(
      one.book.standings().map(({ spent }) => spent),
      [7, 7],
    );
    one.spend(5);
    assert.deepEqual(
      one.book.standings().map(({ spent }) => spent),
      [12, 12],
    );
  });
});

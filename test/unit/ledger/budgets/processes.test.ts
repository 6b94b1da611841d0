import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { clock, ledgerOn, scratch } from '../ledger-kit.ts';
import { asking, budgetDatabase, budgetsOf, Desk, USD } from './budget-kit.ts';

const CHILD = fileURLToPath(new URL('reserving-child.ts', import.meta.url));
const LIMIT = USD;

interface Told {
  readonly done: number;
  readonly refused: readonly (readonly [before: number, after: number, spent: number, reserved: number, worst: number])[];
}

describe('budgets: several processes', function () {
  this.timeout(60_000);
  let place: ReturnType<typeof scratch>;
  beforeEach(() => {
    place = scratch();
    // What happens to money, in the order in which the file sees it.
    const db = budgetDatabase(place.file);
    db.exec(`
      CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, request TEXT, nano INTEGER);
      CREATE TRIGGER saw_reservation AFTER INSERT ON budget_reservations
        BEGIN INSERT INTO events (kind, request, nano) VALUES ('reserved', NEW.request, NEW.nano); END;
      CREATE TRIGGER saw_settlement AFTER UPDATE OF settled ON requests WHEN OLD.settled IS NULL AND NEW.settled IS NOT NULL
        BEGIN INSERT INTO events (kind, request, nano) VALUES ('settled', NEW.id, NEW.cost_nano); END;
    `);
    db.close();
  });
  afterEach(() => place.clean());

  function child(mode: string, count: number) {
    const made = spawn(process.execPath, [CHILD, mode, place.file, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
    place.later(() => made.kill('SIGKILL'));
    const exited = new Promise<number | null>((resolve) => made.once('exit', resolve));
    let out = '';
    const said = new Promise<string>((resolve, reject) => {
      made.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
        if (out.includes('\n')) resolve(out);
      });
      void exited.then((code) => reject(new Error(`the child left with ${code}`)));
    });
    return { made, said, exited };
  }

  it('500 requests over four of them and one dollar: never more, and nobody is refused what is left', async () => {
    const told = (await Promise.all([1, 2, 3, 4].map(() => child('spend', 125).said))).map((line) => JSON.parse(line) as Told);
    const one = new Desk(place.file, budgetsOf({ window: { hours: 24 }, usd: 1 }), { clock });
    place.later(() => one.db.close());

    // How it stood after each event, by an onlooker's own sums.
    const states: (readonly [spent: number, reserved: number])[] = [[0, 0]];
    const reserved = new Map<string, number>();
    let spent = 0;
    let held = 0;
    let most = 0;
    for (const { kind, request, nano } of one.db.prepare('SELECT kind, request, nano FROM events ORDER BY seq').all()) {
      if (kind === 'reserved') {
        reserved.set(String(request), Number(nano));
        held += Number(nano);
        assert.ok(spent + held <= LIMIT, `${spent} spent and ${held} reserved`);
        most = Math.max(most, reserved.size);
      } else {
        held -= reserved.get(String(request)) ?? assert.fail('settled without a reservation');
        reserved.delete(String(request));
        spent += Number(nano);
      }
      states.push([spent, held]);
    }
    assert.equal(reserved.size, 0);
    assert.equal(one.reservations(), 0);
    assert.ok(spent <= LIMIT, `${spent} spent`);
    assert.equal(one.book.standings()[0]?.spent, spent);

    const refused = told.flatMap((each) => each.refused);
    for (const [before, after, saidSpent, saidReserved, worst] of refused) {
      assert.ok(saidSpent + saidReserved + worst > LIMIT, 'it would have fitted');
      const true_ = states.slice(before, after + 1).some(([s, r]) => s === saidSpent && r === saidReserved);
      assert.ok(true_, 'it was never like that');
    }
    // A test in which nothing is scarce proves nothing.
    const done = told.reduce((sum, each) => sum + each.done, 0);
    assert.ok(refused.length > 20 && done > 60 && most > 10, `${refused.length} refused, ${done} done, ${most} at once`);
    assert.equal(one.book.reserve(asking({ at: Date.now(), worstNano: LIMIT - spent })).kind, 'go', 'all that is left can be had');
    assert.equal(one.book.reserve(asking({ at: Date.now(), worstNano: 1 })).kind, 'block');
  });

  it('kill -9 frees what was reserved for those that look; what was under way is booked once, and counts', async () => {
    const one = new Desk(place.file, budgetsOf({ window: { hours: 24 }, usd: 1 }), { clock });
    place.later(() => one.db.close());
    const { made, said, exited } = child('hang', 10);
    await said;
    const all = () => one.book.reserve(asking({ at: Date.now(), worstNano: LIMIT }));
    const living = all();
    assert.ok(living.kind === 'block');
    assert.equal(living.refusal.reserved, LIMIT, 'nothing is taken from the living');
    made.kill('SIGKILL');
    await exited;
    const ask = asking({ at: Date.now(), worstNano: LIMIT });
    assert.equal(one.book.reserve(ask).kind, 'go');
    assert.equal(one.reservations(), 1);
    one.book.release(ask.id);
    for (let opening = 0; opening < 2; opening++) {
      ledgerOn(place.file).close();
      // A thousand tokens each, by their bytes.
      assert.deepEqual(
        one.book.standings().map(({ spent, reserved }) => [spent, reserved]),
        [[5 * 2_000, 0]],
      );
    }
  });

  it('where a new start settles for the dead first, their reservations go with their rows', async () => {
    const { made, said, exited } = child('hang', 10);
    await said;
    made.kill('SIGKILL');
    await exited;
    const one = new Desk(place.file, budgetsOf({ window: { hours: 24 }, usd: 1 }), { clock });
    place.later(() => one.db.close());
    assert.equal(one.reservations(), 10);
    ledgerOn(place.file).close();
    assert.equal(one.reservations(), 5, 'those without a row are left to whoever needs the money');
    assert.equal(one.book.reserve(asking({ at: Date.now(), worstNano: LIMIT - 10_000 })).kind, 'go');
  });
});

import assert from 'node:assert/strict';
import type { LedgerStore } from '../../../src/core/ledger/store.ts';
import { keepRetention, type KeptRetention } from '../../../src/host/keep-retention.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { ledgerOn, memoryLog, NOON, opened, scratch, settlement, until } from '../ledger/ledger-kit.ts';

const DAY = 86_400_000;
const FOR_EVER = { rowsDays: Infinity, rollupDays: Infinity };

describe('host: retention is kept', () => {
  let place: ReturnType<typeof scratch>;
  let book: LedgerStore;
  let clock: VirtualClock;
  let log: ReturnType<typeof memoryLog>;
  let kept: KeptRetention;
  beforeEach(() => {
    place = scratch();
    book = ledgerOn(place.file);
    clock = new VirtualClock(NOON);
    log = memoryLog();
    kept = keepRetention(book, clock, clock, log);
    for (let day = 0; day < 20; day++) {
      const request = opened({ at: NOON - day * DAY });
      void book.open(request);
      book.settle(settlement(request.id));
    }
  });
  afterEach(() => {
    kept.close();
    assert.equal(clock.pending, 0);
    book.close();
    place.clean();
  });

  const rows = (): number => book.requests({}).length;

  it('at once, then each day', async () => {
    kept.configure({ rowsDays: 10, rollupDays: Infinity });
    await until(() => rows() === 11, 'what is too old is gone');
    assert.match(log.lines[0]?.message ?? '', /is deleted/);
    await clock.advance(DAY);
    await until(() => rows() === 10, 'a day more is gone');
    await clock.advance(DAY);
    await until(() => rows() === 9, 'and one more');
  });

  it('a shorter one holds at once; the same again does nothing; without one nothing is waited for', async () => {
    kept.configure(FOR_EVER);
    assert.deepEqual([clock.pending, log.lines.length], [0, 0]);
    kept.configure({ rowsDays: 15, rollupDays: Infinity });
    await until(() => rows() === 16, 'the first is kept');
    kept.configure({ rowsDays: 15, rollupDays: Infinity });
    assert.deepEqual([clock.pending, log.lines.length], [1, 1]);
    kept.configure({ rowsDays: 5, rollupDays: 5 });
    await until(() => rows() === 6 && book.usage({ by: [] })[0]?.requests === 6, 'the shorter one is kept');
    kept.configure(FOR_EVER);
    assert.equal(clock.pending, 0);
    await clock.advance(3 * DAY);
    assert.equal(rows(), 6);
  });

  it('a longer one stops what is under way', async () => {
    for (let turn = 0; turn < 2_000; turn++) {
      const request = opened({ at: NOON - 15 * DAY + turn });
      void book.open(request);
      book.settle(settlement(request.id));
    }
    kept.configure({ rowsDays: 10, rollupDays: Infinity });
    kept.configure(FOR_EVER);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(book.requests({ limit: 5_000 }).length, 2_020);
  });
});

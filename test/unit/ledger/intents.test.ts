import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { Intents, leftBehind } from '../../../src/core/ledger/intents.ts';
import { thisWriter } from '../../../src/core/ledger/writers.ts';
import { ledgerOn, opened, rowsWritten, scratch } from './ledger-kit.ts';

describe('ledger: what was asked and not yet booked', () => {
  let place: ReturnType<typeof scratch>;
  beforeEach(() => (place = scratch()));
  afterEach(() => place.clean());

  const self = thisWriter(1);
  /** A process that is certain to be dead. */
  const dead = { ...thisWriter(2), pid: spawnSync(process.execPath, ['-e', '0']).pid, started: 'once' };
  const noted = (lines: readonly string[], writer: object = dead) =>
    writeFileSync(`${place.file}.asked-2`, [JSON.stringify(writer), ...lines].join('\n'));

  it('is booked as crashed, once; what is in the book already, and half a line, are left alone', async () => {
    const first = ledgerOn(place.file);
    const booked = opened({ agent: 'booked' });
    await first.open(booked);
    await rowsWritten();
    first.close();
    const lost = opened({ agent: 'lost' });
    noted([JSON.stringify(lost), 'claude-opus-5-5","bytesIn":4000}', JSON.stringify(booked), '']);
    const book = ledgerOn(place.file);
    place.later(() => book.close());
    assert.deepEqual(
      book.requests({}).map((row) => [row.agent, row.settled]),
      [
        ['lost', 'crashed'],
        ['booked', 'crashed'],
      ],
    );
    assert.deepEqual(leftBehind(place.file, self), []);
  });

  it('of a living writer, and of another machine, is let be', () => {
    const line = JSON.stringify(opened());
    noted([line], { ...dead, pid: process.pid, started: self.started });
    assert.deepEqual(leftBehind(place.file, self), []);
    noted([line], { ...dead, place: 'another machine' });
    assert.deepEqual(leftBehind(place.file, self), []);
    noted([line]);
    assert.equal(leftBehind(place.file, self)[0]?.requests.length, 1);
    writeFileSync(`${place.file}.asked-2`, '');
    assert.deepEqual(leftBehind(place.file, self), []);
  });

  it('says so where it cannot be written, and leaves nothing behind', () => {
    const nowhere = new Intents(`${place.folder}/missing/ledger.sqlite`, self);
    assert.equal(nowhere.note([opened()]), false);
    nowhere.close();
    const intents = new Intents(place.file, self);
    assert.equal(intents.note([opened()]), true);
    intents.close();
    assert.equal(intents.note([opened()]), false);
    assert.deepEqual(readdirSync(place.folder), []);
  });
});

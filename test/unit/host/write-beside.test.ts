import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeBeside } from '../../../src/host/write-beside.ts';
import { scratch } from '../ledger/ledger-kit.ts';

describe('host: a file that is whole or not there', () => {
  let place: ReturnType<typeof scratch>;
  let file: string;
  beforeEach(() => {
    place = scratch();
    file = path.join(place.folder, 'usage.csv');
    writeFileSync(file, 'the old one');
  });
  afterEach(() => place.clean());

  const left = () => [readFileSync(file, 'utf8'), readdirSync(place.folder)];

  it('takes the place of the old one when it is whole; half a character is none', async () => {
    await writeBeside(file, ['ü', '\ud800', '\n']);
    assert.deepEqual(left(), ['ü\ufffd\n', ['usage.csv']]);
  });

  it('is not there when its source fails, or somebody stops it', async () => {
    const stop = new AbortController();
    async function* broken(): AsyncGenerator<string> {
      yield 'half';
      await Promise.resolve();
      throw new Error('the ledger is closed');
    }
    async function* stopped(): AsyncGenerator<string> {
      yield 'half';
      await Promise.resolve();
      stop.abort();
      yield 'more';
    }
    await assert.rejects(writeBeside(file, broken()), /the ledger is closed/);
    await assert.rejects(writeBeside(file, stopped(), stop.signal), { name: 'AbortError' });
    assert.deepEqual(left(), ['the old one', ['usage.csv']]);
  });

  it('keeps a link that leads to it', async () => {
    const link = path.join(place.folder, 'link.csv');
    symlinkSync(file, link);
    await writeBeside(link, ['new']);
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.equal(readFileSync(file, 'utf8'), 'new');
  });
});

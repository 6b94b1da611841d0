import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'mocha';
import { allFiles, dataFiles, usedBy } from '../../../../src/host/purge/data-files.ts';
import { emptyFile, eraseFiles } from '../../../../src/host/purge/erase.ts';

describe('what is erased', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-purge-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text = name): string => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };

  it('is ours by name where the folder is somebody else’s, and all but the marker where it is ours', () => {
    const ours = [
      'ledger.sqlite',
      'ledger.sqlite-wal',
      'ledger.sqlite-shm',
      'ledger.sqlite.damaged-2026-11-30T10-00-00',
      'ledger.sqlite.damaged-2026-11-30T10-00-00-wal',
      'ledger.sqlite.asked-123',
      'ledger.sqlite.replacing',
      'health.json',
      'health.json.77.new',
      'audit.key',
      'audit.anchor',
      'audit-key.lock',
      'prices.json',
    ];
    const theirs = ['my-ledger.sqlite', 'ledger.sqlite.txt', 'health.jsonx', 'sub/health.json', 'purged.json'];
    for (const name of [...ours, ...theirs]) write(name);
    const names = (groups: ReturnType<typeof dataFiles>): readonly string[] =>
      groups.flatMap(({ files }) => files.map((file) => path.relative(folder, file))).sort();
    assert.deepEqual(names(dataFiles(folder)), [...ours].sort());
    assert.deepEqual(names(allFiles(folder, 'purged.json')), [...ours, ...theirs.slice(0, -1)].sort());
  });

  it('is written over before it is deleted, unless somebody may have it open', () => {
    const file = write('a', 'secret');
    const link = path.join(folder, 'same');
    for (const mayBeOpen of [true, false]) {
      write('a', 'secret');
      rmSync(link, { force: true });
      process.getBuiltinModule('node:fs').linkSync(file, link);
      assert.deepEqual(eraseFiles([file], mayBeOpen), []);
      assert.equal(readFileSync(link, 'utf8'), mayBeOpen ? 'secret' : '');
    }
    assert.deepEqual(readdirSync(folder), ['same']);
  });

  it('is told where it cannot be erased', () => {
    mkdirSync(path.join(folder, 'dir'));
    assert.deepEqual(
      eraseFiles([path.join(folder, 'dir')], false).map(({ code }) => code),
      ['ERR_FS_EISDIR'],
    );
    assert.deepEqual(eraseFiles([path.join(folder, 'gone')], false), []);
  });

  it('keeps its name and place where it is a log', () => {
    const file = write('x.log', 'secret');
    emptyFile(file);
    assert.equal(statSync(file).size, 0);
    symlinkSync('/nowhere', path.join(folder, 'dangling'));
    emptyFile(path.join(folder, 'dangling'));
  });

  it('is in use by processes that live, not by those that left a note and died', () => {
    const { pid } = process;
    write('ledger.sqlite.asked-1', `${JSON.stringify({ id: 1, place: 'another-machine/x', pid, started: '5' })}\n`);
    write('ledger.sqlite.asked-2', 'half a li');
    assert.deepEqual(
      usedBy(folder).map(({ id }) => id),
      [1],
    );
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'mocha';
import { purgeMarker } from '../../../src/vscode/purge/purge-marker.ts';
import { eventually } from '../../support/gateway.ts';

describe('the marker of a purge', () => {
  const folder = path.join(mkdtempSync(path.join(os.tmpdir(), 'gatehouse-marker-')), 'storage');
  after(() => rmSync(path.dirname(folder), { recursive: true, force: true }));

  it('is heard once by every other window, not by the one that set it, and known to those that open later', async () => {
    const heard: string[] = [];
    const first = purgeMarker(folder, (purge) => heard.push(`first ${purge}`));
    const second = purgeMarker(folder, (purge) => heard.push(`second ${purge}`));
    assert.equal(first.current(), undefined);
    const purge = first.set();
    await eventually(() => heard.length > 0, Boolean);
    const later = purgeMarker(folder, (again) => heard.push(`later ${again}`));
    assert.equal(later.current(), purge);
    const next = second.set();
    await eventually(() => heard.length > 2, Boolean);
    assert.deepEqual(heard.toSorted(), [`first ${next}`, `later ${next}`, `second ${purge}`].toSorted());
    for (const marker of [first, second, later]) marker.dispose();
  });
});

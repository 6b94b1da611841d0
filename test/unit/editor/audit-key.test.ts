import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AUDIT_KEY, auditKeyIn } from '../../../src/vscode/audit/audit-key.ts';
import { scratch } from '../ledger/ledger-kit.ts';
import { memorySecrets, refusing } from './secret-storage.ts';

describe('the key of the audit log', () => {
  let place: ReturnType<typeof scratch>;
  let lock: string;
  beforeEach(() => {
    place = scratch();
    lock = path.join(place.folder, 'lock');
  });
  afterEach(() => place.clean());

  it('is made once and found again', async () => {
    const secrets = memorySecrets();
    const made = await auditKeyIn(secrets, lock);
    assert.match(made, /^[\w-]{43}$/);
    assert.equal(await auditKeyIn(secrets, lock), made);
    assert.deepEqual([...secrets.kept], [[AUDIT_KEY, made]]);
    assert.equal(existsSync(lock), false);
  });

  it('is one for all windows that ask for it at the same moment', async () => {
    const kept = new Map<string, string>();
    const keys = await Promise.all(Array.from({ length: 5 }, () => auditKeyIn(memorySecrets(kept), lock)));
    assert.equal(new Set(keys).size, 1);
    assert.equal(kept.get(AUDIT_KEY), keys[0]);
  });

  it('is made in spite of a lock that somebody left behind', async function () {
    this.timeout(10_000);
    writeFileSync(lock, '');
    assert.match(await auditKeyIn(memorySecrets(), lock), /^[\w-]{43}$/);
  });

  it('that cannot be kept is not made up', async () => {
    const secrets = memorySecrets();
    secrets.interrupt = refusing('store', /audit/);
    await assert.rejects(auditKeyIn(secrets, lock), /keyring is locked/);
    assert.equal(existsSync(lock), false);
  });
});

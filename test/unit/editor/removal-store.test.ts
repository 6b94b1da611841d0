import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Removal } from '../../../src/host/key-import/removal.ts';
import { RemovalStore } from '../../../src/vscode/key-import/removal-store.ts';
import { memorySecrets } from './secret-storage.ts';

const removal = (at: number): Removal => ({
  file: '/a/.env',
  name: 'K',
  at,
  sumAfter: 'x',
  pieces: [{ at: 0, text: 'K=1', left: '', right: '' }],
});

describe('what was removed from files', () => {
  it('is kept until it is forgotten, the latest first, seen by other windows', async () => {
    const secrets = memorySecrets();
    const store = new RemovalStore(secrets);
    const first = await store.keep(removal(1));
    await store.keep(removal(2));
    secrets.kept.set('gatehouse.removal.broken', '{"file":1}');
    secrets.kept.set('gatehouse.keys', '[]');
    assert.deepEqual(
      (await new RemovalStore(secrets).list()).map((kept) => kept.removal),
      [removal(2), removal(1)],
    );
    await store.forget(first);
    assert.equal((await store.list()).length, 1);
  });

  it('is refused by a store that does not keep: then nothing may be removed', async () => {
    const secrets = memorySecrets();
    secrets.forgets = true;
    await assert.rejects(new RemovalStore(secrets).keep(removal(1)), /no way back; nothing was removed/);
  });
});

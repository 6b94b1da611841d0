import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { KeyStore } from '../../../src/vscode/keys/key-store.ts';
import { memorySecrets, refusing } from '../editor/secret-storage.ts';

const former = { provider: 'openai', lastFour: '0001', origins: ['https://api.openai.com'], createdAt: 5 };

const kept = () =>
  new Map([
    [
      'gatehouse.keys',
      JSON.stringify([
        { ...former, id: 'openai/work', label: 'work' },
        { ...former, id: 'openai/home', label: 'home', rotatedAt: 9 },
        { ...former, id: 'openai/lost', label: 'lost' },
      ]),
    ],
    ['gatehouse.key.openai/work', 'sk-work-0001'],
    ['gatehouse.key.openai/home', 'sk-home-0002'],
    ['gatehouse.tokens.abc', '{}'],
  ]);

describe('keys of a version before this one', () => {
  it('are taken over with value, binding and age, and nothing stays where they were', async () => {
    const secrets = memorySecrets(kept());
    const store = new KeyStore(secrets);
    await store.begin();
    const list = (await store.list()).toSorted((a, b) => a.label.localeCompare(b.label));
    assert.deepEqual(list, [
      { ...former, id: 'openai/home', label: 'home', lastFour: '0002', rotatedAt: 9 },
      { ...former, id: 'openai/work', label: 'work', lastFour: '0001' },
    ]);
    assert.equal(await store.secret('openai/work'), 'sk-work-0001');
    assert.deepEqual(
      [...secrets.kept.keys()].filter((name) => /^gatehouse\.keys?\b/.test(name)),
      [],
    );
    assert.equal(secrets.kept.get('gatehouse.tokens.abc'), '{}');
  });

  it('are there once where two windows take them over at the same moment, and where one ended in between', async () => {
    const secrets = memorySecrets(kept());
    const ended = new KeyStore(secrets);
    secrets.interrupt = refusing('delete', /./, 1);
    await assert.rejects(ended.begin(), /locked/);
    secrets.interrupt = () => {};
    const windows = [new KeyStore(secrets), new KeyStore(secrets)];
    await Promise.all(windows.map((window) => window.begin()));
    for (const window of windows) assert.equal((await window.list()).length, 2);
  });

  it('do not come back when they were removed', async () => {
    const secrets = memorySecrets(kept());
    const store = new KeyStore(secrets);
    await store.begin();
    await store.remove('openai/work');
    for (const [name, text] of kept()) secrets.kept.set(name, text);
    const next = new KeyStore(secrets);
    await next.begin();
    assert.deepEqual(
      (await next.list()).map(({ label }) => label),
      ['home'],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { KeyInfo } from '../../../src/vscode/keys/key-info.ts';
import { KeyStore } from '../../../src/vscode/keys/key-store.ts';
import { keepsSecrets } from '../../../src/vscode/keys/keeps-secrets.ts';
import { memorySecrets, once, refusing } from '../editor/secret-storage.ts';

function info(id: string, more: Partial<KeyInfo> = {}): KeyInfo {
  return { id, provider: 'openai', label: id, lastFour: 'sk-1', origins: ['https://api.openai.com'], createdAt: 1, ...more };
}

async function idsIn(store: KeyStore): Promise<string[]> {
  return (await store.list()).map(({ id }) => id);
}

describe('KeyStore', () => {
  it('gives back what it was given', async () => {
    const store = new KeyStore(memorySecrets());
    await store.put(info('openai/work'), 'sk-1');
    assert.deepEqual(await store.list(), [info('openai/work')]);
    assert.equal(await store.secret('openai/work'), 'sk-1');
  });

  it('is seen by another window of the same user', async () => {
    const secrets = memorySecrets();
    await new KeyStore(secrets).put(info('a'), 'sk-1');
    assert.deepEqual(await idsIn(new KeyStore(secrets)), ['a']);
  });

  it('keeps the value apart from all that is known of the key', async () => {
    const secrets = memorySecrets();
    await new KeyStore(secrets).put(info('a'), 'sk-geheim');
    const holding = [...secrets.kept].filter(([, text]) => text.includes('geheim')).map(([name]) => name);
    assert.equal(secrets.kept.size, 2);
    assert.equal(holding.length, 1);
    assert.match(holding[0] ?? '', /^gatehouse\.value\./);
  });

  it('replaces value and metadata when a key is rotated, and keeps no history', async () => {
    const secrets = memorySecrets();
    const store = new KeyStore(secrets);
    await store.put(info('a'), 'sk-old');
    await store.put(info('a'), 'sk-new');
    const [key] = await store.list();
    assert.equal(key?.lastFour, '-new');
    assert.ok((key?.rotatedAt ?? 0) > Date.now() - 1000);
    assert.doesNotMatch([...secrets.kept.values()].join(), /sk-old/);
  });

  it('erases a removed key and leaves nothing of it but that it is gone', async () => {
    const secrets = memorySecrets();
    const store = new KeyStore(secrets);
    await store.put(info('a'), 'sk-1');
    await store.remove('a');
    assert.deepEqual(
      [...secrets.kept.keys()].map((name) => name.replace(/[^.]+$/, '')),
      ['gatehouse.gone.'],
    );
  });

  it('keeps all of many keys that are put at the same moment', async () => {
    const store = new KeyStore(memorySecrets());
    const ids = Array.from({ length: 20 }, (_, n) => `k${n}`);
    await Promise.all(ids.map((id) => store.put(info(id), `sk-${id}`)));
    assert.deepEqual(await idsIn(store), ids);
  });

  it('keeps order between a put and a remove of one key', async () => {
    const store = new KeyStore(memorySecrets());
    await Promise.all([store.put(info('a'), 'sk-1'), store.remove('a'), store.put(info('b'), 'sk-2')]);
    assert.deepEqual(await idsIn(store), ['b']);
    assert.equal(await store.secret('a'), undefined);
  });

  for (const id of ['__proto__', 'constructor', 'openai/mein schlüssel 🦊', 's', 'a.b/../c']) {
    it(`tells the key ${JSON.stringify(id)} from others`, async () => {
      const store = new KeyStore(memorySecrets());
      await store.put(info('other'), 'sk-other');
      await store.put(info(id), 'sk-1');
      assert.equal(await store.secret(id), 'sk-1');
      await store.remove(id);
      assert.deepEqual(await idsIn(store), ['other']);
      assert.equal(await store.secret('other'), 'sk-other');
    });
  }

  it('knows which changes are about keys, also those of other windows', () => {
    const store = new KeyStore(memorySecrets());
    const ours = ['gatehouse.value.a.1', 'gatehouse.about.a', 'gatehouse.gone.a'];
    const others = ['gatehouse.probe.0.5', 'gatehouse.tokens.abc', 'gatehouse.audit'];
    assert.deepEqual(
      [...ours, ...others].filter((name) => store.isKeyChange(name)),
      ours,
    );
  });

  describe('a second window that writes in between', () => {
    it('loses no key while this one puts its secret', async () => {
      const secrets = memorySecrets();
      const store = new KeyStore(secrets);
      let theirs: Promise<void> | undefined;
      secrets.interrupt = once('store', /about/, () => {
        theirs = new KeyStore(secrets).put(info('theirs'), 'sk-2');
      });
      await store.put(info('ours'), 'sk-1');
      await theirs;
      assert.deepEqual((await idsIn(store)).sort(), ['ours', 'theirs']);
    });

    it('does not get a key back that it removed', async () => {
      const secrets = memorySecrets();
      const store = new KeyStore(secrets);
      await store.put(info('a'), 'sk-1');
      await store.list();
      await new KeyStore(secrets).remove('a');
      await store.put(info('b'), 'sk-2');
      assert.deepEqual(await idsIn(store), ['b']);
    });
  });

  describe('a store that throws', () => {
    it('leaves no secret behind that is in no list', async () => {
      const secrets = memorySecrets();
      const store = new KeyStore(secrets);
      secrets.interrupt = refusing('store', /about/);
      await assert.rejects(store.put(info('a'), 'sk-1'), /locked/);
      assert.equal(secrets.kept.size, 0);
    });

    it('does not erase a key whose rotation failed half-way', async () => {
      const secrets = memorySecrets();
      const store = new KeyStore(secrets);
      await store.put(info('a'), 'sk-old');
      secrets.interrupt = refusing('store', /about/);
      await assert.rejects(store.put(info('a'), 'sk-new'), /locked/);
      assert.deepEqual(await idsIn(store), ['a']);
      assert.equal(await store.secret('a'), 'sk-new');
    });

    it('still lists a key that could not be erased, so that it can be tried again', async () => {
      const secrets = memorySecrets();
      const store = new KeyStore(secrets);
      await store.put(info('a'), 'sk-1');
      secrets.interrupt = refusing('delete', /./, 1);
      await assert.rejects(store.remove('a'), /locked/);
      assert.deepEqual(await idsIn(store), ['a']);
      await store.remove('a');
      assert.equal(await store.secret('a'), undefined);
    });

    it('has erased the value first when the list could not be written', async () => {
      const secrets = memorySecrets();
      const store = new KeyStore(secrets);
      await store.put(info('a'), 'sk-1');
      secrets.interrupt = refusing('store', /gone/);
      await assert.rejects(store.remove('a'), /locked/);
      assert.equal(await store.secret('a'), undefined);
    });

    it('takes the next change after one that failed', async () => {
      const secrets = memorySecrets();
      const store = new KeyStore(secrets);
      secrets.interrupt = refusing('store', /./, 1);
      await assert.rejects(store.put(info('a'), 'sk-1'), /locked/);
      await store.put(info('b'), 'sk-2');
      assert.deepEqual(await idsIn(store), ['b']);
    });
  });

  for (const [what, text] of [
    ['no JSON', '{"id"'],
    ['null', 'null'],
    ['an object', '{"id":"a"}'],
    ['a text', '"abc"'],
    ['entries that are no keys', '[null, 7, "a", {}, {"id":"x","provider":"openai"}, {"id":1,"provider":"openai","origins":[]}]'],
  ] as const) {
    it(`lists nothing and goes on when the list of a former version is ${what}`, async () => {
      const store = new KeyStore(memorySecrets(new Map([['gatehouse.keys', text]])));
      await store.begin();
      assert.deepEqual(await store.list(), []);
      await store.put(info('a'), 'sk-1');
      assert.deepEqual(await idsIn(store), ['a']);
    });
  }

  describe('keepsSecrets', () => {
    it('is true for a store that keeps, and leaves nothing there', async () => {
      const secrets = memorySecrets();
      assert.equal(await keepsSecrets(secrets), true);
      assert.equal(secrets.kept.size, 0);
    });

    it('is false for a store that forgets', async () => {
      const secrets = memorySecrets();
      secrets.forgets = true;
      assert.equal(await keepsSecrets(secrets), false);
    });

    for (const step of ['store', 'get'] as const) {
      it(`is false, and does not throw, where ${step} throws`, async () => {
        const secrets = memorySecrets();
        secrets.interrupt = refusing(step, /./);
        assert.equal(await keepsSecrets(secrets), false);
      });
    }

    it('does not throw where delete throws', async () => {
      const secrets = memorySecrets();
      secrets.interrupt = refusing('delete', /./);
      assert.equal(await keepsSecrets(secrets), true);
    });

    it('is true in each of several windows that ask at the same moment', async () => {
      const secrets = memorySecrets();
      const answers = await Promise.all(Array.from({ length: 5 }, () => keepsSecrets(secrets)));
      assert.deepEqual(answers, [true, true, true, true, true]);
    });
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { SecretStorage } from 'vscode';
import type { KeyInfo } from '../../../src/vscode/keys/key-info.ts';
import { KeyJournal } from '../../../src/vscode/keys/key-journal.ts';
import { KeyStore } from '../../../src/vscode/keys/key-store.ts';
import { memorySecrets } from '../editor/secret-storage.ts';
import { BrowserStore } from './browser-tabs.ts';

const info = (label: string): KeyInfo => ({
  id: `openai/${label}`,
  provider: 'openai',
  label,
  lastFour: '',
  origins: ['https://api.openai.com'],
  createdAt: Date.now(),
});

/** A change that will never come is waited for as long. */
const ARRIVAL_MS = 60;

describe('the journal beside the keys', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-test-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = async (secrets: SecretStorage): Promise<KeyStore> => {
    const store = new KeyStore(secrets, new KeyJournal(folder), ARRIVAL_MS);
    await store.begin();
    return store;
  };
  const labels = async (store: KeyStore): Promise<string[]> => (await store.list()).map(({ label }) => label).sort();

  it('holds no value of a key, and can be read by nobody else', async () => {
    const store = await open(memorySecrets());
    await store.put(info('work'), 'sk-geheim-0123456789');
    await store.rotate('openai/work', 'sk-anders-9876543210', [], true);
    const text = readFileSync(path.join(folder, 'keys.json'), 'utf8');
    assert.match(text, /"label":"work".*"lastFour":"3210"/);
    assert.doesNotMatch(text, /geheim|anders/);
  });

  it('tells a key that is not there any more from one that was removed', async () => {
    const secrets = memorySecrets();
    const store = await open(secrets);
    await store.put(info('lost'), 'sk-1234');
    await store.put(info('removed'), 'sk-5678');
    await store.remove('openai/removed');
    assert.deepEqual(await store.findLost(), []);
    for (const name of secrets.kept.keys()) if (!name.includes('gone')) secrets.kept.delete(name);
    const lost = await (await open(secrets)).begin();
    assert.deepEqual(
      lost.map(({ label, lastFour, provider }) => [label, lastFour, provider]),
      [['lost', '1234', 'openai']],
    );
    const next = await open(secrets);
    await next.forget(lost.map(({ uid }) => uid));
    assert.deepEqual(await (await open(secrets)).begin(), []);
  });

  it('lets nobody who holds the lock be disturbed, and takes it from one who died', async () => {
    const secrets = memorySecrets();
    const [one, two] = [await open(secrets), await open(secrets)];
    await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? one : two).put(info(`k${n}`), `sk-${n}`)));
    assert.equal((await one.list()).length, 10);
    const lock = path.join(folder, 'keys.lock');
    writeFileSync(lock, '');
    utimesSync(lock, new Date(0), new Date(0));
    await two.put(info('after'), 'sk-x');
    writeFileSync(lock, `99999999 ${os.hostname()}`);
    const since = performance.now();
    await two.put(info('again'), 'sk-y');
    assert.ok(performance.now() - since < 2000, 'it waited for a process that is not there');
    assert.equal((await one.list()).length, 12);
  });

  it('goes on with a journal that was damaged', async () => {
    writeFileSync(path.join(folder, 'keys.json'), '{"known":{"x":7},"gone"');
    const store = await open(memorySecrets());
    await store.put(info('work'), 'sk-1');
    assert.deepEqual(await labels(store), ['work']);
  });

  describe('where each browser tab has a copy of all secrets', () => {
    it('a tab that is behind adds nothing, and says what to do; after a reload it can', async () => {
      const browser = new BrowserStore();
      const [left, right] = [await open(browser.openTab()), await open(browser.openTab())];
      await left.put(info('left'), 'sk-left');
      await assert.rejects(right.put(info('right'), 'sk-right'), /another browser tab.*Reload this window/);
      await assert.rejects(async () => right.shared.store('gatehouse.tokens.x', '{}'), /another browser tab/);
      const reloaded = await open(browser.openTab());
      await reloaded.put(info('right'), 'sk-right');
      assert.deepEqual(await labels(await open(browser.openTab())), ['left', 'right']);
    });

    it('a tab that is behind brings no removed key back', async () => {
      const browser = new BrowserStore();
      await (await open(browser.openTab())).put(info('gone'), 'sk-gone');
      const [left, tab] = [await open(browser.openTab()), browser.openTab()];
      const right = await open(tab);
      await left.remove('openai/gone');
      assert.deepEqual(await labels(right), [], 'it is still used');
      await assert.rejects(right.put(info('other'), 'sk-other'), /another browser tab/);
      // Another extension writes, and with it the whole copy of its tab.
      await tab.store('another.extension', 'x');
      assert.match([...browser.kept.values()].join(), /sk-gone/, 'the double is none');
      const reloaded = await open(browser.openTab());
      assert.deepEqual(await labels(reloaded), []);
      assert.doesNotMatch([...browser.kept.values()].join(), /sk-gone/);
      await reloaded.put(info('other'), 'sk-other');
    });

    it('tells which key another tab has overwritten', async () => {
      const browser = new BrowserStore();
      const tab = browser.openTab();
      await (await open(browser.openTab())).put(info('work'), 'sk-1234');
      await tab.store('another.extension', 'x');
      const lost = await (await open(browser.openTab())).begin();
      assert.deepEqual(
        lost.map(({ label, lastFour }) => `${label} ${lastFour}`),
        ['work 1234'],
      );
    });

    it('forgets a lost key in one browser without taking it from another', async () => {
      const [here, there] = [new BrowserStore(), new BrowserStore()];
      await (await open(here.openTab())).put(info('work'), 'sk-1234');
      const other = await open(there.openTab());
      await other.forget((await other.findLost()).map(({ uid }) => uid));
      assert.deepEqual(await labels(await open(here.openTab())), ['work']);
    });

    it('many changes at once in two tabs leave just what was not refused', async () => {
      const browser = new BrowserStore();
      for (let round = 0; round < 10; round++) {
        const before = await labels(await open(browser.openTab()));
        const tabs = [await open(browser.openTab()), await open(browser.openTab())];
        const settled = await Promise.allSettled(
          tabs.map((tab, n) =>
            round % 3 === 2 && n === 1 ? tab.remove(`openai/${before[0]}`) : tab.put(info(`r${round}-${n}`), `sk-${round}-${n}`),
          ),
        );
        const done = settled.map(({ status }) => status === 'fulfilled');
        assert.ok(done.includes(true));
        const expected = new Set(before);
        tabs.forEach((_, n) => {
          if (done[n] !== true) return;
          if (round % 3 === 2 && n === 1) expected.delete(before[0] ?? '');
          else expected.add(`r${round}-${n}`);
        });
        assert.deepEqual(await labels(await open(browser.openTab())), [...expected].sort());
      }
    });
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { SecretStorage } from 'vscode';
import type { KeyInfo } from '../../src/vscode/keys/key-info.ts';
import { KeyStore } from '../../src/vscode/keys/key-store.ts';

/** SecretStorage whose every step waits until the schedule lets it go on: all orders in which two windows may come are tried. */
function scheduled(s: fc.Scheduler, kept: Map<string, string>): SecretStorage {
  return {
    keys: () => s.schedule(Promise.resolve(), 'keys').then(() => [...kept.keys()]),
    get: (name) => s.schedule(Promise.resolve(), `get ${name}`).then(() => kept.get(name)),
    store: (name, value) => s.schedule(Promise.resolve(), `store ${name}`).then(() => void kept.set(name, value)),
    delete: (name) => s.schedule(Promise.resolve(), `delete ${name}`).then(() => void kept.delete(name)),
    onDidChange: () => ({ dispose() {} }),
  };
}

const info = (label: string): KeyInfo => ({
  id: `openai/${label}`,
  provider: 'openai',
  label,
  lastFour: '',
  origins: ['https://api.openai.com'],
  createdAt: Date.now(),
});

type Act = 'add' | 'label' | 'rotate' | 'rotate-at-once' | 'undo' | 'expire' | 'remove' | 'begin';

const act = fc.constantFrom<Act>('add', 'label', 'rotate', 'rotate-at-once', 'undo', 'expire', 'remove', 'begin');

/** What a window does to the one key that both have, or to one of its own. */
async function perform(store: KeyStore, what: Act, window: string, n: number): Promise<unknown> {
  const id = 'openai/shared';
  switch (what) {
    case 'add':
      return store.put(info(`${window}${n}`), `sk-${window}${n}`);
    case 'label':
      return store.change(id, { label: `by ${window}`, weight: n + 1 });
    case 'rotate':
      return store.rotate(id, `sk-shared-${window}${n}`, ['https://api.openai.com'], true);
    case 'rotate-at-once':
      return store.rotate(id, `sk-shared-${window}${n}`, ['https://api.openai.com'], false);
    case 'undo':
      return store.undoRotation(id);
    case 'expire':
      return store.eraseFormer(id);
    case 'remove':
      return store.remove(id);
    case 'begin':
      return store.begin();
    default:
      return what satisfies never;
  }
}

describe('two windows that change keys at the same moment', function () {
  this.timeout(60_000);

  // Without the journal and its lock: the layout has to hold by itself, as it must for two computers that share a store.
  it('lose no key and bring none back, in whatever order their steps come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(act, { maxLength: 4 }), fc.array(act, { maxLength: 4 }), async (s, left, right) => {
        const kept = new Map<string, string>();
        const direct = (): SecretStorage => ({
          keys: async () => [...kept.keys()],
          get: async (name) => kept.get(name),
          store: async (name, value) => void kept.set(name, value),
          delete: async (name) => void kept.delete(name),
          onDidChange: () => ({ dispose() {} }),
        });
        await new KeyStore(direct()).put(info('shared'), 'sk-shared-0');
        const windows = [
          { name: 'l', acts: left, store: new KeyStore(scheduled(s, kept)) },
          { name: 'r', acts: right, store: new KeyStore(scheduled(s, kept)) },
        ];
        const all = Promise.all(
          windows.map(async ({ name, acts, store }) => {
            for (const [n, what] of acts.entries()) await perform(store, what, name, n);
          }),
        );
        await s.waitFor(all);

        const later = new KeyStore(direct());
        await later.begin();
        const ids = (await later.list()).map(({ id }) => id).sort();
        const removed = left.includes('remove') || right.includes('remove');
        const added = windows.flatMap(({ name, acts }) =>
          acts.flatMap((what, n) => (what === 'add' ? [`openai/${name}${n}`] : [])),
        );
        assert.deepEqual(ids, [...added, ...(removed ? [] : ['openai/shared'])].sort());
        for (const id of added) assert.equal(await later.secret(id), id.replace('openai/', 'sk-'));
        if (removed) assert.doesNotMatch([...kept.values()].join('\n'), /sk-shared/, 'a value of a removed key is left');
        else assert.match((await later.secret('openai/shared')) ?? '', /^sk-shared-/);
      }),
      { numRuns: 3_000 },
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { SecretStorage } from 'vscode';
import type { SetUp } from '../../../src/host/agent-setup/record.ts';
import { SetUpStore } from '../../../src/vscode/agent-setup/setup-store.ts';

const record = (program: string, at: number): SetUp => ({
  program,
  agent: program,
  at,
  workspace: 'w',
  workspaceName: 'W',
  url: 'http://127.0.0.1:1',
  token: 't',
  model: 'm',
  files: [],
});

/** What SecretStorage is, in memory. */
function secrets(keeps = true): SecretStorage {
  const kept = new Map<string, string>();
  return {
    keys: () => Promise.resolve([...kept.keys()]),
    get: (key: string) => Promise.resolve(kept.get(key)),
    store: (key: string, value: string) => Promise.resolve(void (keeps && kept.set(key, value))),
    delete: (key: string) => Promise.resolve(void kept.delete(key)),
    onDidChange: () => ({ dispose: () => {} }),
  };
}

describe('what was set up, in the store of secrets', () => {
  it('is one record a program, the latest first, beside what others keep there', async () => {
    const storage = secrets();
    const store = new SetUpStore(storage);
    await storage.store('gatehouse.tokens.w', '{}');
    await storage.store('gatehouse.setup.other-machine.codex', JSON.stringify(record('codex', 9)));
    await store.keep(record('codex', 1));
    await store.keep(record('claude-code', 2));
    await store.keep(record('codex', 3));
    assert.deepEqual(
      (await store.list()).map(({ program, at }) => [program, at]),
      [
        ['codex', 3],
        ['claude-code', 2],
      ],
    );
    await store.forget('codex');
    assert.equal(await store.of('codex'), undefined);
    assert.equal((await store.of('claude-code'))?.at, 2);
  });

  it('is refused by a store that keeps nothing', async () => {
    await assert.rejects(new SetUpStore(secrets(false)).keep(record('codex', 1)), /no way back; nothing was changed/);
  });
});

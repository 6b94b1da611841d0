import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { FormerValues } from '../../../src/vscode/keys/former-values.ts';
import type { KeyInfo } from '../../../src/vscode/keys/key-info.ts';
import { KeyStore } from '../../../src/vscode/keys/key-store.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { memorySecrets, type MemorySecrets, refusing } from '../editor/secret-storage.ts';

const MINUTE_MS = 60_000;

describe('the former value of a rotated key', () => {
  let secrets: MemorySecrets;
  let store: KeyStore;
  let clock: VirtualClock;
  let erased: string[];
  let minutes: number;
  beforeEach(async () => {
    secrets = memorySecrets();
    store = new KeyStore(secrets);
    // The store goes by the system's clock.
    clock = new VirtualClock(Date.now());
    erased = [];
    minutes = 20;
    await store.put(info('work'), 'sk-old-0001');
    await store.rotate('openai/work', 'sk-new-0002', ['https://api.openai.com'], true);
  });

  const info = (label: string): KeyInfo => ({
    id: `openai/${label}`,
    provider: 'openai',
    label,
    lastFour: '',
    origins: ['https://api.openai.com'],
    createdAt: Date.now() - 1000,
  });

  const watch = async (): Promise<FormerValues> => {
    const formers = new FormerValues(
      store,
      () => minutes * MINUTE_MS,
      ({ id }) => erased.push(id),
      clock,
      clock,
    );
    formers.watch(await store.list());
    return formers;
  };
  const pass = async (time: number): Promise<void> => {
    for (let at = 0; at < time; at += MINUTE_MS / 2) await clock.advance(MINUTE_MS / 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const values = (): string => [...secrets.kept.values()].join('\n');

  it('is there after the rotation, beside the new one, and either is told by its last four', async () => {
    const [key] = await store.list();
    assert.deepEqual([key?.lastFour, key?.formerLastFour], ['0002', '0001']);
    const [held] = await store.held();
    assert.deepEqual([held?.secret, held?.former?.secret], ['sk-new-0002', 'sk-old-0001']);
  });

  it('is erased everywhere when its time is over, and not before', async () => {
    await watch();
    await pass(19 * MINUTE_MS);
    assert.match(values(), /sk-old/);
    await pass(2 * MINUTE_MS);
    assert.doesNotMatch(values(), /sk-old/);
    assert.deepEqual(erased, ['openai/work']);
    assert.equal(await store.secret('openai/work'), 'sk-new-0002');
    assert.equal((await store.list())[0]?.formerLastFour, undefined);
  });

  it('is erased after a restart, also when its time was over long before', async () => {
    (await watch()).dispose();
    await pass(60 * MINUTE_MS);
    assert.match(values(), /sk-old/, 'a window that is gone has erased it');
    store = new KeyStore(secrets);
    await watch();
    await pass(1);
    assert.doesNotMatch(values(), /sk-old/);
  });

  it('is told to be erased once where several windows wait for it', async () => {
    await Promise.all([watch(), watch(), watch()]);
    await pass(21 * MINUTE_MS);
    assert.deepEqual(erased, ['openai/work']);
  });

  it('is tried again where the store was locked', async () => {
    await watch();
    secrets.interrupt = refusing('delete', /./, 1);
    await pass(22 * MINUTE_MS);
    assert.doesNotMatch(values(), /sk-old/);
    assert.deepEqual(erased, ['openai/work']);
  });

  it('is the key again when the rotation is undone, and nothing is left of the new one', async () => {
    await watch();
    assert.equal(await store.undoRotation('openai/work'), true);
    assert.equal(await store.secret('openai/work'), 'sk-old-0001');
    assert.doesNotMatch(values(), /sk-new/);
    await pass(30 * MINUTE_MS);
    assert.equal(await store.secret('openai/work'), 'sk-old-0001');
    assert.equal(await store.undoRotation('openai/work'), false);
  });

  it('is not kept where the overlap is 0, and only one is kept of several', async () => {
    await store.rotate('openai/work', 'sk-third-0003', ['https://api.openai.com'], true);
    assert.doesNotMatch(values(), /sk-old/);
    await store.rotate('openai/work', 'sk-fourth-0004', ['https://api.openai.com'], false);
    assert.doesNotMatch(values(), /sk-(old|new|third)/);
    assert.equal(await store.undoRotation('openai/work'), false);
  });

  it('goes with the key when that is revoked', async () => {
    await store.remove('openai/work', 'abort');
    assert.doesNotMatch(values(), /sk-/);
  });

  it('keeps the age of a value that is bound to another address', async () => {
    await store.eraseFormer('openai/work');
    const before = (await store.list())[0]?.rotatedAt;
    await store.bind('openai/work', ['https://eu.example']);
    const [key] = await store.list();
    assert.deepEqual([key?.rotatedAt, key?.origins], [before, ['https://eu.example']]);
    assert.equal(key?.formerLastFour, undefined);
  });
});

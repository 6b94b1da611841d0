import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { format, inspect } from 'node:util';
import v8 from 'node:v8';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Secret } from '../../../src/core/providers/secret.ts';

const KEY = 'sk-proj-geheim';

describe('Secret', () => {
  const secret = new Secret(KEY);

  it('is revealed when asked by name', () => assert.equal(secret.reveal(), KEY));

  it('says what it is where it is printed', () =>
    assert.deepEqual([inspect(secret), JSON.stringify(secret), String(secret)], ['[secret]', '"[secret]"', '[secret]']));

  for (const [way, show] of [
    ['a template', () => `key: ${secret as unknown as string}`],
    ['joining it with other texts', () => ['a', secret].join()],
    ['JSON', () => JSON.stringify({ deep: [{ secret }] })],
    ['inspect', () => inspect({ deep: { secret } }, { depth: 9 })],
    [
      'inspect with everything on',
      () => inspect(secret, { customInspect: false, showHidden: true, getters: true, showProxy: true }),
    ],
    ['console’s format', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
    ['structuredClone', () => inspect(structuredClone({ secret }))],
    [
      'a message to another thread',
      () => {
        const { port1, port2 } = new MessageChannel();
        port1.postMessage({ secret });
        const got = inspect(receiveMessageOnPort(port2), { depth: 9 });
        port1.close();
        return got;
      },
    ],
    ['v8.serialize', () => v8.serialize({ secret }).toString('latin1')],
    ['its properties', () => inspect([Object.entries(secret), Reflect.ownKeys(secret), Object.assign({}, secret)])],
    ['an error’s message', () => new Error(`failed with ${String(secret)}`).stack ?? ''],
    [
      'a failed comparison',
      () => {
        try {
          assert.deepEqual({ secret }, { secret: 1 });
          return '';
        } catch (error) {
          return inspect(error, { depth: 9 });
        }
      },
    ],
  ] as const) {
    it(`does not come out through ${way}`, () => {
      const shown = show();
      assert.notEqual(shown, '');
      assert.doesNotMatch(shown, /geheim/);
    });
  }
});

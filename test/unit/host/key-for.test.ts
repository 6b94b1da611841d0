import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { configSchema } from '../../../src/core/config/schema.ts';
import { buildSnapshot } from '../../../src/core/routing/snapshot.ts';
import { keyFor } from '../../../src/host/key-for.ts';

const SECRET = 'sk-ant-stored';

function snapshotOf(baseUrl: string) {
  const config = configSchema.parse({ providers: { anthropic: { kind: 'anthropic', baseUrl } } });
  const keys = [{ id: 'anthropic/work', provider: 'anthropic', secret: SECRET, origins: ['https://api.anthropic.com'] }];
  return buildSnapshot({ config, keys, tokens: {} });
}

describe('keyFor', () => {
  it('gives a stored key for the address it was entered for', () => {
    const { secret } = keyFor(snapshotOf('https://api.anthropic.com'), { provider: 'anthropic', key: 'anthropic/work' });
    assert.equal(secret?.reveal(), SECRET);
  });

  it('gives it for no other address, neither to a test of the key nor to a list of models', () => {
    const moved = snapshotOf('https://elsewhere.example');
    assert.throws(() => keyFor(moved, { provider: 'anthropic', key: 'anthropic/work' }), /rotate the key/);
    assert.equal(keyFor(moved, { provider: 'anthropic' }).secret, undefined);
  });

  it('lets a key that is being entered go to the address it is entered for', () => {
    const { secret } = keyFor(snapshotOf('https://elsewhere.example'), { provider: 'anthropic', secret: 'sk-new' });
    assert.equal(secret?.reveal(), 'sk-new');
  });

  it('says which provider is not there', () => {
    assert.throws(() => keyFor(snapshotOf('https://api.anthropic.com'), { provider: 'antropic' }), /no provider "antropic"/);
  });
});

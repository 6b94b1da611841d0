import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { askCommand } from '../../../src/cli/key-command.ts';

describe('the command of a key', () => {
  it('is ended when it gives no key in time, also where what it started lives on', async () => {
    const started = performance.now();
    assert.deepEqual(await askCommand(['sh', '-c', 'sleep 20 & sleep 20'], 200), { failure: 'sh gave no key within 0.2 s' });
    assert.ok(performance.now() - started < 15_000);
  });

  it('is told by its name when a signal ends it, or when it prints nothing', async () => {
    assert.deepEqual(await askCommand(['sh', '-c', 'kill -9 $$']), { failure: 'sh was ended by SIGKILL' });
    assert.deepEqual(await askCommand(['true']), { failure: 'true printed nothing' });
  });
});

import assert from 'node:assert/strict';
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { attemptsToLeave } from './launch/namespace.ts';

// What the other files rely on when they say that nothing was dialled. Outside the namespace this file fails.
describe('the namespace that the agents run in', () => {
  it('has no interface but loopback', () => {
    assert.deepEqual(Object.keys(networkInterfaces()), ['lo']);
  });

  it('refuses a connection to elsewhere, and counts it', async () => {
    const before = attemptsToLeave();
    const socket = connect(443, '192.0.2.1');
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
    assert.equal(error.code, 'ENETUNREACH');
    assert.ok(attemptsToLeave() > before);
  });

  it('resolves no name, and counts the attempt', async () => {
    const before = attemptsToLeave();
    await assert.rejects(lookup('example.com'));
    assert.ok(attemptsToLeave() > before);
  });
});

import assert from 'node:assert/strict';
import type { AuditEvent } from '../../../../src/core/ledger/audit/audit-event.ts';
import { auditSums } from '../../../../src/core/ledger/audit/sums.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('audit log: sums', () => {
  const clock = new VirtualClock();
  const sums = () => {
    const written: unknown[] = [];
    const made = auditSums(clock, clock, (event) => written.push('requests' in event ? event.requests : event.kind));
    return { ...made, written };
  };
  const refused: AuditEvent = { kind: 'token-refused', requests: 1 };

  it('tells the first refused token at once, and those of each minute as one', async () => {
    const { audit, written } = sums();
    audit(refused);
    assert.deepEqual(written, [1]);
    for (let turn = 0; turn < 3; turn++) audit(refused);
    await clock.advance(MINUTE - 1);
    assert.deepEqual(written, [1]);
    await clock.advance(1);
    assert.deepEqual(written, [1, 3]);
    audit({ kind: 'token-refused', requests: 7 });
    await clock.advance(MINUTE);
    assert.deepEqual(written, [1, 3, 7]);
    await clock.advance(MINUTE);
    audit(refused);
    assert.deepEqual(written, [1, 3, 7, 1], 'after a minute of quiet it is the first again');
  });

  it('counts what a budget refuses until its window ends, also beyond what a timer takes', async () => {
    const { audit, written } = sums();
    const until = clock.now() + 30 * 24 * HOUR;
    const event = (budget: string): AuditEvent => ({ kind: 'budget-refused', budget, outcome: 'refused', requests: 1, until });
    for (let turn = 0; turn < 4; turn++) audit(event('one'));
    audit(event('other'));
    await clock.advance(30 * 24 * HOUR - 1);
    assert.deepEqual(written, []);
    await clock.advance(1);
    assert.deepEqual(written, [4, 1]);
  });

  it('passes on everything else, and at its end what is summed up', async () => {
    const { audit, close, written } = sums();
    audit({ kind: 'token-revoked', agent: 'a' });
    audit(refused);
    audit(refused);
    close();
    close();
    assert.deepEqual(written, ['token-revoked', 1, 1]);
  });
});

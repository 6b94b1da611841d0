import assert from 'node:assert/strict';
import type { AuditEvent } from '../../../../src/core/ledger/audit/audit-event.ts';
import { auditSums } from '../../../../src/core/ledger/audit/sums.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const HOUR = 60 * 60_000;

describe('audit log: sums', () => {
  const clock = new VirtualClock();
  const sums = () => {
    const written: unknown[] = [];
    const made = auditSums(clock, clock, (event) => written.push('requests' in event ? event.requests : event.kind));
    return { ...made, written };
  };
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
    const refused: AuditEvent = {
      kind: 'budget-refused',
      budget: 'one',
      outcome: 'refused',
      requests: 1,
      until: clock.now() + HOUR,
    };
    audit(refused);
    audit(refused);
    close();
    close();
    assert.deepEqual(written, ['token-revoked', 2]);
  });
});

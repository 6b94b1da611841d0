import assert from 'node:assert/strict';
import type { AuditRecord } from '../../../src/core/ledger/audit/audit-event.ts';
import { Outbox } from '../../../src/vscode/audit/outbox.ts';

const settled = () => new Promise((resolve) => setTimeout(resolve, 10));

describe('what the editor has to record', () => {
  let isRunning = false;
  let written: AuditRecord[] = [];
  let kept: readonly AuditRecord[] = [];
  beforeEach(() => {
    isRunning = false;
    written = [];
    kept = [];
  });

  const window = () =>
    new Outbox({
      async send(records) {
        await Promise.resolve();
        if (!isRunning) throw new Error('the gateway is not running');
        written.push(...records);
      },
      kept: () => Promise.resolve(kept),
      keep: (records) => {
        kept = records;
        return Promise.resolve();
      },
    });
  const agents = (records: readonly AuditRecord[]) => records.map(({ event }) => ('agent' in event ? event.agent : ''));
  const add = (outbox: Outbox, agent: string) => outbox.add({ kind: 'token-rotated', agent }, 'user');

  it('goes to the gateway at once, and is not kept', async () => {
    isRunning = true;
    add(window(), 'a');
    await settled();
    assert.deepEqual([agents(written), written[0]?.actor, kept], [['a'], 'user', []]);
  });

  it('waits for a gateway, in order, each with the time when it happened', async () => {
    const outbox = window();
    add(outbox, 'a');
    await settled();
    const later = Date.now();
    add(outbox, 'b');
    await settled();
    isRunning = true;
    outbox.deliver();
    await settled();
    assert.deepEqual([agents(written), kept], [['a', 'b'], []]);
    assert.ok(written[0]!.at <= later && written[1]!.at >= later);
  });

  it('is kept for the next window when this one is closed before a gateway ran', async () => {
    add(window(), 'a');
    await settled();
    add(window(), 'b');
    await settled();
    isRunning = true;
    const next = window();
    add(next, 'c');
    next.deliver();
    await settled();
    assert.deepEqual(agents(written).toSorted(), ['a', 'b', 'c']);
    assert.deepEqual(kept, []);
  });

  it('is sent again when the gateway died over it', async () => {
    isRunning = true;
    const outbox = window();
    isRunning = false;
    add(outbox, 'a');
    await settled();
    isRunning = true;
    outbox.deliver();
    outbox.deliver();
    await settled();
    assert.equal(new Set(written.map(({ id }) => id)).size, 1);
    assert.deepEqual(agents(written), ['a']);
  });

  it('is bounded, and can be forgotten', async () => {
    const outbox = window();
    for (let turn = 0; turn < 700; turn++) add(outbox, String(turn));
    await settled();
    assert.equal(kept.length, 500);
    await outbox.clear();
    assert.deepEqual(kept, []);
    isRunning = true;
    outbox.deliver();
    await settled();
    assert.deepEqual(written, []);
  });
});

import assert from 'node:assert/strict';
import type { Anchor } from '../../../src/core/ledger/audit/anchor.ts';
import { keepAnchor, type AnchorKeeper } from '../../../src/host/keep-anchor.ts';

const anchor = (seq: number, first = 'chain'): Anchor => ({ first, seq, hash: `hash-${first}-${seq}`, at: seq });

describe('the anchor of the audit log', () => {
  let kept: Anchor | undefined;
  let log: Anchor | undefined;
  let warnings = 0;
  let keepers: AnchorKeeper[] = [];
  beforeEach(() => {
    kept = undefined;
    log = anchor(1);
    warnings = 0;
    keepers = [];
  });
  afterEach(() => {
    for (const keeper of keepers) keeper.close();
  });

  /** `pause` is waited for between what was read and what is written: another window has its turn. */
  function window(pause: () => Promise<void> = () => Promise.resolve()): AnchorKeeper {
    const place = {
      read: () => Promise.resolve(kept),
      async write(fresh: Anchor) {
        await pause();
        kept = fresh;
        for (const keeper of keepers) keeper.changed();
      },
    };
    const keeper = keepAnchor(place, () => Promise.resolve(log), { warn: () => warnings++ });
    keepers.push(keeper);
    return keeper;
  }

  it('goes with the log, after a while', async () => {
    const one = window();
    one.changed();
    log = anchor(4);
    one.changed();
    assert.equal(kept, undefined);
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.deepEqual(kept, anchor(4));
  });

  it('never goes back', async () => {
    kept = anchor(9);
    log = anchor(5);
    await window().now();
    assert.deepEqual(kept, anchor(9));
  });

  it('follows the log to the one that came after it', async () => {
    kept = anchor(9);
    log = anchor(2, 'next');
    await window().now();
    assert.deepEqual(kept, anchor(2, 'next'));
  });

  it('that a slower window put back is mended by the other one', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = window(() => gate.promise);
    log = anchor(5);
    const slowly = slow.now();
    await new Promise((resolve) => setImmediate(resolve));
    const quick = window();
    log = anchor(8);
    await quick.now();
    assert.deepEqual(kept, anchor(8));
    gate.resolve();
    await slowly;
    assert.deepEqual(kept, anchor(5), 'the slow one has put it back');
    await quick.now();
    assert.deepEqual(kept, anchor(8));
  });

  it('stays, with one warning, where the log does not go on from it', async () => {
    kept = anchor(9);
    log = undefined;
    const one = window();
    await one.now();
    await one.now();
    assert.deepEqual([kept, warnings], [anchor(9), 1]);
  });

  it('stays while nobody can be asked', async () => {
    const one = keepAnchor(
      { read: () => Promise.resolve(kept), write: () => Promise.reject(new Error('locked')) },
      () => Promise.reject(new Error('the gateway is not running')),
      { warn: () => warnings++ },
    );
    keepers.push(one);
    await one.now();
    assert.deepEqual([kept, warnings], [undefined, 0]);
  });
});

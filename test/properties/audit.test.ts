import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import * as fc from 'fast-check';
import type { Anchor } from '../../src/core/ledger/audit/anchor.ts';
import type { AuditEntry } from '../../src/core/ledger/audit/chain.ts';
import { auditedLedger, entriesOf, record, tamper, verdictOf } from '../unit/ledger/audit/audit-kit.ts';
import { NOON, scratch } from '../unit/ledger/ledger-kit.ts';

const COLUMNS = ['seq', 'id', 'at', 'actor', 'kind', 'body', 'key', 'prev', 'hash'] as const;
const COUNT = 12;

const place = fc.integer({ min: 1, max: COUNT });
/** Anything else than what stands there: a text changed in one character, made longer or shorter, a number moved. */
const anyText = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 20 }));
const anyNumber = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: COUNT + 3 }));

/** What a foreign hand may do to the file; returns the sequence of the first entry that is not as it was written, undefined for no change. */
type Deed = (file: string, entries: readonly AuditEntry[]) => number | undefined;

const edit = fc
  .record({ at: place, column: fc.constantFrom(...COLUMNS), text: anyText, number: anyNumber, splice: fc.nat(100) })
  .map(({ at, column, text, number, splice }): Deed => (file, entries) => {
    const old = entries[at - 1]![column];
    const cut = typeof old === 'string' ? splice % (old.length + 1) : 0;
    const fresh = typeof old === 'number' ? number : old.slice(0, cut) + text + old.slice(cut + (text.length % 2));
    // A lone surrogate is no text of SQLite's.
    if (fresh === old || (typeof fresh === 'string' && !fresh.isWellFormed())) return undefined;
    // The first that is not as it was written where two are in each other's way.
    if (column === 'seq') {
      if (entries.some(({ seq }) => seq === fresh)) return undefined;
      tamper(file, ['UPDATE audit SET seq = ? WHERE seq = ?', fresh, at]);
      return Math.min(at, Math.max(1, Number(fresh)));
    }
    if (column === 'id' && entries.some(({ id }) => id === fresh)) return undefined;
    tamper(file, [`UPDATE audit SET ${column} = ? WHERE seq = ?`, fresh, at]);
    return at;
  });

/** Takes entries out and, as a careful hand would, numbers the rest anew. */
const deletion = fc
  .record({ at: fc.integer({ min: 1, max: COUNT - 1 }), many: fc.integer({ min: 1, max: 3 }), renumber: fc.boolean() })
  .map(({ at, many, renumber }): Deed => (file) => {
    const count = Math.min(many, COUNT - at);
    tamper(file, ['DELETE FROM audit WHERE seq BETWEEN ? AND ?', at, at + count - 1]);
    if (renumber) shift(file, at + count, -count);
    return at;
  });

const insertion = fc
  .record({ at: fc.integer({ min: 1, max: COUNT + 1 }), of: place, forged: fc.boolean(), rechain: fc.boolean() })
  .map(({ at, of, forged, rechain }): Deed => (file, entries) => {
    shift(file, at, 1);
    const { id: _, ...like } = entries[of - 1]!;
    const row = { ...like, seq: at, id: 'foreign', prev: rechain ? (entries[at - 2]?.hash ?? '') : like.prev };
    const body = forged ? '{"agent":"forged"}' : like.body;
    tamper(file, [
      'INSERT INTO audit (seq, id, at, actor, kind, body, key, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      row.seq,
      row.id,
      row.at,
      row.actor,
      row.kind,
      body,
      row.key,
      row.prev,
      row.hash,
    ]);
    return at;
  });

const reordering = fc.tuple(place, place).map(([one, other]): Deed => (file) => {
  if (one === other) return undefined;
  tamper(
    file,
    ['UPDATE audit SET seq = 1000 WHERE seq = ?', one],
    ['UPDATE audit SET seq = ? WHERE seq = ?', one, other],
    ['UPDATE audit SET seq = ? WHERE seq = 1000', other],
  );
  return Math.min(one, other);
});

const truncation = place.map((from): Deed => (file) => {
  tamper(file, ['DELETE FROM audit WHERE seq >= ?', from]);
  return from;
});

function shift(file: string, from: number, by: number): void {
  tamper(file, ['UPDATE audit SET seq = -seq WHERE seq >= ?', from], ['UPDATE audit SET seq = -seq + ? WHERE seq < 0', by]);
}

describe('audit log: whatever is done to it is found', function () {
  this.timeout(60_000);
  const folder = scratch();
  const whole = `${folder.file}.whole`;
  let entries: readonly AuditEntry[];
  let anchor: Anchor;

  before(async () => {
    const ledger = auditedLedger(whole);
    for (let at = 1; at < COUNT; at++) {
      const event = at % 3 === 0 ? ({ kind: 'purged', what: ['keys', 'a "quoted"\nthing'] } as const) : undefined;
      await ledger.audit.append(record(event, NOON + at));
    }
    anchor = ledger.audit.anchorAfter(undefined)!;
    ledger.close();
    entries = await entriesOf(whole);
    assert.equal(entries.length, COUNT);
  });
  after(() => folder.clean());

  const deeds = { edit, deletion, insertion, reordering, truncation };
  for (const [name, deed] of Object.entries(deeds)) {
    it(`every ${name}, and the first broken entry is named`, async () => {
      let done = 0;
      await fc.assert(
        fc.asyncProperty(deed, async (doIt) => {
          copyFileSync(whole, folder.file);
          const first = doIt(folder.file, entries);
          const { broken } = await verdictOf(folder.file, anchor);
          assert.equal(broken?.seq, first);
          if (first !== undefined) done++;
        }),
        { numRuns: 120 },
      );
      assert.ok(done > 60, `only ${done} changed anything`);
    });
  }

  it('nothing in a log that nobody touched, and none that grew after its anchor was kept', async () => {
    copyFileSync(whole, folder.file);
    assert.equal((await verdictOf(folder.file, anchor)).broken, undefined);
    const ledger = auditedLedger(folder.file, anchor);
    await ledger.audit.append(record());
    ledger.close();
    const verdict = await verdictOf(folder.file, anchor);
    assert.deepEqual([verdict.broken, verdict.entries], [undefined, COUNT + 1]);
  });
});

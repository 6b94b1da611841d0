import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { anchorIn, type Anchor } from '../../../../src/core/ledger/audit/anchor.ts';
import type { AuditEvent } from '../../../../src/core/ledger/audit/audit-event.ts';
import { jsonLines } from '../../../../src/core/ledger/audit/entries.ts';
import { verdictWords } from '../../../../src/core/ledger/audit/verdict-words.ts';
import { configSchema } from '../../../../src/core/config/schema.ts';
import { filesHolding } from '../../../support/files-holding.ts';
import { ledgerOn, NOON, opened, scratch, settlement, until } from '../ledger-kit.ts';
import { AUDIT_SECRET, auditedLedger, entriesOf, record, recorded, tamper, verdictOf } from './audit-kit.ts';

const QUICK = { busyMs: 20, retryMs: 30, beatMs: 40 };

describe('audit log', () => {
  let place: ReturnType<typeof scratch>;
  beforeEach(() => (place = scratch()));
  afterEach(() => place.clean());

  const open = (anchor?: Anchor, more: Parameters<typeof auditedLedger>[2] = {}) => {
    const ledger = auditedLedger(place.file, anchor, more);
    place.later(() => ledger.close());
    return ledger;
  };
  const kinds = async () => (await entriesOf(place.file)).map(({ kind }) => kind);

  it('says when it began, and then what happened, by whom and when, in order', async () => {
    const ledger = open();
    await ledger.audit.append(record({ kind: 'key-disabled', key: 'openai/a', provider: 'openai' }, NOON));
    await ledger.audit.append(record({ kind: 'key-enabled', key: 'openai/a', provider: 'openai' }, NOON - 1));
    const entries = await entriesOf(place.file);
    assert.deepEqual(
      entries.map(({ seq, at, actor, kind, body }) => [seq, seq === 1 ? NOON : at, actor, kind, body]),
      [
        [1, NOON, 'gateway', 'log-began', '{}'],
        [2, NOON, 'user', 'key-disabled', '{"key":"openai/a","provider":"openai"}'],
        [3, NOON - 1, 'user', 'key-enabled', '{"key":"openai/a","provider":"openai"}'],
      ],
    );
    assert.equal((await verdictOf(place.file)).broken, undefined);
  });

  it('is written once, however often it is sent', async () => {
    const ledger = open();
    const one = record();
    await Promise.all([ledger.audit.append(one), ledger.audit.append(one)]);
    await ledger.audit.append(one);
    assert.deepEqual(await kinds(), ['log-began', 'token-rotated']);
  });

  it('keeps its key out of every file', async () => {
    const ledger = open();
    await recorded(ledger, 3);
    ledger.close();
    assert.deepEqual(filesHolding(place.folder, AUDIT_SECRET), []);
  });

  it('records nothing without a key', async () => {
    const ledger = ledgerOn(place.file);
    place.later(() => ledger.close());
    await ledger.audit.append(record());
    assert.equal(ledger.audit.on, false);
    assert.deepEqual(await kinds(), []);
  });

  it('cuts what is too long for an entry', async () => {
    const ledger = open();
    const long = 'x'.repeat(5_000);
    await ledger.audit.append(record({ kind: 'purged', what: Array.from({ length: 500 }, () => long) }));
    const body = (await entriesOf(place.file))[1]!.body;
    assert.ok(body.length < 32_000, String(body.length));
    assert.equal((JSON.parse(body) as { what: string[] }).what.length, 100);
  });

  it('passes over a record that the table refuses, and counts it', async () => {
    const ledger = open();
    await Promise.all([record(undefined, Number.NaN), record(undefined, 0.5), record()].map((one) => ledger.audit.append(one)));
    await recorded(ledger, 1);
    assert.deepEqual(await kinds(), ['log-began', 'token-rotated', 'token-rotated', 'records-lost']);
    assert.equal((await entriesOf(place.file)).at(-1)?.body, '{"records":2}');
    assert.equal(ledger.trouble, undefined);
  });

  it('goes on before a sequence that is no number, and that entry is the broken one', async () => {
    const ledger = open();
    await recorded(ledger, 2);
    tamper(place.file, 'UPDATE audit SET seq = 9223372036854775807 WHERE seq = 3');
    await recorded(ledger, 1);
    assert.equal(ledger.trouble, undefined);
    assert.deepEqual((await verdictOf(place.file)).broken, { seq: 4, at: NOON, what: 'inserted' });
  });

  it('writes what waits when it is closed', async () => {
    const ledger = open();
    void ledger.audit.append(record());
    ledger.close();
    assert.deepEqual(await kinds(), ['log-began', 'token-rotated']);
  });

  it('stays when old rows are deleted', async () => {
    const ledger = open();
    await recorded(ledger, 3);
    const request = opened({ at: NOON });
    await ledger.open(request);
    ledger.settle(settlement(request.id));
    await ledger.applyRetention({ rowsDays: 1, rollupDays: 1 }, NOON + 400 * 24 * 3_600_000);
    assert.equal(ledger.requests({}).length, 0);
    assert.equal((await entriesOf(place.file)).length, 4);
  });

  describe('the disk', () => {
    it('is locked: records wait in order, are told of, and are written when it is free', async () => {
      const ledger = open(undefined, QUICK);
      await recorded(ledger, 1);
      const lock = new DatabaseSync(place.file);
      lock.exec('BEGIN IMMEDIATE');
      const waiting = Promise.all([1, 2, 3].map((n) => ledger.audit.append(record({ kind: 'token-refused', requests: n }))));
      await until(() => ledger.trouble !== undefined, 'the trouble was told');
      assert.match(ledger.trouble ?? '', /locked by another program.* 3 entries of the audit log wait/);
      lock.exec('ROLLBACK');
      lock.close();
      await waiting;
      await until(() => ledger.trouble === undefined, 'all was well');
      const entries = await entriesOf(place.file);
      assert.deepEqual(
        entries.slice(2).map(({ body }) => body),
        [1, 2, 3].map((requests) => JSON.stringify({ requests })),
      );
    });

    it('refuses for long: what finds no room is counted, and the count is recorded', async () => {
      const ledger = open(undefined, QUICK);
      await recorded(ledger, 1);
      const lock = new DatabaseSync(place.file);
      lock.exec('BEGIN IMMEDIATE');
      const all = Promise.all(Array.from({ length: 1_200 }, () => ledger.audit.append(record())));
      await until(() => ledger.trouble !== undefined, 'the trouble was told');
      lock.exec('ROLLBACK');
      lock.close();
      await all;
      const entries = await entriesOf(place.file);
      assert.equal(entries.length, 1 + 1 + 1_000 + 1);
      assert.deepEqual([entries.at(-1)?.kind, entries.at(-1)?.body], ['records-lost', '{"records":200}']);
      assert.equal((await verdictOf(place.file)).broken, undefined);
    });

    it('damaged the file: it is set aside, and the first entry of the next log says where the one before is', async () => {
      const first = open();
      await recorded(first, 5);
      const anchor = first.audit.anchorAfter(undefined)!;
      first.close();
      writeFileSync(place.file, 'this is not a ledger any more. '.repeat(500));
      const second = open(anchor);
      await recorded(second, 1);
      const [began] = await entriesOf(place.file);
      const { before, setAside } = JSON.parse(began!.body) as { before: Anchor; setAside: string };
      assert.deepEqual([began!.kind, before], ['log-began', anchor]);
      assert.match(setAside, /^ledger\.sqlite\.damaged-/);
      const verdict = await verdictOf(place.file, anchor);
      assert.equal(verdict.broken, undefined);
      assert.match(verdictWords(verdict), /The log before it, with 6 entries, is in a damaged ledger that was set aside as ledger/);
      assert.equal(second.audit.anchorAfter(anchor)?.seq, 2, 'the new log is anchored from now on');
    });

    it('lost the file: what comes next says so, and is never taken for whole', async () => {
      const first = open();
      await recorded(first, 5);
      const anchor = first.audit.anchorAfter(undefined)!;
      first.close();
      rmSync(place.file);
      const second = open(anchor);
      assert.deepEqual((await verdictOf(place.file, anchor)).broken, { seq: 1, at: undefined, what: 'cut' });
      await recorded(second, 1);
      for (const known of [anchor, second.audit.anchorAfter(anchor), undefined]) {
        const verdict = await verdictOf(place.file, known);
        assert.equal(verdict.broken?.what, 'cut');
        assert.match(verdictWords(verdict), /The log before this one, with 6 entries until 2026-11-21T12:00:00.000Z, is gone/);
      }
    });
  });

  describe('the anchor', () => {
    it('moves on with the log', async () => {
      const ledger = open();
      assert.equal(ledger.audit.anchorAfter(undefined), undefined, 'of an empty log there is none');
      await recorded(ledger, 2);
      const first = ledger.audit.anchorAfter(undefined)!;
      await recorded(ledger, 2);
      const next = ledger.audit.anchorAfter(first)!;
      assert.deepEqual([first.seq, next.seq, next.first], [3, 5, first.first]);
      assert.deepEqual(anchorIn(JSON.stringify(next)), next);
    });

    it('stays where the log was cut, also when it grew beyond its old length', async () => {
      const ledger = open();
      await recorded(ledger, 5);
      const anchor = ledger.audit.anchorAfter(undefined)!;
      tamper(place.file, 'DELETE FROM audit WHERE seq > 3');
      assert.equal(ledger.audit.anchorAfter(anchor), undefined);
      await recorded(ledger, 10);
      assert.equal(ledger.audit.anchorAfter(anchor), undefined);
      const { broken } = await verdictOf(place.file, anchor);
      assert.deepEqual(broken, { seq: 6, at: undefined, what: 'cut' });
    });

    it('is not believed where it is none', () => {
      for (const text of [undefined, '', 'null', '[]', '{"first":1}', '{"first":"a","hash":"b","seq":"3"}'])
        assert.equal(anchorIn(text), undefined, text);
    });
  });

  describe('verifying', () => {
    const broken = async (...steps: Parameters<typeof tamper>[1][]) => {
      const ledger = open();
      await recorded(ledger, 6);
      const anchor = ledger.audit.anchorAfter(undefined);
      ledger.close();
      tamper(place.file, ...steps);
      return verdictOf(place.file, anchor);
    };
    const swap = [
      'UPDATE audit SET seq = 90 WHERE seq = 3',
      'UPDATE audit SET seq = 3 WHERE seq = 5',
      'UPDATE audit SET seq = 5 WHERE seq = 90',
    ];
    const shift = (from: number, by: number) => [
      `UPDATE audit SET seq = -seq WHERE seq >= ${from}`,
      `UPDATE audit SET seq = -seq + ${by} WHERE seq < 0`,
    ];
    const copy = (of: number, to: number, body = 'body') =>
      `INSERT INTO audit SELECT ${to}, 'foreign', at, actor, kind, ${body}, key, prev, hash FROM audit WHERE seq = ${of}`;
    const cases: readonly (readonly [what: string, seq: number, words: RegExp, ...steps: string[]])[] = [
      ['edited', 4, /Entry 4 of 2026-11-21T12:00:00\.000Z was edited/, `UPDATE audit SET body = '{}' WHERE seq = 4`],
      ['edited', 4, /Entry 4 of/, `UPDATE audit SET key = 'another' WHERE seq = 4`],
      ['edited', 7, /Entry 7 of/, 'UPDATE audit SET seq = 9 WHERE seq = 7'],
      ['edited', 2, /an unknown time was edited/, 'UPDATE audit SET at = 9223372036854775807 WHERE seq = 2'],
      ['missing', 3, /Entry 3 is missing, and others follow/, 'DELETE FROM audit WHERE seq = 3'],
      ['missing', 3, /Entry 3 is missing/, 'DELETE FROM audit WHERE seq IN (3, 4)', ...shift(5, -2)],
      ['inserted', 3, /Entry 3 of .* was inserted/, ...shift(3, 1), copy(2, 3)],
      ['inserted', 3, /Entry 3 of .* was inserted/, ...shift(3, 1), copy(2, 3, "'{}'")],
      ['reordered', 3, /Entry 3 of .* another order/, ...swap],
      ['cut', 6, /Entry 6 is missing, and all that followed/, 'DELETE FROM audit WHERE seq > 5'],
      ['cut', 1, /Entry 1 is missing, and all that followed/, 'DELETE FROM audit'],
    ];
    for (const [what, seq, words, ...steps] of cases) {
      it(`names entry ${seq} as ${what}: ${steps.join('; ').slice(0, 60)}`, async () => {
        const verdict = await broken(...steps);
        assert.deepEqual([verdict.broken?.what, verdict.broken?.seq], [what, seq]);
        assert.match(verdictWords(verdict), words);
      });
    }

    it('tells another key from an edit', async () => {
      await broken();
      const { broken: found } = await verdictOf(place.file, undefined, 'b'.repeat(40));
      assert.deepEqual([found?.seq, found?.what], [1, 'wrong-key']);
    });

    it('says what it found, and what it cannot see without an anchor', async () => {
      const good = await broken();
      assert.match(verdictWords(good), /^The audit log is whole: 7 entries from 20.* to 2026-11-21T12:00:00\.000Z\.$/);
      const bare = await verdictOf(place.file);
      assert.match(verdictWords(bare), /is whole.*cut off its end would not be missed\.$/);
    });
  });

  it('is verified by whoever has the key and the exported lines', async () => {
    const ledger = open();
    await recorded(ledger, 2);
    const { createHmac } = await import('node:crypto');
    let prev = '';
    for (const line of jsonLines(await entriesOf(place.file))
      .trim()
      .split('\n')) {
      const { time, seq, id, at, actor, kind, body, key, hash, ...rest } = JSON.parse(line);
      assert.deepEqual(rest, { prev });
      assert.equal(time, new Date(at).toISOString());
      const text = JSON.stringify(['gatehouse audit 1', seq, id, at, actor, kind, body, key, prev]);
      assert.equal(hash, createHmac('sha256', AUDIT_SECRET).update(text).digest('hex'));
      prev = hash;
    }
  });

  it('is erased whole, and records nothing from then on', async () => {
    const ledger = open();
    await ledger.audit.append(record({ kind: 'extension-allowed', extension: 'canary.of-an-extension' }));
    void ledger.audit.append(record());
    ledger.audit.clear();
    await recorded(ledger, 2);
    assert.deepEqual(await entriesOf(place.file), []);
    assert.equal(ledger.audit.on, false);
    assert.deepEqual(filesHolding(place.folder, 'canary.of-an-extension'), []);
  });

  describe('the settings', () => {
    const config = (value: object) => configSchema.parse(value);
    const changes = async (): Promise<AuditEvent[]> =>
      (await entriesOf(place.file))
        .filter(({ kind }) => kind === 'config-changed')
        .map(({ body }) => {
          const { state: _, ...event } = JSON.parse(body);
          return event;
        });
    const noted = async (value: object) => {
      const ledger = auditedLedger(place.file);
      ledger.audit.noteConfig(config(value));
      ledger.close();
      return (await changes()).at(-1);
    };
    const one = { providers: { one: { kind: 'openai-compatible', baseUrl: 'https://canary.example/v1' } } };

    it('are recorded where they are not as they were recorded last, by the names of fields', async () => {
      await noted({});
      assert.deepEqual(await changes(), [], 'nothing is set up, and nothing was');
      assert.deepEqual(await noted(one), {
        providers: [{ name: 'one', change: 'added', fields: ['kind', 'baseUrl'] }],
        budgets: [],
      });
      const moved = { providers: { one: { ...one.providers.one, baseUrl: 'https://elsewhere.example/v1' } } };
      assert.deepEqual(await noted(moved), { providers: [{ name: 'one', change: 'changed', fields: ['baseUrl'] }], budgets: [] });
      const budgets = [{ scope: { agent: 'a' }, window: 'day', usd: 5 }];
      const added = (await noted({ ...moved, budgets })) as Extract<AuditEvent, { kind: 'config-changed' }>;
      assert.deepEqual([added.budgets[0]?.name, added.budgets[0]?.change], ['the daily budget of agent "a"', 'added']);
      assert.deepEqual(await noted({ ...moved, budgets: [{ ...budgets[0], usd: 9 }] }), {
        providers: [],
        budgets: [{ name: 'the daily budget of agent "a"', change: 'changed', fields: ['usd'] }],
      });
      assert.deepEqual(await noted({}), {
        providers: [{ name: 'one', change: 'removed', fields: [] }],
        budgets: [{ name: 'the daily budget of agent "a"', change: 'removed', fields: [] }],
      });
    });

    it('are recorded once, at whatever start and by however many windows', async () => {
      for (let start = 0; start < 3; start++) await noted(one);
      const windows = [open(), open()];
      for (const window of windows) window.audit.noteConfig(config(one));
      await Promise.all(windows.map((window) => recorded(window, 1)));
      assert.equal((await changes()).length, 1);
    });

    it('are recorded without a value', async () => {
      await noted(one);
      assert.deepEqual(filesHolding(place.folder, 'canary.example'), []);
    });
  });
});

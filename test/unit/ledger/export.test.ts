import assert from 'node:assert/strict';
import { exportPieces } from '../../../src/core/ledger/export.ts';
import { exportSums } from '../../../src/core/ledger/export-sums.ts';
import { openLedgerReadOnly } from '../../../src/core/ledger/read-only.ts';
import type { ExportQuery } from '../../../src/core/ledger/records.ts';
import type { LedgerStore } from '../../../src/core/ledger/store.ts';
import { ledgerOn, NOON, opened, scratch, settlement, usageOf } from './ledger-kit.ts';

/** As RFC 4180 has it, and no more than it needs. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === '\r\n') lines.push([]);
  }
  assert.deepEqual(lines.pop(), []);
  return lines;
}

describe('ledger: export', () => {
  let place: ReturnType<typeof scratch>;
  let book: LedgerStore;
  beforeEach(() => {
    place = scratch();
    book = ledgerOn(place.file);
  });
  afterEach(() => {
    book.close();
    place.clean();
  });

  function add(request: Parameters<typeof opened>[0], how: Parameters<typeof settlement>[1] = {}): void {
    const made = opened(request);
    void book.open(made);
    book.settle(settlement(made.id, how));
  }

  async function piecesOf(query: ExportQuery): Promise<string[]> {
    const pieces: string[] = [];
    for await (const { text } of exportPieces((after) => book.exportPiece(query, after))) pieces.push(text);
    return pieces;
  }

  async function table(query: Omit<ExportQuery, 'format'> = {}): Promise<Record<string, string>[]> {
    const [head = [], ...lines] = parseCsv((await piecesOf({ ...query, format: 'csv' })).join(''));
    for (const line of lines) assert.equal(line.length, head.length);
    return lines.map((line) => Object.fromEntries(head.map((name, at) => [name, line[at] ?? ''])));
  }

  it('CSV: the oldest first, with money as text and nothing where nothing is known', async () => {
    add({ at: NOON, model: 'unknown-1', key: undefined });
    add({ at: NOON - 1_000 }, { class: 'background', usage: usageOf({ input: 3, output: 5, units: { webSearches: 2 } }) });
    const [first, second] = await table();
    assert.deepEqual(
      [first?.['at'], first?.['costUsd'], first?.['class'], first?.['units'], first?.['input'], first?.['key'], first?.['stream']],
      ['2026-11-21T11:59:59.000Z', '0.000000056', 'background', '{"webSearches":2}', '3', 'anthropic/work', 'true'],
    );
    assert.deepEqual([second?.['costUsd'], second?.['key'], second?.['billedUsd'], second?.['class']], ['', '', '', '']);
  });

  it('CSV: commas, quotes and line ends come back, and no text is taken for a formula', async () => {
    const names = [
      'a,b',
      'say "hi"',
      'two\r\nlines',
      '=1+1',
      '+1',
      '-cmd',
      '@SUM(A1)',
      '\tx',
      '＝1+1',
      '\n=1',
      '=a,"b"',
      'plain',
      '-1.000000000',
    ];
    for (const [at, agent] of names.entries()) add({ at: NOON + at, agent });
    assert.deepEqual(
      (await table()).map((row) => row['agent']),
      [
        'a,b',
        'say "hi"',
        'two\r\nlines',
        "'=1+1",
        "'+1",
        "'-cmd",
        "'@SUM(A1)",
        "'\tx",
        "'＝1+1",
        "'\n=1",
        `'=a,"b"`,
        'plain',
        "'-1.000000000",
      ],
    );
  });

  it('JSON Lines: one object a line, and what is not known is left out', async () => {
    add({ agent: '=1+1' }, { trace: { rule: '2 titles', tries: [] }, usage: usageOf({ input: 3, units: { webSearches: 2 } }) });
    add({ at: NOON + 1, model: 'unknown-1', session: undefined });
    const lines = (await piecesOf({ format: 'jsonl' })).join('').trimEnd().split('\n');
    const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(lines.length, 2);
    assert.deepEqual(
      [first?.['agent'], first?.['units'], first?.['trace'], first?.['costUsd'], first?.['status']],
      ['=1+1', { webSearches: 2 }, { rule: '2 titles', tries: [] }, '0.000000006', 200],
    );
    assert.deepEqual(
      ['costUsd', 'session', 'class', 'units', 'trace'].filter((name) => name in (second ?? {})),
      [],
    );
  });

  it('comes in pieces, each request once, also to a reader beside the gateway', async () => {
    for (let turn = 0; turn < 1_203; turn++) add({ at: NOON + turn });
    const pieces = await piecesOf({ format: 'jsonl', since: NOON + 1, until: NOON + 1_202 });
    assert.equal(pieces.length, 13);
    const lines = pieces
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { at: string });
    assert.deepEqual(
      lines.map(({ at }) => Date.parse(at)),
      Array.from({ length: 1_201 }, (_, turn) => NOON + 1 + turn),
    );
    const reader = openLedgerReadOnly(place.file);
    let text = '';
    const query = { format: 'jsonl', since: NOON + 1, until: NOON + 1_202 } as const;
    for await (const piece of exportPieces((after) => reader.exportPiece(query, after))) text += piece.text;
    reader.close();
    assert.equal(text, pieces.join(''));
  });

  it('of a range and a workspace, and of an empty book only the head', async () => {
    assert.equal((await table()).length, 0);
    for (const workspace of ['a', 'b']) add({ workspace });
    assert.deepEqual(
      (await table({ workspace: 'b' })).map((row) => row['workspace']),
      ['b'],
    );
  });

  it('sums: the columns that were asked for, then the figures; JSON is one document', () => {
    add({ agent: '=cmd|x', model: 'unknown-1' });
    add({ agent: 'codex', at: NOON + 1 });
    const by = ['agent', 'day'] as const;
    const rows = book.usage({ by });
    const [head, first, second] = parseCsv(exportSums(rows, by, 'csv'));
    assert.deepEqual(head?.slice(0, 4), ['agent', 'day', 'requests', 'errors']);
    assert.deepEqual(first?.slice(0, 3), ["'=cmd|x", '2026-11-21', '1']);
    const value = (row: string[] | undefined, name: string) => row?.[head?.indexOf(name) ?? -1];
    assert.deepEqual([value(first, 'costUsd'), value(first, 'unpriced')], ['0.000000000', '1']);
    assert.deepEqual([value(second, 'costUsd'), value(second, 'unpriced')], ['0.000000400', '0']);
    const json = JSON.parse(exportSums(rows, by, 'json')) as { rows: Record<string, unknown>[] };
    assert.deepEqual([json.rows[0]?.['agent'], json.rows[1]?.['agent'], json.rows[1]?.['input']], ['=cmd|x', 'codex', 100]);
  });

  it('ends with an error, and not early, where the book cannot be read any more', () => {
    add({});
    assert.equal(book.exportPiece({ format: 'csv' }, '').rows, 1);
    book.close();
    assert.throws(() => book.exportPiece({ format: 'csv' }, ''), /the ledger is closed/);
  });
});

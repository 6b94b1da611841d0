import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FormatName } from '../../src/host/config-files/by-name.ts';
import { sumOf } from '../../src/host/config-files/replace-file.ts';
import { setEntries } from '../../src/host/config-files/set-entries.ts';
import { takeBack } from '../../src/host/config-files/take-back.ts';
import { encoded } from '../../src/host/config-files/tree.ts';
import type { Wish } from '../../src/host/config-files/wish.ts';

/** What programs are set up with, in each format. Names clash with those of the random files below. */
const WISHES: Readonly<Record<FormatName, Wish>> = {
  json: {
    env: { A: 'http://127.0.0.1:27800', B: 'gh-token' },
    model: 'gatehouse',
    provider: { gatehouse: { options: { url: 'http://127.0.0.1:27800/v1' }, flag: true } },
    list: [{ id: 'gatehouse', url: 'http://127.0.0.1:27800/v1' }],
  },
  toml: { model: 'gatehouse', provider: { gatehouse: { url: 'http://127.0.0.1:27800/v1', token: 'gh-token' } } },
  yaml: { model: 'gatehouse', list: [{ id: 'gatehouse', url: 'http://127.0.0.1:27800/v1' }] },
  dotenv: { A: 'http://127.0.0.1:27800', B: 'gh-token' },
};

/** A file in odd shape. Each `§n§` in it is a text that stands there once, and so a place for others to edit. */
const layout = fc.record({
  eol: fc.constantFrom('\n', '\r\n'),
  step: fc.constantFrom('  ', '\t', '    ', ' '),
  bom: fc.boolean(),
  end: fc.constantFrom('', '\n', '\n\n', ' '),
  comments: fc.boolean(),
  trailing: fc.boolean(),
  inline: fc.boolean(),
});
type Layout = typeof layout extends fc.Arbitrary<infer L> ? L : never;

const name = fc.constantFrom('env', 'model', 'provider', 'list', 'A', 'B', 'gatehouse', 'other', 'x y', 'ü');
type Value = 'text' | 'number' | readonly (readonly [string, Value])[];
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant('text' as const),
    fc.constant('number' as const),
    fc.uniqueArray(fc.tuple(name, tie('value')), { selector: ([key]) => key, maxLength: 4 }),
  ),
})).value;
const members = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 5 });

class Writer {
  readonly #layout: Layout;
  #marks = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  get marks(): number {
    return this.#marks;
  }

  mark(): string {
    return `§${this.#marks++}§`;
  }

  json(value: Value, indent: string): string {
    if (value === 'text') return JSON.stringify(this.mark());
    if (value === 'number') return '1.50e3';
    const { eol, step, comments, trailing, inline } = this.#layout;
    if (value.length === 0) return comments ? '{ /* nothing */ }' : '{ }';
    const inner = indent + step;
    const parts = value.map(([key, below]) => `${JSON.stringify(key)} :${this.json(below, inner)}`);
    if (inline && indent !== '') return `{${parts.join(' , ')}}`;
    const last = trailing ? ',' : '';
    const note = comments ? ' // note' : '';
    return `{${note}${eol}${inner}${parts.join(`,${note}${eol}${inner}`)}${last}${note}${eol}${indent}}`;
  }

  toml(entries: readonly (readonly [string, Value])[], path: readonly string[]): string {
    const { eol, comments, step } = this.#layout;
    const note = comments ? ' # note' : '';
    const key = (text: string): string => (/^\w+$/.test(text) ? text : `"${text}"`);
    const lines = entries.filter(([, below]) => typeof below === 'string');
    const tables = entries.filter(([, below]) => typeof below !== 'string');
    const own = lines.map(([k, v]) => `${step}${key(k)}=${v === 'text' ? `'${this.mark()}'` : '1_000'}${note}${eol}`).join('');
    const head = path.length === 0 ? '' : `${eol}[ ${path.map(key).join(' . ')} ]${note}${eol}`;
    return head + own + tables.map(([k, v]) => this.toml(v as readonly (readonly [string, Value])[], [...path, k])).join('');
  }

  yaml(entries: readonly (readonly [string, Value])[], indent: string): string {
    const { eol, comments } = this.#layout;
    const note = comments ? ' # note' : '';
    return entries
      .map(([k, v]) => {
        const head = `${indent}${JSON.stringify(k)}:`;
        if (v === 'text') return `${head} "${this.mark()}"${note}${eol}`;
        if (v === 'number') return `${head} 1_000${note}${eol}`;
        return v.length === 0 ? `${head} {}${eol}` : `${head}${note}${eol}${this.yaml(v, `${indent}  `)}`;
      })
      .join('');
  }

  dotenv(entries: readonly (readonly [string, Value])[]): string {
    const { eol, comments } = this.#layout;
    const lines = entries
      .filter(([key]) => /^[A-Za-z]+$/.test(key))
      .map(([key], index) => `${index % 2 === 0 ? 'export ' : ''}${key} = "${this.mark()}"${comments ? ' # note' : ''}${eol}`);
    return lines.join(eol);
  }

  file(format: FormatName, entries: readonly (readonly [string, Value])[]): string {
    const { bom, end } = this.#layout;
    const body =
      format === 'json'
        ? this.json(entries, '')
        : format === 'toml'
          ? this.toml(entries, [])
          : format === 'yaml'
            ? this.yaml(entries, '')
            : this.dotenv(entries);
    const trimmed = end === '' || format === 'json' ? body.trimEnd() : body;
    return (bom && format !== 'yaml' ? '\uFEFF' : '') + trimmed + (format === 'json' ? end : end.trim());
  }
}

/** What others do to a text, at a mark and at the ends. Marks that are not there (we have replaced them) are passed over. */
interface Edit {
  readonly at: number;
  readonly kind: 'change' | 'add';
}
const edits = fc.array(fc.record({ at: fc.nat(30), kind: fc.constantFrom('change', 'add') }), { maxLength: 4 });

function edited(format: FormatName, text: string, list: readonly Edit[], marks: readonly number[]): string {
  return list.reduce((rest, { at, kind }, index) => {
    const chosen = marks[at % Math.max(1, marks.length)];
    const mark = encoded(`§${chosen}§`);
    if (chosen === undefined || !rest.includes(mark)) return rest;
    if (kind === 'change') return rest.replace(mark, `changed ${index} ${mark}`);
    const more = { json: `", "more${index}": "`, toml: `'\n"more${index}" = '`, yaml: `more`, dotenv: `"\nMORE${index}="` }[format];
    return rest.replace(mark, `${mark}${more}`);
  }, text);
}

describe('entries that are put into files of others and taken back', () => {
  for (const format of ['json', 'toml', 'yaml', 'dotenv'] as const) {
    it(`${format}: to the byte, also where others have edited in between`, () => {
      let put = 0;
      let foreign = 0;
      fc.assert(
        fc.property(layout, members, edits, (layout, entries, list) => {
          const writer = new Writer(layout);
          const before = writer.file(format, entries);
          const set = setEntries(format, encoded(before), WISHES[format]);
          // A list or a text where a table is expected is a fault, and nothing is written then.
          if ('fault' in set) {
            assert.match(set.fault, /something else than expected/);
            return;
          }
          put++;
          const kept = { format, sumAfter: sumOf(set.text), ...set };
          const exact = takeBack(set.text, kept);
          assert.ok(!('fault' in exact));
          assert.equal(exact.text, encoded(before));

          const marks = Array.from({ length: writer.marks }, (_, n) => n).filter((n) => set.text.includes(encoded(`§${n}§`)));
          const after = edited(format, set.text, list, marks);
          const theirs = edited(format, encoded(before), list, marks);
          if (after !== set.text) foreign++;
          const back = takeBack(after, kept);
          assert.ok(!('fault' in back), JSON.stringify(back));
          assert.equal(back.text, theirs);
          assert.deepEqual(back.left, []);
        }),
        { numRuns: 1500 },
      );
      assert.ok(put > 500 && foreign > 100, `only ${put} files were written and ${foreign} edited`);
    });
  }
});

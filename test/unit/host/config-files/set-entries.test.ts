import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { FormatName } from '../../../../src/host/config-files/by-name.ts';
import { sumOf } from '../../../../src/host/config-files/replace-file.ts';
import { setEntries } from '../../../../src/host/config-files/set-entries.ts';
import { takeBack } from '../../../../src/host/config-files/take-back.ts';
import { decoded, encoded } from '../../../../src/host/config-files/tree.ts';
import type { Wish } from '../../../../src/host/config-files/wish.ts';

const URL = 'http://127.0.0.1:27800';

/** The text with the wish in it, and a way to take it back out of whatever has become of that. */
function put(
  format: FormatName,
  text: string | undefined,
  wish: Wish,
): { readonly text: string; back(edited: string): string | object } {
  const set = setEntries(format, text === undefined ? undefined : encoded(text), wish);
  assert.ok(!('fault' in set), JSON.stringify(set));
  return {
    text: decoded(set.text),
    back(edited) {
      const taken = takeBack(encoded(edited), { format, sumAfter: sumOf(set.text), ...set });
      if ('fault' in taken) return taken;
      return taken.left.length === 0 ? decoded(taken.text) : { text: decoded(taken.text), left: taken.left };
    },
  };
}

const ENV: Wish = { env: { BASE: URL, TOKEN: 'gh-1' } };

describe('putting entries into', () => {
  const cases: readonly (readonly [FormatName, string, string | undefined, Wish, string])[] = [
    ['json', 'no file', undefined, ENV, `{\n  "env": {\n    "BASE": "${URL}",\n    "TOKEN": "gh-1"\n  }\n}\n`],
    ['json', 'an empty file', '', { a: 'b' }, '{\n  "a": "b"\n}\n'],
    ['json', 'an empty object', '{}', { a: 'b' }, '{\n  "a": "b"\n}'],
    ['json', 'an object of nothing but a comment', '{\n  // mine\n}\n', { a: 'b' }, '{\n  "a": "b"\n  // mine\n}\n'],
    ['json', 'one line', '{"x":1}', { a: { b: 'c' } }, '{"a": { "b": "c" }, "x":1}'],
    [
      'json',
      'tabs, comments and a comma at the end',
      '{ // ä\n\t"env": {\n\t\t"Z": "1", // z\n\t},\n\t/* x */ "n": 1e400\n}',
      { env: { BASE: URL } },
      `{ // ä\n\t"env": {\n\t\t"BASE": "${URL}",\n\t\t"Z": "1", // z\n\t},\n\t/* x */ "n": 1e400\n}`,
    ],
    [
      'json',
      'Windows line ends, a byte order mark and no line end at the end',
      '\uFEFF{\r\n    "x": [1, 2]\r\n}',
      { env: { A: 'b' } },
      '\uFEFF{\r\n    "env": {\r\n        "A": "b"\r\n    },\r\n    "x": [1, 2]\r\n}',
    ],
    ['json', 'a value that is there', '{"a": "old" /* o */, "b": 2}', { a: 'new' }, '{"a": "new" /* o */, "b": 2}'],
    ['json', 'the last of two of the same name', '{"a":"1","a":"2"}', { a: 'n' }, '{"a":"1","a":"n"}'],
    ['json', 'a list', '[\n\t{ "x": 1 }\n]', [{ y: true }], '[\n\t{\n\t\t"y": true\n\t},\n\t{ "x": 1 }\n]'],
    ['toml', 'no file', undefined, { p: 'g', t: { g: { u: URL } } }, `p = "g"\n\n[t.g]\nu = "${URL}"\n`],
    [
      'toml',
      'tables and comments, without a line end at the end',
      '# top\nm = "x" # m\n\n[[q]]\na = 1\n[t.o]\nu = "o"',
      { p: 'g', t: { g: { u: URL } } },
      `# top\nm = "x" # m\np = "g"\n\n[[q]]\na = 1\n[t.o]\nu = "o"\n\n[t.g]\nu = "${URL}"\n`,
    ],
    ['toml', 'nothing but tables', '[t]\nx=1\n', { p: 'g' }, 'p = "g"\n[t]\nx=1\n'],
    ['toml', 'a table that is there', '[t.g]\nx = 1 # x\n\n[z]\n', { t: { g: { u: 'v' } } }, '[t.g]\nx = 1 # x\nu = "v"\n\n[z]\n'],
    [
      'toml',
      'a table in one line',
      't = { o = { u = "o" } }\n',
      { t: { g: { u: 'v' } } },
      't = { g = { u = "v" }, o = { u = "o" } }\n',
    ],
    ['toml', 'dotted keys', 't.o.u = "o"\r\n', { t: { g: { u: 'v' } } }, 't.o.u = "o"\r\n\r\n[t.g]\r\nu = "v"\r\n'],
    [
      'yaml',
      'a list of models',
      'models:\n  - a: 1\n',
      { models: [{ n: 'G', u: URL }] },
      `models:\n  - n: "G"\n    u: "${URL}"\n  - a: 1\n`,
    ],
    ['yaml', 'a list in brackets', 'models: [{a: 1}]', { models: [{ n: 'G' }] }, 'models: [{ n: "G" }, {a: 1}]'],
    ['yaml', 'a name without a value', 'models:\nb: 1', { models: [{ n: 'G' }] }, 'models: [{ n: "G" }]\nb: 1'],
    ['yaml', 'a text to the end of the file', 'a: |\n  x', { m: 'y' }, 'a: |\n  x\nm: "y"\n'],
    ['dotenv', 'lines', '# x\nexport A="1" # a', { A: URL, B: 'c d' }, `# x\nexport A=${URL} # a\nB="c d"\n`],
  ];
  for (const [format, what, text, wish, expected] of cases) {
    it(`${format}: ${what}, and taking them back`, () => {
      const done = put(format, text, wish);
      assert.equal(done.text, expected);
      assert.equal(done.back(done.text), text ?? '');
    });
  }

  it('says why nothing was written where the file is broken or holds something else', () => {
    const fault = (format: FormatName, text: string, wish: Wish): string =>
      ((found) => ('fault' in found ? found.fault : found.text))(setEntries(format, text, wish));
    for (const [format, text] of [
      ['json', '{"a": }'],
      ['json', '// nothing\n'],
      ['toml', 'a = = 1'],
      ['yaml', 'a: [1'],
      ['yaml', 'a: &x 1\nb: *x\n'],
    ] as const)
      assert.match(fault(format, text, { b: 'c' }), /cannot be understood/);
    assert.match(fault('json', '{"env": []}', ENV), /env holds something else than expected/);
    assert.match(fault('json', '[]', ENV), /the file holds something else/);
  });

  it('leaves alone and out of the way back what is there already', () => {
    const done = put('json', `{"env": {"BASE": "${URL}", "TOKEN": "old"}}`, ENV);
    assert.equal(done.text, `{"env": {"BASE": "${URL}", "TOKEN": "gh-1"}}`);
    assert.equal(done.back(done.text.replace('{', '{ ')), `{ "env": {"BASE": "${URL}", "TOKEN": "old"}}`);
  });
});

describe('taking entries back after others have edited the file', () => {
  const TEXT = '{\n  // mine\n  "env": { "TOKEN": "former", "Z": "1" },\n  "x": 1\n}\n';

  it('leaves what they have added, and puts back what stood there', () => {
    const done = put('json', TEXT, ENV);
    const edited = done.text.replace('"Z"', '"NEW": "n", "Z"').replace('"x": 1', '"x": 2, // two\n  "y": []');
    assert.equal(done.back(edited), TEXT.replace('"Z"', '"NEW": "n", "Z"').replace('"x": 1', '"x": 2, // two\n  "y": []'));
  });

  it('goes through a file that another program has written anew', () => {
    const done = put('json', '{"x": 1}', { ...(ENV as object), list: [{ name: 'G', flag: true }] });
    const rewritten = JSON.stringify({ first: 0, ...(JSON.parse(done.text) as object), last: [1] }, undefined, 4);
    assert.deepEqual(JSON.parse(done.back(rewritten) as string), { first: 0, x: 1, last: [1] });
  });

  it('keeps a table that was made for ours where others have put something into it', () => {
    const toml = put('toml', 'a = 1\n', { p: 'g', t: { g: { u: 'v' } } });
    assert.equal(toml.back(`${toml.text}own = 2\n`), 'a = 1\n\n[t.g]\nown = 2\n');
    const json = put('json', '{\n}\n', ENV);
    assert.deepEqual(JSON.parse(json.back(json.text.replace('"TOKEN"', '"O": 1, "TOKEN"')) as string), { env: { O: 1 } });
  });

  it('leaves what they have changed, and says so', () => {
    const done = put('json', TEXT, ENV);
    const edited = done.text.replace(URL, 'https://elsewhere.example');
    assert.deepEqual(done.back(edited), {
      text: TEXT.replace('{ "TOKEN"', '{"BASE": "https://elsewhere.example", "TOKEN"').replace('{"BASE"', '{ "BASE"'),
      left: ['env.BASE'],
    });
  });

  it('does not mind what they have taken out', () => {
    const done = put('toml', 'a = 1\n', { p: 'g', t: { g: { u: 'v' } } });
    assert.equal(done.back('a = 1\n'), 'a = 1\n');
    assert.equal(done.back('a = 1\n\n[t.g]\nu = "v"\n'), 'a = 1\n');
    assert.equal(done.back(''), '');
  });

  it('touches nothing where the file is broken', () => {
    const done = put('json', TEXT, ENV);
    assert.match(JSON.stringify(done.back(`${done.text}}`)), /cannot be understood as it is now/);
  });
});

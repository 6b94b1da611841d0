import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FORMATS, type FormatName } from '../../../../src/host/config-files/by-name.ts';
import { cutEntry, without } from '../../../../src/host/config-files/cut.ts';
import { meaning, type Container } from '../../../../src/host/config-files/tree.ts';

const KEY = 'sk-test-0123456789abcdef';

/** The text without the entry of that path, whose value is KEY; undefined where it cannot be taken out alone. */
function cut(format: FormatName, text: string, path: string, depth = path.split('.').length): string | undefined {
  const bytes = Buffer.from(text).toString('latin1');
  const spans = cutEntry(FORMATS[format], bytes, { path: path.split('.'), value: KEY, depth });
  return spans && Buffer.from(without(bytes, spans), 'latin1').toString('utf8');
}

describe('taking one entry out of', () => {
  const cases: readonly (readonly [FormatName, string, string, string | undefined, string])[] = [
    ['dotenv', 'a line of its own', `A=1\n# mine\nexport K="${KEY}"\nB='2'\n`, "A=1\n# mine\nB='2'\n", 'K'],
    ['dotenv', 'a line with Windows line ends', `A=1\r\n  K = ${KEY}  \r\nB=2`, 'A=1\r\nB=2', 'K'],
    ['dotenv', 'a line with a comment, which stays', `K=${KEY} # wörk\nB=2\n`, '# wörk\nB=2\n', 'K'],
    ['dotenv', 'the last line, without a line break', `A="x\ny" # K=no\nK=${KEY}`, 'A="x\ny" # K=no\n', 'K'],
    ['dotenv', 'a line that looks the same inside quotes', `A="\nK=${KEY}\n"\nK='${KEY}'\n`, `A="\nK=${KEY}\n"\n`, 'K'],
    ['dotenv', 'the first of two', `K=${KEY}\nK=${KEY}\n`, `K=${KEY}\n`, 'K'],
    [
      'json',
      'the first member',
      `{\n  "env": {\n    "K": "${KEY}",\n    "B": 2.50 // b\n  }\n}\n`,
      '{\n  "env": {\n    "B": 2.50 // b\n  }\n}\n',
      'env.K',
    ],
    ['json', 'the last member and the comma before it', `{"A" : 1 , // a\n\t"K": "${KEY}"\n}`, '{"A" : 1  // a\n}', 'K'],
    ['json', 'the last member in a line', `{"A": 1, "K": "${KEY}"}`, '{"A": 1}', 'K'],
    ['json', 'a member in the middle of a line', `{ "A": 1, "K": "${KEY}", "B": [] }`, '{ "A": 1, "B": [] }', 'K'],
    ['json', 'the only member', `{ "K": "${KEY}" }`, '{ }', 'K'],
    ['json', 'a member with a comma behind the last', `{\n  "A": 1,\n  "K": "${KEY}", // k\n}`, '{\n  "A": 1,\n  // k\n}', 'K'],
    [
      'json',
      'numbers and escapes that others would rewrite',
      `{"n":1e400,"\\u004b":"${KEY}","x":"\\/\\ud800"}`,
      '{"n":1e400,"x":"\\/\\ud800"}',
      'K',
    ],
    [
      'toml',
      'a line in a table',
      `a = 1 # one\n[x.y]\n  K = '${KEY}'\n"b c" = """\nK = 1\n"""\n`,
      'a = 1 # one\n[x.y]\n"b c" = """\nK = 1\n"""\n',
      'x.y.K',
    ],
    ['toml', 'an inline table', `set = { A = "1", K = "${KEY}" } # c\n`, 'set = { A = "1" } # c\n', 'set.K'],
    [
      'toml',
      'a dotted key',
      `x.K = "${KEY}"\nx.l = [ 1, 2, # two\n 3 ]\nd = 2024-01-01T00:00:00Z`,
      'x.l = [ 1, 2, # two\n 3 ]\nd = 2024-01-01T00:00:00Z',
      'x.K',
    ],
    [
      'toml',
      'the second of a list of tables',
      `[[p]]\nn = 1\n[[p]]\nK = "${KEY}"\nn = 2\n`,
      '[[p]]\nn = 1\n[[p]]\nn = 2\n',
      'p.1.K',
    ],
    [
      'yaml',
      'a block',
      `models:\n  - name: a\n    K: ${KEY}  # k\n    roles: [chat]\n`,
      'models:\n  - name: a\n    # k\n    roles: [chat]\n',
      'models.0.K',
    ],
    [
      'yaml',
      'the first behind a dash',
      `models:\n  - K: "${KEY}"\n    name: ä\n  - x\n`,
      'models:\n  - name: ä\n  - x\n',
      'models.0.K',
    ],
    ['yaml', 'a flow map inside', `m: {a: 1, K: ${KEY}}\r\nn: |\r\n  K: ${KEY}\r\n`, `m: {a: 1}\r\nn: |\r\n  K: ${KEY}\r\n`, 'm.K'],
    ['yaml', 'a text in several lines', `K: >-\n  ${KEY}\n\nn: 1\n`, '\nn: 1\n', 'K'],
  ];
  for (const [format, what, text, expected, path] of cases) {
    it(`${format}: ${what}`, () => assert.equal(cut(format, text, path), expected));
  }

  it('yaml: an item of a list', () => {
    const text = `api-key:\n  - ${KEY}\n  - other\nx: 1\n`;
    assert.equal(cut('yaml', text, 'api-key.0'), 'api-key:\n  - other\nx: 1\n');
    assert.equal(cut('yaml', `api-key:\n  - ${KEY}\nx: 1\n`, 'api-key.0'), 'api-key:\nx: 1\n');
  });

  it('json: what the key stands in, where that means nothing without it', () => {
    const text = `{\n  "openai": { "type": "api", "key": "${KEY}" },\n  "x": 1\n}\n`;
    assert.equal(cut('json', text, 'openai.key', 1), '{\n  "x": 1\n}\n');
  });

  it('nothing at all where it would touch anything else, or is not there', () => {
    assert.equal(cut('yaml', `- a: &k ${KEY}\n- b: *k\n`, '0.a'), undefined);
    assert.equal(cut('yaml', `m:\n  - K: ${KEY}\n    # about b\n    b: 1\n`, 'm.0.K'), undefined);
    assert.equal(cut('json', `{"K": "${KEY}"`, 'K'), undefined);
    assert.equal(cut('json', `{"K": "${KEY}x"}`, 'K'), undefined);
    assert.equal(cut('toml', `K = ${KEY} x = 1`, 'K'), undefined);
  });

  it('bytes that are no UTF-8 leaves them as they are', () => {
    const bytes = Buffer.concat([
      Buffer.from([0xef, 0xbb, 0xbf]),
      Buffer.from('A=caf'),
      Buffer.from([0xe9, 0xff, 0x0a]),
      Buffer.from(`K=${KEY}\n`),
    ]);
    const spans = cutEntry(FORMATS.dotenv, bytes.toString('latin1'), { path: ['K'], value: KEY, depth: 1 });
    assert.deepEqual(Buffer.from(without(bytes.toString('latin1'), spans ?? []), 'latin1'), bytes.subarray(0, 11));
  });
});

describe('reading', () => {
  it('takes values as their tools do', () => {
    const tree = (format: FormatName, text: string): unknown => meaning(FORMATS[format].parse(text) as Container);
    assert.deepEqual(tree('dotenv', `A=a b # c\nB="x\\"y"\nC='#'\nD=\nE="open\nF=x#y\n`), [
      ['A', 'a b'],
      ['B', 'x"y'],
      ['C', '#'],
      ['D', ''],
      ['E', '"open'],
      ['F', 'x#y'],
    ]);
    assert.deepEqual(tree('toml', "a.b = \"\\u00e9\\n\"\nc = '''\nx'''\n[t]\nd = { e = \"f\" }\n"), [
      ['a', [['b', 'é\n']]],
      ['c', 'x'],
      ['t', [['d', [['e', 'f']]]]],
    ]);
  });
});

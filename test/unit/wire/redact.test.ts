import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { redact } from '../../../src/core/wire/redact.ts';

const KEY = 'sk-Test/0123+"é🏰\\end';
const clean = (text: string, ...secrets: string[]) => Buffer.from(redact(Buffer.from(text), secrets)).toString();

describe('redact', () => {
  it('replaces every occurrence and nothing else', () => {
    assert.equal(
      clean('a sk-secret1 b sk-secret1, sk-secret2 ü', 'sk-secret1', 'sk-secret2'),
      'a [redacted] b [redacted], [redacted] ü',
    );
  });

  it('finds a key with every kind of character as it is', () => {
    assert.equal(clean(`x${KEY}y`, KEY), 'x[redacted]y');
  });

  it('finds it in JSON, in JSON with escaped slashes, and in JSON inside JSON', () => {
    const once = JSON.stringify({ message: `bad key ${KEY}!` });
    const expected = { message: 'bad key [redacted]!' };
    assert.deepEqual(JSON.parse(clean(once, KEY)), expected);
    assert.deepEqual(JSON.parse(clean(once.replace('/', '\\/'), KEY)), expected);
    assert.deepEqual(JSON.parse(clean(JSON.stringify({ inner: once }), KEY)), { inner: JSON.stringify(expected) });
  });

  it('finds it with any of its characters as \\u escapes, in either case', () => {
    const key = 'sk-kéy/🏰-1234';
    for (const hex of [(s: string) => s, (s: string) => s.toUpperCase()]) {
      const escaped = Array.from({ length: key.length }, (_, i) => `\\u${hex(key.charCodeAt(i).toString(16).padStart(4, '0'))}`);
      for (let i = 0; i < key.length; i++) {
        // Surrogates are escaped together or not at all.
        if (key.charCodeAt(i) >= 0xd800 && key.charCodeAt(i) <= 0xdfff) continue;
        assert.equal(clean(`"${key.slice(0, i)}${escaped[i]}${key.slice(i + 1)}"`, key), '"[redacted]"');
      }
      assert.equal(clean(`"${escaped.join('')}"`, key), '"[redacted]"');
    }
  });

  it('takes the longer of two secrets that begin alike', () => {
    assert.equal(clean('sk-abcdef-longer', 'sk-abcdef', 'sk-abcdef-longer'), '[redacted]');
  });

  it('treats a secret as text, not as a pattern', () => {
    assert.equal(clean('sk-aXbbbb sk-a.b*[]', 'sk-a.b*[]'), 'sk-aXbbbb [redacted]');
  });

  it('leaves bytes that are no UTF-8 as they are, and the body itself where there is nothing to do', () => {
    const body = Buffer.from([0xff, 0x00, ...Buffer.from('sk-secret'), 0xfe]);
    assert.deepEqual([...redact(body, ['sk-secret'])], [0xff, 0x00, ...Buffer.from('[redacted]'), 0xfe]);
    assert.equal(redact(body, ['absent-secret']), body);
    assert.equal(redact(body, []), body);
    assert.equal(redact(body, ['', 'none']), body);
  });

  it('stays quick on a megabyte of backslashes', () => {
    const started = performance.now();
    redact(Buffer.alloc(1024 * 1024, '\\'), [KEY, '/slash"key']);
    assert.ok(performance.now() - started < 1000);
  });
});

describe('redact, in other forms', () => {
  const key = 'sk-proj-AbCdEfGh0123456789+/xyzQRSTuv';
  const shown = (text: string): string => clean(text, key);

  it('finds it as URLs write it, in any case, also twice', () => {
    const encoded = encodeURIComponent(key);
    assert.notEqual(encoded, key);
    for (const form of [
      encoded,
      encoded.toLowerCase().replace(key.toLowerCase().slice(0, 27), key.slice(0, 27)),
      encodeURIComponent(encoded),
    ])
      assert.doesNotMatch(shown(`https://x/?key=${form}&a=1`), /AbCdEfGh|QRST/);
    const every = [...Buffer.from(key)].map((byte) => `%${byte.toString(16)}`).join('');
    assert.equal(shown(`k=${every};`), 'k=[redacted];');
  });

  it('finds it in base64, whatever stands before it, and in hexadecimal', () => {
    for (const before of ['', 'u', 'u:', 'user:', 'Bearer ']) {
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        const form = Buffer.from(before + key).toString(encoding);
        const left = shown(`got <${form}>`).replace('[redacted]', '');
        assert.ok(left.length < 'got <>'.length + 2 * before.length + 8, `${encoding} after "${before}": ${left}`);
      }
    }
  });

  it('finds parts of twelve characters anywhere, and leaves what providers show on purpose', () => {
    for (let from = 0; from + 12 <= key.length; from++)
      assert.equal(shown(`(${key.slice(from, from + 12)})`), '([redacted])', `from ${from}`);
    for (let size = 12; size < key.length; size++) assert.equal(shown(`${key.slice(0, size)}...`), '[redacted]...');
    const usual = `Incorrect API key provided: ${key.slice(0, 8)}*****************${key.slice(-4)}.`;
    assert.equal(shown(usual), usual);
  });

  it('joins parts that overlap, and finds several', () => {
    assert.equal(shown(`${key.slice(0, 15)}${key.slice(10, 30)} and ${key.slice(5, 20)}`), '[redacted] and [redacted]');
  });

  it('finds the parts of a key that cannot be told in ASCII', () => {
    assert.equal(clean('x schlüssel-ä-0123456789 y', 'sk-schlüssel-ä-0123456789-end'), 'x [redacted] y');
  });

  it('stays quick on a megabyte', () => {
    const started = performance.now();
    redact(Buffer.from(key.slice(0, 11).repeat(95_000)), [key]);
    redact(Buffer.from(key.repeat(28_000)), [key]);
    assert.ok(performance.now() - started < 3000);
  });
});

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

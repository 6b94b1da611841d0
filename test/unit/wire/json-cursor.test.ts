import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { JsonCursor } from '../../../src/core/wire/json-cursor.ts';

const over = (text: string): JsonCursor => new JsonCursor(Buffer.from(text), { start: 0, end: Buffer.byteLength(text) });

/** Rebuilds a value by walking: only scalars are parsed. */
function walked(cursor: JsonCursor, bytes: Buffer): unknown {
  if (cursor.enterList()) {
    const list: unknown[] = [];
    while (cursor.element()) list.push(walked(cursor, bytes));
    return list;
  }
  if (cursor.enterObject()) {
    const values: unknown[] = [];
    while (cursor.member([]) !== undefined) values.push(walked(cursor, bytes));
    return { values };
  }
  if (cursor.isText()) return cursor.string([]);
  const { start, end } = cursor.span();
  return JSON.parse(bytes.toString('utf8', start, end)) as unknown;
}

function withoutKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutKeys);
  return typeof value === 'object' && value !== null ? { values: Object.values(value).map(withoutKeys) } : value;
}

describe('JsonCursor', () => {
  it('sees what JSON.parse sees', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const bytes = Buffer.from(JSON.stringify(value, undefined, indent));
        const cursor = new JsonCursor(bytes, { start: 0, end: bytes.length });
        assert.deepEqual(walked(cursor, bytes), withoutKeys(JSON.parse(bytes.toString())));
        assert.equal(cursor.broken, false);
        assert.equal(cursor.at, bytes.length);
      }),
    );
  });

  it('tells the keys and words that are asked for, and nothing of others', () => {
    const cursor = over('{ "role" : "user", "x":{"role":[1]}, "rol":"user", "roles":"users" }');
    assert.ok(cursor.enterObject());
    const seen: string[] = [];
    for (let key = cursor.member(['role', 'x']); key !== undefined; key = cursor.member(['role', 'x'])) {
      if (key === 'x') cursor.skip();
      else seen.push(`${key}=${cursor.word(['user'])}`);
    }
    assert.deepEqual(seen, ['role=user', '=user', '=']);
  });

  it('stays before what it cannot enter, and steps behind what it reads', () => {
    const cursor = over('[7,{"a":1},"t","\\u0074",null]');
    assert.equal(cursor.enterObject(), false);
    assert.ok(cursor.enterList());
    assert.ok(cursor.element());
    assert.equal(cursor.word(['7']), '');
    assert.ok(cursor.element());
    assert.equal(cursor.text(), undefined);
    assert.ok(cursor.element());
    assert.deepEqual(cursor.text(), { start: 11, end: 14 });
    assert.ok(cursor.element());
    assert.equal(cursor.string(['x']), 't');
    assert.ok(cursor.element());
    assert.equal(cursor.string([]), undefined);
    assert.equal(cursor.element(), false);
    assert.equal(cursor.broken, false);
  });

  it('looks at nothing behind its range', () => {
    for (const end of [1, 2]) {
      const cursor = new JsonCursor(Buffer.from('[1]'), { start: 0, end });
      assert.ok(cursor.enterList());
      while (cursor.element()) cursor.skip();
      assert.ok(cursor.broken, `${end}`);
      assert.equal(cursor.at, end);
    }
  });

  it('comes to an end in whatever is no JSON', () => {
    const walk = (cursor: JsonCursor, depth: number): void => {
      if (depth < 50 && cursor.enterList()) while (cursor.element()) walk(cursor, depth + 1);
      else if (depth < 50 && cursor.enterObject()) while (cursor.member(['a']) !== undefined) walk(cursor, depth + 1);
      else cursor.skip();
    };
    const noise = fc.array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', 'a', '\\', ' ', '1'), { maxLength: 40 });
    fc.assert(fc.property(noise, (pieces) => walk(over(pieces.join('')), 0)));
    for (const text of ['[1,', '[1', '{"a"', '{"a":', '{"a":1', '{a:1}', '["x', '[}', '{]']) {
      const cursor = over(text);
      walk(cursor, 0);
      assert.ok(cursor.broken, text);
    }
  });
});

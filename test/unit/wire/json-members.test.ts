import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { pickMembers, readNested, scanMembers, spliceMembers } from '../../../src/core/wire/json-members.ts';

const spliced = (text: string, ...edits: { key: string; json: string }[]) => {
  const result = spliceMembers(Buffer.from(text), edits);
  return result === undefined ? undefined : Buffer.from(result).toString();
};
const model = { key: 'model', json: '"new"' };

describe('spliceMembers', () => {
  it('changes the value and no other byte: order, integers and spaces stay', () => {
    assert.equal(
      spliced('{ "b":1, "10" : 2,"2":3,\t"model" : "old" ,"id":12345678901234567890,"f":1.0 }\n', model),
      '{ "b":1, "10" : 2,"2":3,\t"model" : "new" ,"id":12345678901234567890,"f":1.0 }\n',
    );
  });

  it('finds a key that is written with escapes', () => {
    assert.equal(spliced(String.raw`{"mod\u0065l":"old"}`, model), String.raw`{"mod\u0065l":"new"}`);
  });

  it('replaces every member of a duplicate key, since parsers differ on which one counts', () => {
    assert.equal(spliced('{"model":"a","x":1,"model":"b"}', model), '{"model":"new","x":1,"model":"new"}');
  });

  it('leaves keys of that name inside values and strings alone', () => {
    const text = String.raw`{"a":{"model":"x"},"s":"\"model\":\"y\"","l":[{"model":"z"}],"model":"old"}`;
    assert.equal(spliced(text, model), text.replace('"old"', '"new"'));
  });

  it('replaces values of every kind', () => {
    for (const value of ['null', 'true', '-1.5e+3', '{"a":[1,{"b":"]}"}]}', '[]', '"a\\\\"', '""']) {
      assert.equal(spliced(`{"model":${value},"z":0}`, model), '{"model":"new","z":0}', value);
    }
  });

  it('appends what is absent, to an empty object too', () => {
    assert.equal(spliced('{"a":1 }', model), '{"a":1,"model":"new" }');
    assert.equal(spliced(' { } ', model, { key: 'n', json: '2' }), ' {"model":"new","n":2 } ');
  });

  it('edits behind a byte order mark', () => {
    assert.equal(spliced('\uFEFF{"model":1}', model), '\uFEFF{"model":"new"}');
  });

  it('finds the end of long strings with escapes in them', () => {
    const long = `${'x'.repeat(200)}\\"${'y'.repeat(200)}\\\\`;
    assert.equal(spliced(`{"a":"${long}","model":"old"}`, model), `{"a":"${long}","model":"new"}`);
  });

  it('returns the body itself where there is nothing to do', () => {
    const body = Buffer.from('{"a":1}');
    assert.equal(spliceMembers(body, []), body);
  });

  for (const text of [
    '',
    ' ',
    '[]',
    '"a"',
    'null',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{,}',
    '{a:1}',
    '{"a" 1}',
    '{"a":}',
    '{"a":1 2}',
    '{"a":"x}',
    '{"a":[1}',
    '{"a":1}{"b":2}',
    '{"a":1} x',
    String.raw`{"a\x":1}`,
    String.raw`{"a":"\"}`,
  ]) {
    it(`refuses what is no object: ${JSON.stringify(text)}`, () => assert.equal(spliced(text, model), undefined));
  }
});

describe('reading members', () => {
  const body = Buffer.from('{"stream":true,"n":1,"stream_options":{"include_usage":false,"x":[1]},"n":2,"bad":tru,"big":[1,2]}');

  it('parses the named ones, the last of several, and leaves broken and absent ones out', () => {
    assert.deepEqual(pickMembers(body, ['stream', 'n', 'bad', 'absent']), { stream: true, n: 2 });
  });

  it('reads one value down a path', () => {
    assert.equal(readNested(body, ['stream_options', 'include_usage']), false);
    assert.deepEqual(readNested(body, ['stream_options', 'x']), [1]);
    assert.equal(readNested(body, ['stream', 'include_usage']), undefined);
    assert.equal(readNested(body, ['absent', 'include_usage']), undefined);
  });

  it('tells offsets of values without the space around them', () => {
    assert.deepEqual(scanMembers(Buffer.from(' {"a" : 12 } ')), { open: 1, members: [{ key: 'a', start: 8, end: 10 }] });
  });
});

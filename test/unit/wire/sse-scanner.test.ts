import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { SseEvent } from '../../../src/core/wire/sse-event.ts';
import { SseScanner } from '../../../src/core/wire/sse-scanner.ts';

function scan(...chunks: readonly (string | Uint8Array)[]) {
  const scanner = new SseScanner();
  const events: SseEvent[] = [];
  for (const chunk of chunks) scanner.push(Buffer.from(chunk), (event) => events.push(event));
  return { scanner, events, read: events.map(({ name, data }) => [name, data]) };
}

const raws = (events: readonly SseEvent[]) => events.map(({ raw }) => Buffer.from(raw).toString());

describe('SseScanner', () => {
  for (const [label, newline] of [
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ] as const) {
    it(`cuts at blank lines that end in ${label}`, () => {
      const first = ['event: a', 'data: 1', '', ''].join(newline);
      const second = ['data: 2', '', ''].join(newline);
      const { scanner, events, read } = scan(first + second);
      assert.deepEqual(read, [
        ['a', '1'],
        ['', '2'],
      ]);
      assert.deepEqual(raws(events), [first, second]);
      assert.equal(scanner.atBoundary, true);
    });
  }

  it('takes the LF of a CRLF into the event although the cut is between the two', () => {
    const { events, scanner } = scan('data: 1\r\n\r', '\ndata: 2\r\n\r\n');
    assert.deepEqual(raws(events), ['data: 1\r\n\r\n', 'data: 2\r\n\r\n']);
    assert.equal(scanner.atBoundary, true);
  });

  it('is not at a boundary while an LF may still belong to the blank line', () => {
    const { events, scanner } = scan('data: 1\r\n\r');
    assert.equal(events.length, 0);
    assert.equal(scanner.atBoundary, false);
    assert.equal(scanner.end((event) => events.push(event)).length, 0);
    assert.deepEqual(raws(events), ['data: 1\r\n\r']);
  });

  it('does not keep a stream of bare CRs waiting for an LF', () => {
    assert.deepEqual(scan('data: 1\r\r').read, [['', '1']]);
  });

  it('passes heartbeats and comments at once, as events without name and data', () => {
    const { events, read } = scan('\n', ': ping\n\n', 'data: 1\n\n', '\n\n');
    assert.deepEqual(raws(events), ['\n', ': ping\n\n', 'data: 1\n\n', '\n', '\n']);
    assert.deepEqual(
      read.map(([, data]) => data),
      ['', '', '1', '', ''],
    );
  });

  it('reads data without a space, keeps further spaces, and joins several lines', () => {
    assert.deepEqual(scan('data:a\ndata:  b\ndata\ndata: c: d\n\n').read, [['', 'a\n b\n\nc: d']]);
  });

  it('ignores fields that only begin like data or event, and takes the last event name', () => {
    assert.deepEqual(scan('dataset: x\nevents: y\ndat: z\nevent: one\nevent:two\nid: 4\nretry: 9\n\n').read, [['two', '']]);
  });

  it('reads the first field behind a byte order mark, and leaves a later one alone', () => {
    const { events, read } = scan('\uFEFFdata: 1\n\n\uFEFFdata: 2\n\ndata: \uFEFF3\n\n');
    assert.deepEqual(
      read.map(([, data]) => data),
      ['1', '', '\uFEFF3'],
    );
    assert.equal(raws(events)[0], '\uFEFFdata: 1\n\n');
  });

  it('keeps characters whole that a cut goes through', () => {
    const bytes = Buffer.from('data: 世界 🏰\n\n');
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.deepEqual(scan(bytes.subarray(0, cut), bytes.subarray(cut)).read, [['', '世界 🏰']]);
    }
  });

  it('gives views into the chunk, not copies', () => {
    const chunk = Buffer.from('data: 1\n\ndata: 2\n\n');
    const events: SseEvent[] = [];
    new SseScanner().push(chunk, (event) => events.push(event));
    for (const { raw } of events) assert.equal(raw.buffer, chunk.buffer);
  });

  it('reads plain Uint8Arrays that are views themselves', () => {
    const whole = new Uint8Array(Buffer.from('xxdata: 1\n\nyy'));
    const events: SseEvent[] = [];
    new SseScanner().push(whole.subarray(2, 11), (event) => events.push(event));
    assert.deepEqual(raws(events), ['data: 1\n\n']);
  });

  it('returns what is unfinished at the end, and only that', () => {
    const { scanner, events } = scan('data: 1\n\nda', 'ta: 2\n');
    assert.equal(scanner.atBoundary, false);
    assert.equal(Buffer.from(scanner.end(() => assert.fail('no event is whole'))).toString(), 'data: 2\n');
    assert.deepEqual(raws(events), ['data: 1\n\n']);
  });

  it('stops at an event over the limit wherever it was cut, and does not throw', () => {
    const stream = Buffer.from(`data: 1\n\ndata: ${'x'.repeat(100)}\n\ndata: 3\n\n`);
    for (const size of [1, 7, 50, 1000]) {
      const scanner = new SseScanner(64);
      const events: SseEvent[] = [];
      for (let at = 0; at < stream.length; at += size) scanner.push(stream.subarray(at, at + size), (event) => events.push(event));
      assert.deepEqual(raws(events), ['data: 1\n\n']);
      assert.equal(scanner.overflowed, true);
      assert.equal(scanner.atBoundary, false);
      assert.equal(scanner.end(() => assert.fail('nothing is scanned any more')).length, 0);
    }
  });

  it('lets an event of exactly the limit pass', () => {
    const scanner = new SseScanner(9);
    let seen = 0;
    scanner.push(Buffer.from('data: 1\n\n'), () => seen++);
    for (const byte of Buffer.from('data: 2\n\n')) scanner.push(Buffer.of(byte), () => seen++);
    assert.equal(seen, 2);
    assert.equal(scanner.overflowed, false);
  });
});

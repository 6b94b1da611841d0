import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { SseEvent } from '../../src/core/wire/sse-event.ts';
import { corpusStreams, eventsOf, everyByte, framed, ownStreams, type Framing } from './recorded-streams.ts';

/** Bytes in which line ends, fields and torn characters are common. */
const soup = fc
  .array(
    fc.constantFrom(
      '\n',
      '\n\n',
      '\r',
      '\r\n',
      '\r\n\r\n',
      'data:',
      'data: ',
      'event: ',
      'x',
      ':',
      ' ',
      'é',
      '🏰',
      '\uFEFF',
      '\uD800',
    ),
    {
      maxLength: 40,
    },
  )
  .map((pieces) => Buffer.from(pieces.join('')));

const soupAndCuts = soup.chain((bytes) =>
  fc.tuple(
    fc.constant(bytes),
    fc.array(fc.nat(bytes.length), { maxLength: 12 }).map((cuts) => cuts.sort((a, b) => a - b)),
  ),
);

function scanned(bytes: Uint8Array, cuts: readonly number[]) {
  const events: SseEvent[] = [];
  const tail = eventsOf(bytes, cuts, (event) => events.push(event));
  return { events, tail };
}

const plain = ({ events, tail }: ReturnType<typeof scanned>) => ({
  events: events.map(({ raw, name, data }) => [Buffer.from(raw).toString('hex'), name, data]),
  tail: Buffer.from(tail).toString('hex'),
});

/** The standard's algorithm over the whole text, as plainly as it can be written. */
function byTheStandard(bytes: Buffer): string[][] {
  const text = bytes.toString();
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split(/\r\n|\n|\r/);
  const events: string[][] = [];
  let name = '';
  let data: string[] = [];
  // The last piece has no line end: the event it belongs to is unfinished.
  for (const line of lines.slice(0, -1)) {
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (line === '') {
      if (data.length > 0) events.push([name, data.join('\n')]);
      name = '';
      data = [];
    } else if (field === 'data') data.push(value);
    else if (field === 'event') name = value;
  }
  return events;
}

describe('SSE scanning', () => {
  it('is the same for every way of cutting any bytes, and loses none', () => {
    fc.assert(
      fc.property(soupAndCuts, ([bytes, cuts]) => {
        const whole = scanned(bytes, []);
        assert.deepEqual(plain(scanned(bytes, cuts)), plain(whole));
        assert.deepEqual(plain(scanned(bytes, everyByte(bytes))), plain(whole));
        assert.deepEqual(Buffer.concat([...whole.events.map(({ raw }) => raw), whole.tail]), bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds the events that the standard finds', () => {
    fc.assert(
      fc.property(soup, (bytes) => {
        const dispatched = scanned(bytes, []).events.filter(({ data }) => data !== '');
        assert.deepEqual(
          dispatched.map(({ name, data }) => [name, data]),
          byTheStandard(bytes).filter(([, data]) => data !== ''),
        );
      }),
      { numRuns: 2000 },
    );
  });

  const framings: readonly Framing[] = [
    {},
    { newline: '\r\n' },
    { newline: '\r' },
    { comments: true, bom: true },
    { spaceless: true },
  ];

  for (const framing of framings) {
    it(`gives back every payload of our own streams framed as ${JSON.stringify(framing)}`, () => {
      for (const stream of ownStreams()) {
        const bytes = framed(stream, framing);
        for (const cuts of [[], everyByte(bytes)]) {
          const { events, tail } = scanned(bytes, cuts);
          assert.deepEqual(
            events.map(({ data }) => data).filter((data) => data !== ''),
            stream.payloads,
          );
          assert.deepEqual(Buffer.concat([...events.map(({ raw }) => raw), tail]), bytes);
        }
      }
    });
  }

  it('gives back every payload of the recorded streams, cut at every byte and at none', function () {
    const streams = corpusStreams();
    if (streams === undefined) return this.skip();
    this.timeout(60_000);
    for (const stream of streams) {
      for (const framing of [{}, { newline: '\r\n' }] as const) {
        const bytes = framed(stream, framing);
        for (const cuts of [[], everyByte(bytes)]) {
          const { events, tail } = scanned(bytes, cuts);
          assert.deepEqual(
            events.map(({ data }) => data),
            stream.payloads,
          );
          assert.equal(tail.length, 0);
        }
      }
    }
  });
});

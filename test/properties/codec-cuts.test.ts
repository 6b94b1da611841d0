import assert from 'node:assert/strict';
import { cuts, decodeAll, fold, type Folded } from '../unit/codecs/support.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';
import { corpusStreams, framed, ownStreams, type Framing, type RecordedStream } from './recorded-streams.ts';

function decoded({ dialect }: RecordedStream, chunks: Iterable<Uint8Array>): Folded {
  return fold(decodeAll(CODECS[dialect].decoder({ issuer: `${dialect}@test` }), chunks));
}

const FRAMINGS: readonly Framing[] = [
  { newline: '\r\n' },
  { newline: '\r' },
  { comments: true },
  { comments: true, bom: true, newline: '\r\n' },
  { spaceless: true, bom: true },
];

const label = (stream: RecordedStream) => `${stream.dialect}/${stream.name}`;

/** Between the bytes of one character: what a decoder that looks at chunks for itself would get wrong. */
function insideCharacters(bytes: Buffer): readonly Buffer[] {
  const places = [...bytes.keys()].filter((at) => (bytes[at]! & 0xc0) === 0x80);
  const chunks: Buffer[] = [];
  let from = 0;
  for (const at of [...places, bytes.length]) {
    chunks.push(bytes.subarray(from, at));
    from = at;
  }
  return chunks;
}

describe('every decoder gives the same parts', () => {
  it('whichever place a stream is cut at', function () {
    this.timeout(60_000);
    for (const stream of ownStreams()) {
      const bytes = framed(stream);
      const whole = decoded(stream, [bytes]);
      for (const chunks of cuts(bytes)) assert.deepEqual(decoded(stream, chunks), whole, label(stream));
      assert.deepEqual(decoded(stream, insideCharacters(bytes)), whole, label(stream));
    }
  });

  it('for CRLF, CR, comments, a byte order mark, and any of them byte by byte', function () {
    this.timeout(60_000);
    for (const stream of ownStreams()) {
      const whole = decoded(stream, [framed(stream)]);
      for (const framing of FRAMINGS) {
        const bytes = framed(stream, framing);
        const [byBytes = []] = cuts(bytes);
        assert.deepEqual(decoded(stream, [bytes]), whole, `${label(stream)} ${JSON.stringify(framing)}`);
        assert.deepEqual(decoded(stream, byBytes), whole, `${label(stream)} ${JSON.stringify(framing)}`);
      }
    }
  });

  it('without [DONE], where the answer had finished', () => {
    let tried = 0;
    for (const stream of ownStreams()) {
      if (stream.dialect !== 'openai-chat' || stream.payloads.at(-1) !== '[DONE]') continue;
      const without = { ...stream, payloads: stream.payloads.slice(0, -1) };
      const whole = decoded(stream, [framed(stream)]);
      assert.deepEqual(decoded(without, [framed(without)]), whole, label(stream));
      tried++;
    }
    assert.ok(tried > 5);
  });

  it('of an event at a time as of all at once, and as soon as they are known', () => {
    for (const stream of ownStreams()) {
      const bytes = framed(stream);
      const events = bytes.toString().split(/(?<=\n\n)/);
      const chunks = events.map((event) => Buffer.from(event));
      assert.deepEqual(decoded(stream, chunks), decoded(stream, [bytes]), label(stream));
    }
  });

  it('of recorded streams, however they are cut and framed', function () {
    const streams = corpusStreams();
    if (streams === undefined) return this.skip();
    this.timeout(120_000);
    for (const stream of streams) {
      const bytes = framed(stream);
      const whole = decoded(stream, [bytes]);
      const all = [...cuts(bytes)];
      // A tenth of the cuts in two, besides single bytes and sevens: the streams are long, and own ones are cut everywhere.
      const some = all.filter((_, n) => n % 10 === 0 || n === all.length - 1);
      for (const chunks of [...some, insideCharacters(bytes)]) assert.deepEqual(decoded(stream, chunks), whole, label(stream));
      for (const framing of FRAMINGS)
        assert.deepEqual(decoded(stream, [framed(stream, framing)]), whole, `${label(stream)} ${JSON.stringify(framing)}`);
    }
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../src/core/dialects/by-id.ts';
import type { DialectQuirks } from '../../src/core/dialects/dialect.ts';
import { corpusStreams, eventsOf, everyByte, framed, ownStreams, type RecordedStream } from './recorded-streams.ts';

function metered(stream: RecordedStream, bytes: Uint8Array, cuts: readonly number[], quirks: DialectQuirks = {}) {
  const meter = DIALECTS[stream.dialect].streamMeter(quirks);
  eventsOf(bytes, cuts, (event) => meter.observe(event));
  return { total: meter.total(), state: meter.state };
}

const label = (stream: RecordedStream) => `${stream.dialect}/${stream.name}`;

describe('every meter', () => {
  it('reads the same whichever one place a stream is cut at', function () {
    this.timeout(60_000);
    for (const stream of ownStreams()) {
      const bytes = framed(stream);
      const whole = metered(stream, bytes, []);
      for (let cut = 1; cut < bytes.length; cut++)
        assert.deepEqual(metered(stream, bytes, [cut]), whole, `${label(stream)} cut at ${cut}`);
    }
  });

  it('reads the same for CRLF, CR, comments, a byte order mark and every byte for itself', () => {
    for (const stream of ownStreams()) {
      const whole = metered(stream, framed(stream), []);
      for (const framing of [{ newline: '\r\n' }, { newline: '\r' }, { comments: true, bom: true }, { spaceless: true }] as const) {
        const bytes = framed(stream, framing);
        assert.deepEqual(metered(stream, bytes, []), whole, label(stream));
        assert.deepEqual(metered(stream, bytes, everyByte(bytes)), whole, label(stream));
      }
    }
  });

  it('reads the same for random cuts, with every quirk', () => {
    const streams = ownStreams();
    const quirks = { outputIsTotalMinusPrompt: true };
    fc.assert(
      fc.property(
        fc.constantFrom(...streams),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
        (stream, places) => {
          const bytes = framed(stream, { newline: '\r\n' });
          const cuts = places.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b);
          assert.deepEqual(metered(stream, bytes, cuts, quirks), metered(stream, bytes, [], quirks));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('does not change its mind when an event is read before or after others look at it', () => {
    for (const stream of ownStreams()) {
      const meter = DIALECTS[stream.dialect].streamMeter({});
      eventsOf(framed(stream), [], (event) => {
        DIALECTS[stream.dialect].isAddedUsageEvent(event);
        meter.observe(event);
      });
      assert.deepEqual({ total: meter.total(), state: meter.state }, metered(stream, framed(stream), []));
    }
  });

  it('reads recorded streams the same at every cut, and each of them to its end', function () {
    const streams = corpusStreams();
    if (streams === undefined) return this.skip();
    this.timeout(60_000);
    for (const stream of streams) {
      const bytes = framed(stream);
      const whole = metered(stream, bytes, []);
      assert.deepEqual(metered(stream, bytes, everyByte(bytes)), whole, label(stream));
      assert.deepEqual(metered(stream, framed(stream, { newline: '\r\n', comments: true }), [3, 500, 501]), whole, label(stream));
      if (stream.name === 'openai--openai-error.1') {
        assert.equal(whole.state.phase, 'failed');
        continue;
      }
      assert.equal(whole.state.phase, 'finished', label(stream));
      // Recorded without usage: nobody had asked for it.
      if (stream.name === 'openai-compatible--anthropic-fallback-tool-call') continue;
      assert.equal(whole.total?.usage.source, 'reported', label(stream));
      assert.ok(whole.total.usage.output > 0 && whole.total.model !== undefined, label(stream));
    }
  });
});

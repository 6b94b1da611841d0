import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../../src/core/dialects/by-id.ts';
import type { Metered } from '../../../src/core/dialects/dialect.ts';
import {
  corpusStreams,
  corpusWholes,
  eventsOf,
  everyByte,
  framed,
  type RecordedStream,
} from '../../properties/recorded-streams.ts';
import TOTALS from './meters-corpus.json' with { type: 'json' };

/**
 * `meters-corpus.json` names every recorded answer with the totals that come of its own usage object by the convention of its source,
 * worked out by hand; null where the provider told nothing. A stream that holds several answers one after the other counts as the first:
 * an answer ends with its last event.
 */
interface Totals {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number;
  readonly units?: Readonly<Record<string, number | undefined>>;
  readonly tier?: string;
  readonly billedNano?: number;
}

const totals: Readonly<Record<string, Totals | null>> = TOTALS;

function totalsOf(metered: Metered | undefined): Totals | null {
  if (metered === undefined) return null;
  const { usage, tier, billedNano } = metered;
  assert.equal(usage.source, 'reported');
  return {
    input: usage.input,
    cacheRead: usage.cacheRead,
    cacheWrite5m: usage.cacheWrite5m,
    cacheWrite1h: usage.cacheWrite1h,
    output: usage.output,
    reasoning: usage.reasoningWithinOutput,
    ...(Object.keys(usage.units).length > 0 ? { units: usage.units } : {}),
    ...(tier === undefined ? {} : { tier }),
    ...(billedNano === undefined ? {} : { billedNano }),
  };
}

function streamed(stream: RecordedStream, cuts: 'whole' | 'bytes'): Metered | undefined {
  const meter = DIALECTS[stream.dialect].streamMeter({});
  const bytes = framed(stream);
  eventsOf(bytes, cuts === 'whole' ? [] : everyByte(bytes), (event) => meter.observe(event));
  return meter.total();
}

describe('usage of recorded answers', () => {
  const [streams, wholes] = [corpusStreams(), corpusWholes()];
  const named = (dialect: string, file: string) => totals[`${dialect}/${file}`];
  const streamTotals = (stream: RecordedStream) =>
    named(stream.dialect, `${stream.name}.chunks.txt`) ?? named(stream.dialect, `${stream.name}.sse`) ?? null;

  it('is written down for every one of them, and for no other', function () {
    if (streams === undefined || wholes === undefined) return this.skip();
    const files = [
      ...streams.map(({ dialect, name }) =>
        `${dialect}/${name}.sse` in totals ? `${dialect}/${name}.sse` : `${dialect}/${name}.chunks.txt`,
      ),
      ...wholes.map(({ dialect, name }) => `${dialect}/${name}`),
    ];
    assert.deepEqual(files.sort(), Object.keys(totals).sort());
  });

  for (const stream of streams ?? []) {
    it(`${stream.dialect}/${stream.name}, streamed`, () => {
      assert.deepEqual(totalsOf(streamed(stream, 'whole')), streamTotals(stream));
      assert.deepEqual(totalsOf(streamed(stream, 'bytes')), streamTotals(stream));
    });
  }

  for (const { dialect, name, body } of wholes ?? []) {
    it(`${dialect}/${name}`, () => {
      assert.deepEqual(totalsOf(DIALECTS[dialect].meterWhole(body, {})), named(dialect, name));
    });
  }
});

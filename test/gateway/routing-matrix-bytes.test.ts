import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../src/core/dialects/by-id.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { SseScanner } from '../../src/core/wire/sse-scanner.ts';
import { startFakeProvider } from '../support/fake-providers/server.ts';
import type { ExpectedKind, Fault } from '../support/faults/fault.ts';
import { hear } from '../support/faults/hear.ts';
import { cutAt, stallAt, trickle } from '../support/faults/transport-faults.ts';
import { KEY, TOKEN, WIRES } from '../support/gateway.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { wrongOnes } from './routing-expected.ts';
import { FIRST, type Lane, runLanes } from './routing-lanes.ts';

/** What the first provider sends when nothing is wrong, as the gateway asks it. */
async function plainAnswer(dialect: DialectId, stream: boolean): Promise<Buffer> {
  const clock = new VirtualClock();
  const fake = await startFakeProvider({ key: KEY, dialect, clock, script: () => ({ text: FIRST.text, usage: FIRST.used }) });
  const wire = WIRES[dialect];
  const headers = Object.fromEntries(Object.entries(wire.headers).map(([name, value]) => [name, value.replace(TOKEN, KEY)]));
  const usage = stream && dialect === 'openai-chat' ? { stream_options: { include_usage: true } } : {};
  const heard = await hear(clock, fake.url, { path: wire.path(stream), headers, body: { ...wire.body(stream), ...usage } });
  await fake.close();
  assert.equal(heard.status, 200);
  return heard.body;
}

/** What is right when a stream ends after these bytes. A last event without its blank line counts only where the end is a proper one. */
function rightAfter(dialect: DialectId, bytes: Buffer, how: 'reset' | 'eof' | 'stall'): ExpectedKind {
  const meter = DIALECTS[dialect].streamMeter({});
  const scanner = new SseScanner();
  let output = false;
  scanner.push(bytes, (event) => {
    meter.observe(event);
    output ||= !DIALECTS[dialect].isPreamble(event);
  });
  if (how === 'eof') scanner.push(Buffer.from('\n\n'), (event) => meter.observe(event));
  return meter.state.phase === 'finished' ? 'answer' : output ? 'broken-stream' : 'error';
}

/** Within the first event, before and after each of the first few, in the middle, and around the end. */
function placesIn(plain: Buffer): readonly number[] {
  const ends = [...plain.toString('latin1').matchAll(/\r?\n\r?\n/g)].map(({ index, 0: blank }) => index + blank.length);
  const last = ends.at(-2) ?? 0;
  const places = [
    1,
    20,
    ends[0]! - 1,
    ends[0]!,
    ends[1]!,
    ends[2]! + 9,
    plain.length >> 1,
    last - 2,
    last,
    last + 8,
    plain.length - 1,
    plain.length,
  ];
  return [...new Set(places)];
}

async function play(lanes: readonly Lane[]): Promise<void> {
  const clock = new VirtualClock();
  const moving = clock.autoAdvance();
  try {
    const all = await runLanes(clock, lanes);
    assert.equal(all.length, lanes.length);
    assert.deepEqual(wrongOnes(all), []);
  } finally {
    moving.stop();
  }
  assert.equal(clock.pending, 0, 'timers are left');
}

const KINDS = ['none', 'same', 'cross'] as const;

describe('an answer that ends at any byte', function () {
  // Time stands still here, but a busy machine makes the judgement late that nothing is under way.
  this.timeout(30_000);

  for (const how of ['reset', 'eof', 'stall'] as const) {
    for (const dialect of DIALECT_IDS) {
      it(`${dialect}: ${how} in a stream is an answer, an error that another attempt mends, or a cut that no agent takes for an end`, async () => {
        const plain = await plainAnswer(dialect, true);
        const faults = placesIn(plain).map((at): Fault => {
          const right = rightAfter(dialect, plain.subarray(0, at), how);
          return how === 'stall' ? stallAt(at, right) : cutAt(at, how, right);
        });
        assert.equal(new Set(faults.map(({ right }) => right)).size, 3);
        await play(faults.flatMap((fault) => KINDS.map((kind) => ({ fault, kind, dialect, spoken: dialect, stream: true }))));
      });
    }

    it(`${how} in a whole answer is an error that another attempt mends, as long as a byte is missing`, async () => {
      const lanes: Lane[] = [];
      for (const dialect of DIALECT_IDS) {
        const { length } = await plainAnswer(dialect, false);
        // With the last byte an answer is over for HTTP, and there is nothing to stall.
        for (const at of [1, length >> 1, length - 1, ...(how === 'stall' ? [] : [length])]) {
          const right = at === length ? 'answer' : 'error';
          const fault = how === 'stall' ? stallAt(at, right) : cutAt(at, how, right);
          lanes.push(...KINDS.map((kind) => ({ fault, kind, dialect, spoken: dialect, stream: false })));
        }
      }
      await play(lanes);
    });
  }

  it('and one that trickles is the same as one that flows', async () => {
    const faults = [trickle(3, 0), trickle(64, 0), trickle(150, 700)];
    await play(
      faults.flatMap((fault) =>
        DIALECT_IDS.flatMap((dialect) =>
          [true, false].flatMap((stream) => KINDS.map((kind) => ({ fault, kind, dialect, spoken: dialect, stream }))),
        ),
      ),
    );
  });
});

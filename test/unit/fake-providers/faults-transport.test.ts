import assert from 'node:assert/strict';
import { EVENTS } from '../../support/faults/fault.ts';
import { cutAt, stallAt, TRANSPORT_FAULTS, trickle } from '../../support/faults/transport-faults.ts';
import { type Played, playEverywhere } from './faults-played.ts';

/** The first words of every plain answer. */
const OUTPUT = 'This is';

/** How a fault ends, and what of the plain answer came before; undefined: no answer began. */
type Ending = readonly [end: Played['heard']['end'], events: number, bytes: number] | readonly ['cut' | 'silent' | 'refused'];

const opening = (played: Played): number => EVENTS[played.dialect].opening;
const output = (played: Played): number => EVENTS[played.dialect].output;
const half = ({ plain }: Played): number => Buffer.byteLength(plain) >> 1;

const ENDINGS: Readonly<Record<string, (played: Played) => Ending>> = {
  'refuse-connections': () => ['refused'],
  'reset-before-headers': () => ['cut'],
  'reset-after-headers': () => ['cut', 0, 0],
  'cut-in-first-event': () => ['cut', 0, 15],
  'cut-before-output': (played) => ['cut', opening(played), 0],
  'clean-end-before-output': (played) => ['clean', opening(played), 0],
  'cut-after-output': (played) => ['cut', output(played), 0],
  'cut-within-output': (played) => ['cut', output(played), 15],
  'clean-end-within-output': (played) => ['clean', output(played), 15],
  'cut-within-body': (played) => ['cut', 0, half(played)],
  'short-body': (played) => ['cut', 0, half(played)],
  'stall-before-headers': () => ['silent'],
  'stall-after-headers': () => ['silent', 0, 0],
  'stall-within-first-event': () => ['silent', 0, 15],
  'stall-before-output': (played) => ['silent', opening(played), 0],
  'stall-after-output': (played) => ['silent', output(played), 0],
  'stall-within-output': (played) => ['silent', output(played), 15],
  'stall-within-body': () => ['silent', 0, 100],
};

const OTHERS: Readonly<Record<string, (played: Played) => void>> = {
  'clean-end-within-body': ({ heard, text }) => {
    assert.deepEqual([heard.status, heard.end, heard.headers['content-type']], [200, 'clean', 'application/json']);
    assert.throws(() => JSON.parse(text));
  },
  'slow-first-token': ({ heard, text, plain }) => {
    assert.deepEqual([heard.end, heard.milliseconds, text], ['clean', 20_000, plain]);
  },
  'trickle-1-bytes': ({ heard, text, stream }) => {
    assert.deepEqual([heard.end, heard.milliseconds], ['clean', 0]);
    if (!stream) assert.match(text, /Tröpfchen 💧 für Tröpfchen/);
    if (stream) assert.deepEqual(new Set(heard.pieces), new Set([1]));
  },
  'trickle-200-bytes-each-1500-ms': ({ heard }) => {
    assert.deepEqual([heard.end, heard.milliseconds], ['clean', (Math.ceil(heard.body.length / 200) - 1) * 1500]);
    assert.equal(Math.max(...heard.pieces), 200);
  },
};

describe('transport faults', () => {
  for (const fault of TRANSPORT_FAULTS) {
    it(fault.name, async () => {
      let played = 0;
      await playEverywhere(fault, (each) => {
        played += 1;
        const where = `${fault.name} ${each.dialect} ${each.stream ? 'stream' : 'whole'}`;
        const ending = ENDINGS[fault.name]?.(each);
        if (ending === undefined) {
          assert.ok(fault.name in OTHERS, `${where} is not described`);
          return OTHERS[fault.name]?.(each);
        }
        const [end, events, bytes] = ending;
        assert.equal(each.heard.end, end, where);
        assert.equal(each.heard.status, events === undefined ? undefined : 200, where);
        assert.equal(each.text, events === undefined ? '' : each.beginning(events, bytes ?? 0), where);
        // What is right follows from what was to be seen.
        if (each.stream) assert.equal(each.text.includes(OUTPUT), fault.right === 'broken-stream', where);
        if (end === 'silent') assert.ok(each.heard.milliseconds >= 600_000 && fault.slow, where);
      });
      assert.ok(played > 0);
    });
  }

  it('cuts and stalls at any byte', async () => {
    for (const bytes of [0, 1, 64]) {
      await playEverywhere(cutAt(bytes, 'reset', 'error'), (each) => {
        assert.deepEqual([each.heard.end, each.text], ['cut', each.beginning(0, bytes)]);
      });
      await playEverywhere(cutAt(bytes, 'eof', 'error'), (each) => {
        assert.deepEqual([each.heard.end, each.text], [each.stream ? 'clean' : 'cut', each.beginning(0, bytes)]);
      });
      await playEverywhere(stallAt(bytes, 'error'), (each) => {
        assert.deepEqual([each.heard.end, each.text], ['silent', each.beginning(0, bytes)]);
      });
    }
  });

  it('says what is right for a cut as its caller knows it', () => {
    assert.deepEqual(
      (['answer', 'error', 'broken-stream'] as const).map((right) => [cutAt(9, 'eof', right).right, cutAt(9, 'eof', right).class]),
      [
        ['answer', undefined],
        ['error', 'transient'],
        ['broken-stream', undefined],
      ],
    );
    assert.equal(cutAt(9, 'eof', 'broken-stream').appliesTo('gemini', false), false);
    assert.equal(trickle(5, 10).slow, true);
  });
});

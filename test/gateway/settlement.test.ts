import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { NO_USAGE, plus, type Usage } from '../../src/core/ir/usage.ts';
import { streamedTokens } from '../../src/core/ledger/book-entry.ts';
import type { SettledAs, SettledRequest } from '../../src/core/ledger/records.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { EVENTS, type Fault } from '../support/faults/fault.ts';
import { faultNamed } from '../support/faults/catalogue.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { FIRST, type Lane, OTHER, OTHER_DIALECT, type Ran, runGroup } from './routing-lanes.ts';

/** What is known at the end of what an attempt used. */
type Known =
  /** The provider said it all. */
  | 'all'
  /** Output had come, and what was told until then. */
  | 'broken'
  /** The request was sent, and nothing came back that could be read. */
  | 'asked'
  /** Nobody worked on it. */
  | 'nothing';

/** How the last attempt ends, and what the row says then. `untold`: the agent had heard nothing yet, so earlier failures come first. */
interface Ending {
  readonly step: (spoken: DialectId) => Step;
  readonly settled: SettledAs;
  readonly status: number;
  readonly known: Known;
  readonly untold?: true;
  /** The agent hangs up. */
  readonly leaves?: true;
}

const after = (spoken: DialectId) => ({ afterEvents: EVENTS[spoken].output });
const stalled = (spoken: DialectId): Step => ({ stallAfterEvents: EVENTS[spoken].output });
const busy = (spoken: DialectId) => faultNamed('error-event-after-output').steps(spoken, true)[0] as Step;
const refused: Step = { error: { status: 400, message: 'This is not a request.' } };
const silent: Step = { stallBeforeHeaders: true };

const STREAMED: Readonly<Record<string, Ending>> = {
  done: { step: () => ({}), settled: 'done', status: 200, known: 'all' },
  'error before output': { step: () => refused, settled: 'error', status: 400, known: 'nothing', untold: true },
  'error event': { step: busy, settled: 'error', status: 200, known: 'broken' },
  'read error': { step: (spoken) => ({ cut: 'reset', ...after(spoken) }), settled: 'truncated', status: 200, known: 'broken' },
  truncated: { step: (spoken) => ({ cut: 'eof', ...after(spoken) }), settled: 'truncated', status: 200, known: 'broken' },
  'client gone': { step: stalled, settled: 'aborted', status: 200, known: 'broken', leaves: true },
  timeout: { step: stalled, settled: 'timeout', status: 200, known: 'broken' },
  'timeout before output': { step: () => silent, settled: 'timeout', status: 504, known: 'asked', untold: true },
};

const WHOLE: Readonly<Record<string, Ending>> = {
  done: { step: () => ({}), settled: 'done', status: 200, known: 'all' },
  'error before output': { step: () => refused, settled: 'error', status: 400, known: 'nothing', untold: true },
  'read error': { step: () => ({ cut: 'reset', afterBytes: 20 }), settled: 'truncated', status: 502, known: 'asked', untold: true },
  truncated: { step: () => ({ cut: 'eof', afterBytes: 20 }), settled: 'truncated', status: 502, known: 'asked', untold: true },
  'client gone': { step: () => silent, settled: 'aborted', status: 499, known: 'asked', leaves: true },
  timeout: { step: () => silent, settled: 'timeout', status: 504, known: 'asked', untold: true },
};

/** What an attempt does of which the agent never hears, and which is paid for: it is worked on, and breaks off before any output. */
const earlierStep = (spoken: DialectId, stream: boolean): Step =>
  tellsEarly(spoken, stream) ? { errorEvent: { status: 529 }, afterEvents: 1 } : { cut: 'eof', afterBytes: 20 };
/** Only Anthropic tells the tokens of the prompt before the first word. */
const tellsEarly = (spoken: DialectId, stream: boolean): boolean => stream && spoken === 'anthropic-messages';

/** Where the ending happens, and what was tried before. */
interface Way {
  readonly kind: Lane['kind'];
  readonly earlier: boolean;
  readonly by: 'first' | 'other';
  readonly retries: number;
}

const WAYS: Readonly<Record<string, Way>> = {
  relay: { kind: 'none', earlier: false, by: 'first', retries: 0 },
  translate: { kind: 'foreign', earlier: false, by: 'first', retries: 0 },
  'fallback, translated': { kind: 'cross', earlier: true, by: 'other', retries: 0 },
  'fallback, relayed': { kind: 'foreign-fallback', earlier: true, by: 'other', retries: 0 },
  retry: { kind: 'none', earlier: true, by: 'first', retries: 1 },
};

describe('one request, one settlement', function () {
  // Time stands still here, but a busy machine makes the judgement late that nothing is under way.
  this.timeout(30_000);

  for (const [name, way] of Object.entries(WAYS)) {
    for (const ending of Object.keys(STREAMED)) {
      it(`${ending} by ${name}: one row, with what every attempt used`, async () => {
        const forms = [
          [true, STREAMED[ending]],
          [false, WHOLE[ending]],
        ] as const;
        for (const [stream, end] of forms) if (end !== undefined) await settlesRight(way, end, stream);
      });
    }
  }
});

async function settlesRight(way: Way, end: Ending, stream: boolean): Promise<void> {
  const fault: Fault = {
    ...faultNamed('missing-end'),
    name: 'stall',
    steps(spoken) {
      const earlier = way.earlier ? [earlierStep(spoken, stream)] : [];
      return way.by === 'first' ? [...earlier, end.step(spoken)] : earlier;
    },
  };
  const lanes = DIALECT_IDS.map((dialect) => {
    const foreign = way.kind.startsWith('foreign');
    return { fault, kind: way.kind, dialect, spoken: foreign ? OTHER_DIALECT[dialect] : dialect, stream };
  });
  const clock = new VirtualClock();
  const moving = clock.autoAdvance();
  let sums: unknown;
  try {
    const ran = await runGroup(clock, lanes, {
      other: (lane) => end.step(way.kind === 'cross' ? OTHER_DIALECT[lane.dialect] : lane.dialect),
      config: { retries: { attempts: way.retries }, budgets: [{ scope: {}, window: 'day', usd: 1000 }] },
      ...(end.leaves && { patienceMs: 2000 }),
      look: ({ ledger }) => {
        const [{ spent, reserved, unpriced } = assert.fail('no budget')] = ledger.budgets.standings();
        const [{ requests, costNano, estimated, output } = assert.fail('no sums')] = ledger.usage({ by: [] });
        sums = { spent, reserved, unpriced, requests, costNano, estimated, output };
      },
    });
    for (const each of ran) expectRow(way, end, each);
    const rows = ran.flatMap((each) => each.rows);
    const total = (of: (row: SettledRequest) => number) => rows.reduce((sum, row) => sum + of(row), 0);
    const cost = total((row) => row.costNano ?? 0);
    assert.deepEqual(sums, {
      spent: cost,
      reserved: 0,
      unpriced: 0,
      requests: DIALECT_IDS.length,
      costNano: cost,
      estimated: total((row) => Number(row.estimated)),
      output: total((row) => row.usage.output),
    });
  } finally {
    moving.stop();
  }
  assert.equal(clock.pending, 0, 'timers are left');
}

function expectRow(way: Way, end: Ending, ran: Ran): void {
  const { lane, heard, rows, bytesIn } = ran;
  const { dialect, stream } = lane;
  const what = `${dialect}, ${stream ? 'stream' : 'whole'}`;
  assert.equal(rows.length, 1, what);
  const row = rows[0]!;
  const spoken = { first: lane.spoken, other: way.kind === 'cross' ? OTHER_DIALECT[dialect] : dialect };

  // Who fails first and could be asked again is what the agent hears of, if nobody answers it.
  const heardOf = end.untold && way.earlier ? 'first' : way.by;
  const [settled, status] =
    end.untold && way.earlier ? (tellsEarly(lane.spoken, stream) ? ['error', 529] : ['truncated', 502]) : [end.settled, end.status];
  assert.deepEqual([row.settled, row.status], [settled, status], what);
  if (!end.leaves) assert.equal(heard.status, status, what);
  assert.equal(`${row.provider}/${row.model}`, heardOf === 'first' ? ran.first : ran.other, what);
  assert.equal(row.mode, spoken[heardOf] === dialect ? 'relay' : 'translate', what);
  assert.equal(row.attempts, way.earlier ? 2 : 1, what);

  // An error that passes as it came is no answer: its bytes are worth no tokens.
  if (status < 400) assert.equal(row.bytesOut, heard.body.length, what);
  const size = { bytesIn, dialect, bytesOut: row.bytesOut };
  const parts = [
    ...(way.earlier ? [used(tellsEarly(lane.spoken, stream) ? 'opened' : 'asked', 'first', lane.spoken, size)] : []),
    used(end.known, way.by, spoken[way.by], size),
  ];
  const sum = parts.map((part) => part.usage).reduce(plus);
  const { source: _, ...counts } = sum;
  const { source: __, ...booked } = row.usage;
  assert.deepEqual(booked, counts, what);
  const cost = parts.reduce((total, part) => total + part.nano, 0);
  assert.equal(row.costNano, cost, what);
  assert.equal(row.estimated, sum.source !== 'reported', what);
}

interface Size {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly dialect: DialectId;
}

/** By hand: what an attempt used, and what that costs at its provider. */
function used(known: Known | 'opened', by: 'first' | 'other', spoken: DialectId, size: Size): { usage: Usage; nano: number } {
  const { used: told, prices } = by === 'first' ? FIRST : OTHER;
  const usage = { ...NO_USAGE, ...counted(known, told, spoken, size) };
  const { input, cacheRead, output } = usage;
  return { usage, nano: Math.round(1000 * (input * prices.input + cacheRead * prices.cacheRead + output * prices.output)) };
}

function counted(
  known: Known | 'opened',
  told: typeof FIRST.used | typeof OTHER.used,
  spoken: DialectId,
  { bytesIn, bytesOut, dialect }: Size,
): Partial<Usage> {
  const input = Math.ceil(bytesIn / 4);
  const { cacheRead } = told;
  switch (known) {
    case 'nothing':
      return { source: 'reported' };
    case 'all':
      return { ...told, source: 'reported' };
    case 'asked':
      return { input };
    case 'opened':
      return { input: told.input, cacheRead, output: 1 };
    case 'broken': {
      const seen = streamedTokens(bytesOut, dialect);
      if (spoken === 'anthropic-messages') return { input: told.input, cacheRead, output: seen };
      return spoken === 'gemini' ? { ...told, output: Math.max(told.output, seen) } : { input, output: seen };
    }
  }
}

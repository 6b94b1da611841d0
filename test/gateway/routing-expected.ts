import assert from 'node:assert/strict';
import { failureOfError } from '../../src/core/routing/failures/failure-of.ts';
import type { FailureClass } from '../../src/core/routing/failures/failure.ts';
import type { Usage } from '../../src/core/ir/usage.ts';
import type { Fault } from '../support/faults/fault.ts';
import { FIRST, OTHER, type Ran } from './routing-lanes.ts';
import { readAs, type Read } from './routing-reading.ts';

/** Which of the two providers is asked, one after the other, and what comes of it for the agent. */
interface Way {
  readonly tries: readonly ('first' | 'other')[];
  readonly end: Fault['right'];
}

/** How often the same place may be asked again, by the class of its failure, where there is nobody else, and where there is. */
const AGAIN: Partial<Readonly<Record<FailureClass, { readonly alone: number; readonly beside: number }>>> = {
  transient: { alone: 2, beside: 2 },
  overloaded: { alone: 2, beside: 2 },
  throttled: { alone: 1, beside: 1 },
  'rate-limited': { alone: 2, beside: 0 },
  unreachable: { alone: 1, beside: 0 },
};

/** Who has nobody else waits as long as this. */
const LONGEST_WAIT_MS = 10_000;

function wayOf({ lane: { fault, kind, spoken, stream } }: Ran): Way {
  if (fault.right !== 'error') return { tries: ['first'], end: fault.right };
  const alone = kind === 'none' || kind === 'foreign';
  const steps = fault.steps(spoken, stream);
  const failing = steps === 'refuse-connections' ? Infinity : steps.length;
  const useless = fault.hint?.shouldRetry === false || (fault.hint?.waitMs ?? 0) > LONGEST_WAIT_MS;
  const again = useless ? 0 : (AGAIN[fault.class!]?.[alone ? 'alone' : 'beside'] ?? 0);
  const failed = Array.from({ length: Math.min(failing, again + 1) }, () => 'first' as const);
  if (failing <= again) return { tries: [...failed, 'first'], end: 'answer' };
  if (alone || fault.class === 'bad-request') return { tries: failed, end: 'error' };
  return { tries: [...failed, 'other'], end: 'answer' };
}

/** Classes that an agent acts upon by itself: the words of another dialect have to say the same. */
const KEEPS_CLASS: ReadonlySet<FailureClass> = new Set([
  'bad-request',
  'context-window',
  'content-policy',
  'model-missing',
  'key-rejected',
  'rate-limited',
]);

/** Of each that is not as it should be, in which way. */
export function wrongOnes(all: readonly Ran[]): readonly string[] {
  return all.flatMap((ran) => {
    const { fault, kind, dialect, stream } = ran.lane;
    try {
      expectRight(ran);
      return [];
    } catch (error) {
      return [`${fault.name} of ${dialect}, ${stream ? 'stream' : 'whole'}, ${kind}: ${(error as Error).message.slice(0, 500)}`];
    }
  });
}

function expectRight(ran: Ran): void {
  const { lane, heard, rows, askedFirst, askedOther, first, other } = ran;
  const { dialect, stream } = lane;
  const way = wayOf(ran);
  const read = readAs(dialect, stream, heard);
  assert.equal(read.kind, way.end, `the agent got: ${heard.status} ${heard.end} ${heard.body.toString().slice(0, 400)}`);
  assert.equal(heard.headers['x-gatehouse-attempts'], read.kind === 'broken-stream' ? '1' : String(way.tries.length));
  expectText(ran, way, read);
  if (way.end === 'error') expectError(ran, read);

  const times = (who: 'first' | 'other') => way.tries.filter((each) => each === who).length;
  if (askedFirst !== undefined) assert.equal(askedFirst.length, times('first'), 'requests at the first');
  assert.equal(askedOther.length, times('other'), 'requests at the fallback');

  assert.equal(rows.length, 1, 'settlements');
  const row = rows[0]!;
  const byOther = way.tries.at(-1) === 'other';
  const translated = byOther ? lane.kind === 'cross' : lane.spoken !== dialect;
  assert.deepEqual(
    [`${row.provider}/${row.model}`, row.key, row.mode],
    [byOther ? other : first, `${row.provider}/key`, translated ? 'translate' : 'relay'],
  );
  assert.equal(row.attempts, way.tries.length);
  assert.equal(row.status, heard.status);
  assert.equal(row.settled === 'done', way.end === 'answer', row.settled);
  assert.equal(row.error === undefined, way.end === 'answer', row.error);

  if (way.tries.length === 1) assert.equal(row.trace, undefined);
  else expectTrace(ran, way);
  expectMoney(ran, way);
}

function expectText({ lane: { fault, spoken, stream } }: Ran, { tries, end }: Way, { text, openings }: Read): void {
  const steps = fault.steps(spoken, stream);
  const step = tries.length > 1 || steps === 'refuse-connections' ? undefined : steps[0];
  const whole = tries.at(-1) === 'other' ? OTHER.text : (step?.text ?? FIRST.text).repeat(step?.repeatText ?? 1);
  if (end === 'answer') {
    assert.ok(text === whole, `the text is ${text.length} characters: ${text.slice(0, 200)}`);
    if (fault.name !== 'duplicate-opening') assert.equal(openings, 1, 'beginnings of an answer');
  } else if (end === 'broken-stream') {
    assert.ok(whole.startsWith(text), text);
    // Only the end is missing of some.
    assert.ok(text.length > 0);
  } else assert.equal(text, '');
}

function expectError({ lane: { fault }, heard }: Ran, { error }: Read): void {
  assert.match(heard.headers['content-type'] ?? '', /^application\/json/);
  assert.ok(error !== undefined && error.message.length > 5, error?.message);
  if (KEEPS_CLASS.has(fault.class!)) {
    const waitMs = Number(heard.headers['retry-after'] ?? Number.NaN) * 1000;
    const again = failureOfError(error, Number.isNaN(waitMs) ? {} : { waitMs });
    assert.equal(again.class, fault.class, `${error.code}: ${error.message}`);
  }
  const useless =
    ['key-rejected', 'out-of-credit', 'quota'].includes(fault.class!) ||
    fault.hint?.shouldRetry === false ||
    (fault.hint?.waitMs ?? 0) > 60_000;
  // A request that is refused for its own sake is not repeated as it is by anybody, so there it may say so or not.
  if (useless || (fault.class ?? '') in AGAIN) assert.equal(heard.headers['x-should-retry'] === 'false', useless, 'x-should-retry');
  assert.ok(Number(heard.headers['retry-after'] ?? 0) <= 60);
  if ((fault.hint?.waitMs ?? 0) > 60_000) assert.equal(heard.headers['retry-after'], '60');
}

function expectTrace({ lane: { fault }, rows, first, other, heard }: Ran, { tries, end }: Way): void {
  const traced = rows[0]!.trace?.tries ?? [];
  assert.deepEqual(
    traced.map(({ target }) => target),
    tries.map((who) => (who === 'first' ? first : other)),
  );
  for (const [at, { outcome, waitedMs = 0, key }] of traced.entries()) {
    const isLast = at === tries.length - 1;
    assert.equal(outcome === 'ok', isLast && end === 'answer', outcome);
    assert.equal(key, `${traced[at]!.target.split('/')[0]}/key`);
    const status = /(?:^|-)(4\d\d|5\d\d)(?:-|$)/.exec(fault.name)?.[1];
    if (!isLast && status !== undefined && !/with-502|key-revoked|at-byte/.test(fault.name))
      assert.equal(outcome, `upstream-${status}`);
    // Nobody waits for another one; who asks again gives the time that the provider named, and at most a quarter more.
    if (at === 0 || tries[at] === 'other') assert.equal(waitedMs, 0);
    else {
      const hint = fault.hint?.waitMs;
      const [least, most] = hint === undefined ? [0, 500 * 2 ** (at - 1)] : [hint - 1000, Math.max(500, hint * 1.25)];
      assert.ok(waitedMs >= least && waitedMs <= most, `waited ${waitedMs} of ${least} to ${most} ms`);
      assert.ok(heard.milliseconds >= waitedMs);
    }
  }
}

function expectMoney({ lane, rows, bytesIn }: Ran, { tries, end }: Way): void {
  const { fault } = lane;
  const { usage, costNano, estimated } = rows[0]!;
  const answered = end !== 'answer' ? undefined : tries.at(-1) === 'other' ? OTHER : FIRST;
  // What the answer used is known; the rest is of the attempts that failed, or of an answer whose own counts are at fault.
  const known = answered === undefined || (tries.length === 1 && mayLackCounts(fault, estimated)) ? NOTHING : answered.used;
  const rest = {
    input: usage.input - known.input,
    cacheRead: usage.cacheRead - known.cacheRead,
    output: usage.output - known.output,
  };
  const what = JSON.stringify({ usage, rest, costNano, estimated });
  assert.ok(rest.input >= 0 && rest.cacheRead >= 0 && rest.output >= 0, what);
  assert.ok(costNano !== undefined && Number.isSafeInteger(costNano), what);
  const prices = answered ?? FIRST;
  const due = nano(known, prices.prices) + nano({ ...rest, cacheWrite5m: usage.cacheWrite5m }, FIRST.prices);
  assert.equal(costNano, due, what);

  const failed = end === 'error' || (end === 'answer' && tries.length > 1);
  if (failed && !fault.billable) assert.deepEqual(rest, NOTHING, `nobody worked on it: ${what}`);
  else if (failed && fault.name !== 'error-event-after-message-start') {
    assert.ok(rest.input > 0, `it was worked on: ${what}`);
    const told = rest.input >= FIRST.used.input;
    if (!told) assert.ok(Math.abs(rest.input - Math.ceil(bytesIn / 4)) <= 1 && rest.output === 0, what);
    assert.equal(estimated, true);
  } else if (end === 'broken-stream') {
    assert.ok(rest.input > 0 && rest.output > 0, what);
    assert.equal(estimated, true);
  } else if (end === 'answer' && known !== NOTHING && tries.length === 1) {
    assert.deepEqual(rest, NOTHING, what);
    assert.equal(estimated, false);
  }
}

/** The counts are the fault, or they come after the end of the words, where the answer was cut. */
function mayLackCounts({ name }: Fault, estimated: boolean): boolean {
  return name.startsWith('usage-') || (estimated && /^(?:cut|stall)-at-byte/.test(name));
}

const NOTHING = { input: 0, cacheRead: 0, output: 0 };

function nano(used: Partial<Usage>, prices: typeof FIRST.prices | typeof OTHER.prices): number {
  const { input = 0, cacheRead = 0, cacheWrite5m = 0, output = 0 } = used;
  const cents = input * prices.input + cacheRead * prices.cacheRead + cacheWrite5m * prices.cacheWrite5m + output * prices.output;
  return Math.round(cents * 1000);
}

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { EarlierTry, Settlement } from '../../../src/core/ledger/records.ts';
import { traceText, type RouteTrace } from '../../../src/core/ledger/route-trace.ts';
import { ledgerOn, opened, scratch, settlement, usageOf } from './ledger-kit.ts';

/** `testPrice`: two nano-dollars a token in, ten out. */
describe('ledger: requests that were tried more than once', () => {
  let place: ReturnType<typeof scratch>;
  beforeEach(() => (place = scratch()));
  afterEach(() => place.clean());

  async function booked(values: Partial<Settlement>) {
    const book = ledgerOn(place.file);
    place.later(() => book.close());
    const request = opened();
    await book.open(request);
    book.settle(settlement(request.id, values));
    return book.requests({})[0]!;
  }

  const served = {
    provider: 'openrouter',
    model: 'claude',
    key: 'openrouter/mine',
    mode: 'translate',
    losses: ['cache-marks'],
  } as const;
  const tries: RouteTrace['tries'] = [
    { target: 'anthropic/claude-opus-5-5', key: 'anthropic/work', mode: 'relay', outcome: 'upstream-529', ms: 120 },
    { target: 'groq/unknown-1', mode: 'relay', outcome: 'no-output', ms: 30_000, waitedMs: 400 },
    { target: 'openrouter/claude', mode: 'translate', outcome: 'ok', ms: 900, firstOutputMs: 300, losses: ['cache-marks'] },
  ];
  const earlier = (values: Partial<EarlierTry>): EarlierTry => ({
    provider: 'anthropic',
    model: 'claude-opus-5-5',
    key: 'anthropic/work',
    mode: 'relay',
    index: 0,
    usage: undefined,
    billable: false,
    ...values,
  });

  it('the row names the target that was heard of, and not the one that was asked first', async () => {
    const row = await booked({ served, attempts: 3, trace: { rule: '2 titles', class: 'background', queuedMs: 12, tries } });
    const { provider, model, key, mode, losses, attempts } = row;
    assert.deepEqual({ provider, model, key, mode, losses, attempts }, { ...served, attempts: 3 });
    assert.deepEqual(row.trace, { rule: '2 titles', class: 'background', queuedMs: 12, tries });
  });

  it('of an only attempt that answered nothing is kept twice, and it reads as it was', async () => {
    const only = { ...tries[2]!, key: served.key };
    const trace: RouteTrace = { rule: '2 titles', tries: [only] };
    const row = await booked({ served, attempts: 1, trace });
    assert.deepEqual(row.trace, trace);
    assert.equal(traceText(trace), '{"rule":"2 titles","only":{"ms":900,"firstOutputMs":300}}');
    const waited: RouteTrace = { tries: [{ ...only, waitedMs: 4 }] };
    assert.deepEqual((await booked({ served, attempts: 1, trace: waited })).trace, waited);
  });

  it('what earlier attempts used is in the tokens and the cost, each at its own price, and named in the trace', async () => {
    const row = await booked({
      served,
      trace: { tries },
      earlier: [earlier({ usage: usageOf({ input: 7, output: 1, source: 'partial' }) }), earlier({ index: 1, billable: false })],
    });
    assert.deepEqual([row.usage.input, row.usage.output, row.usage.source], [107, 21, 'partial']);
    assert.deepEqual([row.costNano, row.estimated], [107 * 2 + 21 * 10, true]);
    assert.deepEqual(
      row.trace?.tries.map(({ costNano }) => costNano),
      [7 * 2 + 10, undefined, undefined],
    );
  });

  it('one that told nothing but worked is estimated from the request, and marked', async () => {
    const row = await booked({ served, earlier: [earlier({ billable: true })] });
    assert.deepEqual([row.usage.input, row.usage.output, row.estimated], [100 + 1000, 20, true]);
  });

  it('one at a target without a price makes the whole unpriced: half a sum would be taken for all of it', async () => {
    const row = await booked({ served, earlier: [earlier({ model: 'unknown-1', usage: usageOf({ input: 5 }) })] });
    assert.equal(row.costNano, undefined);
  });

  it('a long trace keeps its first attempt and its last ones, and a row without one has none', async () => {
    const many = Array.from({ length: 40 }, (_, n) => ({ ...tries[0]!, ms: n }));
    const row = await booked({ trace: { tries: many, passedOver: many.map((_, n) => `place ${n}`) } });
    assert.deepEqual(
      row.trace?.tries.map(({ ms }) => ms),
      [0, ...Array.from({ length: 11 }, (_, n) => 29 + n)],
    );
    assert.equal(row.trace?.passedOver?.length, 20);
    assert.equal('trace' in (await booked({})), false);
  });
});

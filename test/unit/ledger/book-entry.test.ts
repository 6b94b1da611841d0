import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Usage } from '../../../src/core/ir/usage.ts';
import { bookEntry, isAsBilled, type PricedRequest } from '../../../src/core/ledger/book-entry.ts';
import { opened, settlement, usageOf } from './ledger-kit.ts';

/** One nano-dollar a token of input, a tenth of that from the cache, ten for output. */
const price = (_request: PricedRequest, usage: Usage) => usage.input + usage.cacheRead / 10 + 10 * usage.output;

describe('book entry', () => {
  const request = opened({ bytesIn: 4_000, stream: false });
  const booked = (usage: Partial<Usage>, stream = false, bytesOut = 400) =>
    bookEntry({ ...request, stream }, { ...settlement(request.id), usage: usageOf(usage), bytesOut, billable: true }, price);

  it('estimates what a provider counted not at all, or not believably, and keeps what it did count', () => {
    const { usage, costNano, estimated } = booked({ output: 7, source: 'partial' });
    assert.deepEqual([usage.input, usage.output, usage.source, estimated], [1_000, 7, 'partial', true]);
    assert.equal(costNano, 1_070);
    const other = booked({ input: 20, source: 'partial' });
    assert.deepEqual([other.usage.input, other.usage.output, other.estimated], [20, 100, true]);
    const cached = booked({ cacheRead: 50, output: 1, source: 'partial' });
    assert.deepEqual([cached.usage.input, cached.usage.cacheRead], [0, 50]);
  });

  it('leaves alone what the provider reported, also zeros', () => {
    const { usage, estimated } = booked({ input: 3, output: 0 });
    assert.deepEqual([usage.input, usage.output, estimated], [3, 0, false]);
  });

  it('believes the bytes of a broken stream where they say more', () => {
    // Gemini's, OpenAI's and Anthropic's bytes are worth differently; the request of the kit is one of Anthropic's: 40 a token.
    assert.equal(booked({ input: 3, output: 1, source: 'partial' }, true, 4_000).usage.output, 100);
    assert.equal(booked({ input: 3, output: 900, source: 'partial' }, true, 4_000).usage.output, 900);
  });

  it('tells what the cache saved', () => {
    const entry = booked({ input: 10, cacheRead: 1_000, output: 1 });
    assert.deepEqual([entry.costNano, entry.saved], [120, 900]);
    assert.equal('saved' in booked({ input: 10 }), false);
  });

  it('takes the surcharge of a cache write off what was saved, and nothing for what has no price or was not asked', () => {
    const dear = (_: PricedRequest, usage: Usage) => usage.input + usage.cacheRead / 10 + usage.cacheWrite5m * 1.25;
    const of = (usage: Partial<Usage>, how: Partial<PricedRequest> = {}) =>
      bookEntry({ ...request, ...how }, { ...settlement(request.id), usage: usageOf(usage) }, dear).saved;
    assert.equal(of({ input: 10, cacheWrite5m: 1_000 }), -250);
    assert.equal(of({ input: 10, cacheWrite5m: 1_000, cacheRead: 1_000 }), 650);
    assert.equal(of({ cacheRead: 1_000 }, { mode: 'cache' }), undefined);
    const unpriced = { ...settlement(request.id), usage: usageOf({ cacheRead: 1_000 }) };
    assert.equal('saved' in bookEntry(request, unpriced, () => undefined), false);
  });

  it('gives the price the tier that the answer told, and the agent', () => {
    const seen: (string | undefined)[] = [];
    const settled = { ...settlement(request.id), usage: usageOf({ input: 1 }), tier: 'flex' };
    bookEntry(request, settled, ({ tier, agent }) => (seen.push(tier, agent), 1));
    assert.deepEqual(seen, ['flex', request.agent]);
  });

  it('gives each attempt the tier of its own answer', () => {
    const seen: (string | undefined)[] = [];
    const where = { provider: 'other', model: 'm', key: undefined, mode: 'relay' } as const;
    const used = { usage: usageOf({ input: 1 }), billable: true };
    const earlier = [
      { ...where, ...used, index: 0, tier: 'priority' },
      { ...where, ...used, index: 1 },
    ];
    const settled = { ...settlement(request.id), usage: usageOf({ input: 1 }), tier: 'flex', earlier };
    const { costNano } = bookEntry(request, settled, ({ tier }) => (seen.push(tier), tier === 'priority' ? 20 : 10));
    assert.deepEqual([seen, costNano], [['flex', 'priority', undefined], 40]);
  });

  it('takes the bill of a provider for the cost where there is no price, and keeps it beside the price where there is', () => {
    const used = { ...settlement(request.id), usage: usageOf({ input: 20 }), billedNano: 7 };
    const billed = bookEntry(request, used, () => undefined);
    assert.deepEqual([billed.costNano, billed.billedNano, isAsBilled(billed), 'saved' in billed], [7, 7, true, false]);
    const priced = bookEntry(request, used, price);
    assert.deepEqual([priced.costNano, priced.billedNano, isAsBilled(priced)], [20, 7, false]);
    const { billedNano: _, ...unbilled } = used;
    const unpriced = bookEntry(request, unbilled, () => undefined);
    assert.deepEqual([unpriced.costNano, isAsBilled(unpriced)], [undefined, false]);
  });

  it('adds the bills of all attempts, and is unpriced where one of them has neither bill nor price', () => {
    const where = { provider: 'other', model: 'm', key: undefined, mode: 'relay', index: 0, billable: true } as const;
    const entry = (billedNano: number | undefined) =>
      bookEntry(
        request,
        { ...settlement(request.id), billedNano: 30, earlier: [{ ...where, usage: usageOf({ input: 9 }), billedNano }] },
        () => undefined,
      );
    assert.deepEqual([entry(5).costNano, entry(5).billedNano], [35, 35]);
    assert.deepEqual([entry(undefined).costNano, entry(undefined).billedNano], [undefined, 30]);
  });

  it('saves nothing that it cannot tell', () => {
    const failing = () => {
      throw new Error('no');
    };
    const entry = bookEntry(request, { ...settlement(request.id), usage: usageOf({ cacheRead: 5 }) }, failing);
    assert.deepEqual([entry.costNano, 'saved' in entry], [undefined, false]);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { durationMs } from '../../../../src/core/routing/failures/durations.ts';
import { readRetryHints, readRetryInfo } from '../../../../src/core/routing/failures/retry-hints.ts';

const NOW = Date.parse('2026-11-21T08:00:00Z');
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const wait = (headers: Headers, body?: Parameters<typeof readRetryHints>[1]) => readRetryHints(headers, body, NOW).waitMs;
const says = (message: string) => wait({}, { error: { message } });
const google = (retryDelay: string) => ({ error: { details: [{ '@type': 'Help' }, { '@type': 'RetryInfo', retryDelay }] } });

describe('durationMs', () => {
  it('reads what providers write', () => {
    const table: readonly (readonly [string, number | undefined])[] = [
      ['1s', 1000],
      ['6m0s', 360_000],
      ['20ms', 20],
      ['1h2m3.5s', 3_723_500],
      ['7.66s', 7660],
      ['2m59.56s', 179_560],
      ['2.007s', 2007],
      ['1d', 86_400_000],
      ['12', 12_000],
      ['0.5', 500],
      ['0', 0],
      ['999.5µs', 1],
      [' 3s ', 3000],
      ['', undefined],
      ['s', undefined],
      ['-1s', undefined],
      ['-1', undefined],
      ['1s!', undefined],
      ['1x', undefined],
      ['NaN', undefined],
      ['Infinity', undefined],
      ['1e9', undefined],
      ['9'.repeat(400), undefined],
    ];
    for (const [text, expected] of table) assert.equal(durationMs(text), expected, text);
  });
});

describe('readRetryHints', () => {
  it('retry-after in seconds, in parts of them, and as a date', () => {
    assert.equal(wait({ 'retry-after': '7' }), 7000);
    assert.equal(wait({ 'retry-after': '0' }), 0);
    assert.equal(wait({ 'retry-after': '1.25' }), 1250);
    assert.equal(wait({ 'retry-after': ['4', '9'] }), 4000);
    assert.equal(wait({ 'retry-after': 'Sat, 21 Nov 2026 08:00:30 GMT' }), 30_000);
    assert.equal(wait({ 'retry-after': 'Sat, 21 Nov 2026 07:59:30 GMT' }), undefined);
  });

  it("a date counts from the server's clock, where it tells it", () => {
    const date = 'Sat, 21 Nov 2026 07:30:00 GMT';
    assert.equal(wait({ 'retry-after': 'Sat, 21 Nov 2026 07:30:05 GMT', date }), 5000);
    const used = { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': '2026-11-21T07:30:09Z' };
    assert.equal(wait({ ...used, date }), 9000);
    assert.equal(wait({ 'retry-after': 'Sat, 21 Nov 2026 08:00:05 GMT', date: 'now' }), 5000);
  });

  it('retry-after-ms, before retry-after', () => {
    assert.equal(wait({ 'retry-after-ms': '1500.2', 'retry-after': '9' }), 1501);
    assert.equal(wait({ 'retry-after-ms': '-5', 'retry-after': '9' }), 9000);
  });

  it('x-should-retry, with and without a time', () => {
    assert.deepEqual(readRetryHints({ 'x-should-retry': 'false' }, undefined, NOW), { waitMs: undefined, shouldRetry: false });
    assert.deepEqual(readRetryHints({ 'x-should-retry': 'true', 'retry-after': '1' }, undefined, NOW), {
      waitMs: 1000,
      shouldRetry: true,
    });
    assert.deepEqual(readRetryHints({ 'x-should-retry': 'maybe' }, undefined, NOW), { waitMs: undefined, shouldRetry: undefined });
  });

  it("Google's RetryInfo, also in a list", () => {
    assert.equal(wait({}, google('34.4s')), 34_400);
    assert.equal(wait({}, [google('3s')]), 3000);
    assert.equal(wait({}, { error: [{ message: 'x' }, google('5s').error] }), 5000);
    assert.equal(wait({}, google('soon')), undefined);
    assert.equal(wait({}, google('5')), undefined);
    assert.equal(wait({}, google('-5s')), undefined);
    assert.equal(readRetryInfo(undefined), undefined);
    assert.equal(readRetryInfo({ error: 'x' }), undefined);
  });

  it("Anthropic's resets, of the counters that are used up: the last of them", () => {
    const reset = (counter: string, remaining: string, at: string) => ({
      [`anthropic-ratelimit-${counter}-remaining`]: remaining,
      [`anthropic-ratelimit-${counter}-reset`]: at,
    });
    const requests = reset('requests', '0', '2026-11-21T08:00:10Z');
    assert.equal(wait(requests), 10_000);
    assert.equal(wait({ ...requests, ...reset('input-tokens', '0', '2026-11-21T08:00:40Z') }), 40_000);
    assert.equal(wait({ ...requests, ...reset('output-tokens', '0', '2026-11-21T08:00:41+00:00') }), 41_000);
    assert.equal(wait({ ...requests, ...reset('tokens', '5', '2026-11-21T09:00:00Z') }), 10_000);
    assert.equal(wait(reset('tokens', '5', '2026-11-21T09:00:00Z')), undefined);
    assert.equal(wait({ 'anthropic-ratelimit-tokens-reset': '2026-11-21T08:00:10Z' }), undefined);
    assert.equal(wait(reset('tokens', '0', 'soon')), undefined);
  });

  it("OpenAI's and Groq's resets, of the counters that are used up", () => {
    const reset = (counter: string, remaining: string, span: string) => ({
      [`x-ratelimit-remaining-${counter}`]: remaining,
      [`x-ratelimit-reset-${counter}`]: span,
    });
    assert.equal(wait(reset('requests', '0', '1s')), 1000);
    assert.equal(wait(reset('tokens', '0', '6m0s')), 360_000);
    assert.equal(wait(reset('tokens', '-3', '20ms')), 20);
    assert.equal(wait(reset('tokens', '0', '12')), 12_000);
    assert.equal(wait({ ...reset('requests', '0', '1h2m3.5s'), ...reset('tokens', '7', '2h') }), 3_723_500);
    assert.equal(wait(reset('requests', '14', '1s')), undefined);
  });

  it("the standard's resets", () => {
    assert.equal(wait({ 'ratelimit-remaining': '0', 'ratelimit-reset': '30' }), 30_000);
    assert.equal(wait({ 'ratelimit-remaining': '1', 'ratelimit-reset': '30' }), undefined);
    assert.equal(wait({ ratelimit: '"burst";r=0;t=8, "day";r=44;t=80000' }), 8000);
    assert.equal(wait({ ratelimit: '"default";r=3;t=8' }), undefined);
  });

  it('words', () => {
    assert.equal(says('Rate limit reached for m. Please try again in 3s. Visit the page.'), 3000);
    assert.equal(says('Please try again in 1m2.5s.'), 62_500);
    assert.equal(says('Limit 1, used 1. Try again in 20ms'), 20);
    assert.equal(says('Please retry after 10 seconds.'), 10_000);
    assert.equal(says('Please retry in 45.578569677s.'), 45_579);
    assert.equal(says('Try again in 2 minutes 5 seconds, or later'), 125_000);
    assert.equal(says('Try again in 1 hour'), 3_600_000);
    assert.equal(says('Please try again in a moment.'), undefined);
    assert.equal(says('You tried again in 3s'), undefined);
    assert.equal(wait({}, { message: 'try again in 4s' }), 4000);
    assert.equal(wait({}, { error: 'try again in 4s' }), undefined);
  });

  it('what is said for this answer comes before the resets of counters', () => {
    const used = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '9m' };
    assert.equal(wait({ ...used, 'retry-after': '1' }), 1000);
    assert.equal(wait(used, google('2s')), 2000);
    assert.equal(wait(used, { error: { message: 'Please try again in 3s' } }), 3000);
    assert.equal(wait(used), 540_000);
    assert.equal(wait({ 'retry-after': '1' }, google('2s')), 1000);
  });

  it('what is absurd is none', () => {
    for (const value of [
      '-1',
      'NaN',
      'Infinity',
      '',
      ' ',
      'soon',
      '1795248000',
      '99999999999999999999',
      '1e3',
      'Sat, 21 Nov 2029 08:00:00 GMT',
    ])
      assert.equal(wait({ 'retry-after': value }), undefined, value);
    assert.equal(wait({ 'retry-after-ms': '1795248000000' }), undefined);
    assert.equal(wait({}), undefined);
  });

  it('a wait is whole, not negative and at most a month, whatever is sent', () => {
    const name = fc.constantFrom(
      'retry-after',
      'retry-after-ms',
      'date',
      'ratelimit',
      'ratelimit-reset',
      'ratelimit-remaining',
      'x-ratelimit-reset-tokens',
      'x-ratelimit-remaining-tokens',
      'anthropic-ratelimit-tokens-reset',
      'anthropic-ratelimit-tokens-remaining',
    );
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.constant('0'),
      fc.date().map((date) => date.toString()),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.object(), fc.string(), (headers, body, message) => {
        const { waitMs } = readRetryHints(headers, { ...body, message: `try again in ${message}` }, NOW);
        assert.ok(waitMs === undefined || (Number.isInteger(waitMs) && waitMs >= 0 && waitMs <= 31 * 86_400_000));
      }),
    );
  });
});

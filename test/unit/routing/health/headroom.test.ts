import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { readHeadroom, shareLeft, spentUntil } from '../../../../src/core/routing/health/headroom.ts';

const NOW = Date.UTC(2026, 10, 2, 12);

/** As api.anthropic.com sends them, with other numbers. */
const ANTHROPIC = {
  'content-type': 'text/event-stream; charset=utf-8',
  'anthropic-ratelimit-requests-limit': '4000',
  'anthropic-ratelimit-requests-remaining': '3999',
  'anthropic-ratelimit-requests-reset': '2026-11-02T12:00:01Z',
  'anthropic-ratelimit-input-tokens-limit': '400000',
  'anthropic-ratelimit-input-tokens-remaining': '100000',
  'anthropic-ratelimit-input-tokens-reset': '2026-11-02T12:00:45Z',
  'anthropic-ratelimit-output-tokens-limit': '80000',
  'anthropic-ratelimit-output-tokens-remaining': '80000',
  'anthropic-ratelimit-output-tokens-reset': '2026-11-02T12:00:00Z',
  'anthropic-ratelimit-tokens-limit': '480000',
  'anthropic-ratelimit-tokens-remaining': '180000',
  'anthropic-ratelimit-tokens-reset': '2026-11-02T12:00:00Z',
  'request-id': 'req_011',
};

const OPENAI = {
  'content-type': 'application/json',
  'x-ratelimit-limit-requests': '5000',
  'x-ratelimit-limit-tokens': '450000',
  'x-ratelimit-remaining-requests': '4999',
  'x-ratelimit-remaining-tokens': '4500',
  'x-ratelimit-reset-requests': '12ms',
  'x-ratelimit-reset-tokens': '6m0s',
  'x-request-id': 'req_1',
};

/** Requests by the day, tokens by the minute. */
const GROQ = {
  'x-ratelimit-limit-requests': '14400',
  'x-ratelimit-limit-tokens': '18000',
  'x-ratelimit-remaining-requests': '14370',
  'x-ratelimit-remaining-tokens': '17997',
  'x-ratelimit-reset-requests': '2m59.56s',
  'x-ratelimit-reset-tokens': '7.66ms',
};

describe('headroom', () => {
  it('is the smallest share in what Anthropic sends', () => {
    assert.deepEqual(readHeadroom(ANTHROPIC, NOW), { share: 0.25, heardAt: NOW, until: NOW + 45_000 });
  });

  it('is the smallest share in what OpenAI sends', () => {
    assert.deepEqual(readHeadroom(OPENAI, NOW), { share: 0.01, heardAt: NOW, until: NOW + 360_000 });
  });

  it('is the smallest share in what Groq sends', () => {
    assert.deepEqual(readHeadroom(GROQ, NOW), { share: 14_370 / 14_400, heardAt: NOW, until: NOW + 179_560 });
  });

  it('is unknown where nothing is sent, and where it makes no sense', () => {
    for (const headers of [
      {},
      { 'content-type': 'application/json' },
      { 'x-ratelimit-limit-requests': '100' },
      { 'x-ratelimit-remaining-requests': '5' },
      { 'x-ratelimit-remaining-requests': 'many', 'x-ratelimit-limit-requests': '100' },
      { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-limit-requests': '0' },
      { 'x-ratelimit-remaining-requests': '5', 'x-ratelimit-limit-requests': '-1' },
      { 'x-ratelimit-remaining-requests': [], 'x-ratelimit-limit-requests': [] },
      // Over already.
      { ...OPENAI, 'x-ratelimit-reset-requests': '0s', 'x-ratelimit-reset-tokens': '-3' },
    ]) {
      assert.equal(readHeadroom(headers, NOW), undefined, JSON.stringify(headers));
    }
  });

  const resets: readonly (readonly [string | undefined, number])[] = [
    ['30', 30_000],
    ['0.5', 500],
    ['1h2m3.5s', 3_723_500],
    ['20ms', 20],
    ['2026-11-02T13:00:30+01:00', 30_000],
    [String(NOW / 1000 + 30), 30_000],
    [String(NOW + 30_000), 30_000],
    ['99999h', 24 * 3_600_000],
    // No word on when, or none that can be read: as long as such limits usually last.
    [undefined, 60_000],
    ['soon', 60_000],
    ['2026-99-99T99:99:99Z', 60_000],
  ];
  for (const [reset, waitMs] of resets) {
    it(`is valid for ${waitMs} ms where the reset is ${reset}`, () => {
      const short = { 'ratelimit-limit': '100, 100;w=60', 'ratelimit-remaining': '40', 'ratelimit-reset': reset };
      assert.deepEqual(readHeadroom(short, NOW), { share: 0.4, heardAt: NOW, until: NOW + waitMs });
      const plain = { 'x-ratelimit-limit': ['100'], 'x-ratelimit-remaining': ['40'], 'x-ratelimit-reset': reset };
      assert.deepEqual(readHeadroom(plain, NOW), { share: 0.4, heardAt: NOW, until: NOW + waitMs });
    });
  }

  it('takes nothing left for none, also without a limit or below zero, and more than all for all', () => {
    assert.equal(readHeadroom({ 'x-ratelimit-remaining-requests': '0' }, NOW)?.share, 0);
    assert.equal(readHeadroom({ 'ratelimit-remaining': '-7', 'ratelimit-limit': '10' }, NOW)?.share, 0);
    assert.equal(readHeadroom({ 'ratelimit-remaining': '70', 'ratelimit-limit': '10' }, NOW)?.share, 1);
  });

  it('waits for the last of several that are spent', () => {
    const both = { ...OPENAI, 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-tokens': '9s' };
    assert.deepEqual(readHeadroom(both, NOW), { share: 0, heardAt: NOW, until: NOW + 9000 });
  });

  it('grows back to everything at the reset, where it is unknown again', () => {
    const headroom = { share: 0.5, heardAt: NOW, until: NOW + 10_000 };
    assert.deepEqual(
      [0, 5000, 10_000, -1].map((later) => shareLeft(headroom, NOW + later)),
      [0.5, 0.75, undefined, undefined],
    );
  });

  it('is spent below 2 %, until the reset and never longer than a minute', () => {
    const at = (share: number, until: number) => ({ share, heardAt: NOW, until: NOW + until });
    assert.equal(spentUntil(at(0.02, 30_000), NOW), undefined);
    assert.equal(spentUntil(at(0.0199, 30_000), NOW), NOW + 30_000);
    assert.equal(spentUntil(at(0, 3_600_000), NOW), NOW + 60_000);
    assert.equal(spentUntil(at(0, 3_600_000), NOW + 60_000), undefined);
  });
});

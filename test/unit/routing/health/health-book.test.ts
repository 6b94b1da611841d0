import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { FailureClass } from '../../../../src/core/routing/failures/failure.ts';
import { Health } from '../../../../src/core/routing/health/health-book.ts';
import type { Place, PlaceHealth } from '../../../../src/core/routing/health/health.ts';
import { failure, HandClock, HOUR, MINUTE, placeAt, SECOND } from './hand-clock.ts';

const NO_PENALTY: readonly FailureClass[] = [
  'throttled',
  'bad-request',
  'context-window',
  'content-policy',
  'model-missing',
  'not-servable',
];

function setUp() {
  const clock = new HandClock();
  const news: PlaceHealth[] = [];
  const health = new Health(clock, (change) => news.push(change));
  const asked = (place: Place, lastResort = false) => {
    const admission = health.admit(place, lastResort);
    return admission.kind === 'blocked' ? admission.why : admission.kind;
  };
  const fail = (place: Place, ...kinds: readonly FailureClass[]) => kinds.forEach((kind) => health.failed(place, failure(kind)));
  /** Admits a probe and reports it. */
  const probe = (place: Place, kind: FailureClass | 'success', lastResort = false) => {
    assert.equal(asked(place, lastResort), 'probe');
    if (kind === 'success') health.succeeded(place, 100);
    else fail(place, kind);
  };
  return { clock, health, news, asked, fail, probe };
}

describe('health: keys', () => {
  it('sets a rejected key aside at all models, and lets one probe go after 5 minutes', () => {
    const { clock, health, asked, fail, probe } = setUp();
    fail(placeAt('opus'), 'key-rejected');
    assert.deepEqual(health.admit(placeAt('haiku'), false), { kind: 'blocked', why: 'key-rejected', until: undefined });
    assert.equal(asked(placeAt('opus', 'anthropic/other')), 'go');
    clock.advance(5 * MINUTE - 1);
    assert.equal(asked(placeAt('haiku')), 'key-rejected');
    clock.advance(1);
    assert.equal(health.of(placeAt('opus')).state, 'half-open');
    const first = placeAt('haiku');
    assert.equal(asked(first), 'probe');
    assert.equal(asked(placeAt('opus')), 'probe-under-way');
    fail(first, 'key-rejected');
    assert.equal(asked(placeAt('opus')), 'key-rejected');
    clock.advance(5 * MINUTE);
    probe(placeAt('opus'), 'success');
    assert.equal(asked(placeAt('haiku')), 'go');
  });

  it('holds 403 against that model only', () => {
    const { health, asked } = setUp();
    health.failed(placeAt('opus'), failure('key-rejected', { status: 403 }));
    assert.equal(asked(placeAt('opus')), 'key-rejected');
    assert.equal(asked(placeAt('haiku')), 'go');
    assert.equal(health.of(placeAt('opus')).state, 'dead');
  });

  it('waits 15 minutes for credit, for all models', () => {
    const { clock, health, asked, fail } = setUp();
    fail(placeAt('opus'), 'out-of-credit');
    assert.deepEqual(health.admit(placeAt('haiku'), false), { kind: 'blocked', why: 'out-of-credit', until: undefined });
    clock.advance(15 * MINUTE - 1);
    assert.equal(asked(placeAt('haiku')), 'out-of-credit');
    clock.advance(1);
    assert.equal(asked(placeAt('haiku')), 'probe');
  });

  it('tries a dead key as a last resort, one at a time, when its verdict is 10 s old', () => {
    const { clock, asked, fail, probe } = setUp();
    fail(placeAt(), 'out-of-credit');
    clock.advance(10 * SECOND - 1);
    assert.equal(asked(placeAt(), true), 'out-of-credit');
    clock.advance(1);
    const first = placeAt();
    assert.equal(asked(first, true), 'probe');
    assert.equal(asked(placeAt('haiku'), true), 'probe-under-way');
    fail(first, 'out-of-credit');
    assert.equal(asked(placeAt(), true), 'out-of-credit', 'the verdict is fresh again');
    clock.advance(10 * SECOND);
    probe(placeAt(), 'success', true);
    assert.equal(asked(placeAt()), 'go');
  });

  it('believes nobody but the probe: what was under way when the key died neither revives it nor puts the probe off', () => {
    const { clock, health, asked, fail } = setUp();
    const before = placeAt();
    assert.equal(asked(before), 'go');
    fail(placeAt(), 'key-rejected');
    health.succeeded(before, 100);
    assert.equal(asked(placeAt()), 'key-rejected');
    clock.advance(9 * SECOND);
    fail(placeAt(), 'key-rejected');
    clock.advance(SECOND);
    const probe = placeAt();
    assert.equal(asked(probe, true), 'probe');
    health.released(before);
    assert.equal(asked(placeAt(), true), 'probe-under-way');
    health.released(probe);
    assert.equal(asked(placeAt(), true), 'probe');
  });

  it('takes a probe that failed otherwise for no verdict on the key', () => {
    const { clock, fail, probe } = setUp();
    fail(placeAt(), 'key-rejected');
    clock.advance(5 * MINUTE);
    probe(placeAt(), 'transient');
    probe(placeAt(), 'success');
  });

  it('forgives a key everything: verdicts, times, breakers, counts; and others nothing', () => {
    const { health, asked, fail } = setUp();
    fail(placeAt('a'), 'key-rejected');
    health.failed(placeAt('b'), failure('rate-limited', { waitMs: HOUR }));
    fail(placeAt('c'), 'quota');
    fail(placeAt('d'), 'timeout', 'timeout', 'timeout');
    fail(placeAt('e'), 'timeout', 'timeout');
    health.heard(placeAt('f'), { 'x-ratelimit-remaining-requests': '0' });
    fail(placeAt('a', 'anthropic/other'), 'key-rejected');
    health.forgive('anthropic/work');
    for (const model of ['a', 'b', 'c', 'd', 'e', 'f']) assert.equal(asked(placeAt(model)), 'go', model);
    assert.equal(health.of(placeAt('e')).consecutiveFailures, 0);
    assert.equal(asked(placeAt('a', 'anthropic/other')), 'key-rejected');
  });
});

describe('health: times', () => {
  it('cools down until the hint, with no last resort, and no shorter hint shortens it', () => {
    const { clock, health, asked } = setUp();
    const began = clock.now();
    health.failed(placeAt(), failure('rate-limited', { waitMs: 30 * SECOND }));
    health.failed(placeAt(), failure('rate-limited', { waitMs: SECOND }));
    health.succeeded(placeAt(), 100);
    assert.deepEqual(health.admit(placeAt(), true), { kind: 'blocked', why: 'cooldown', until: began + 30 * SECOND });
    assert.equal(asked(placeAt('haiku')), 'go');
    assert.equal(asked(placeAt('opus', 'anthropic/other')), 'go');
    clock.advance(30 * SECOND - 1);
    assert.equal(asked(placeAt(), true), 'cooldown');
    clock.advance(1);
    assert.equal(asked(placeAt()), 'go');
  });

  it('believes a cooldown of at most an hour, and a longer hint prolongs it', () => {
    const { clock, health, asked } = setUp();
    health.failed(placeAt(), failure('rate-limited', { waitMs: SECOND }));
    health.failed(placeAt(), failure('rate-limited', { waitMs: 5 * HOUR }));
    clock.advance(HOUR - 1);
    assert.equal(asked(placeAt()), 'cooldown');
    clock.advance(1);
    assert.equal(asked(placeAt()), 'go');
  });

  it('holds a quota to the hint, at most a day, with no last resort', () => {
    const { clock, health, asked } = setUp();
    health.failed(placeAt(), failure('quota', { waitMs: 48 * HOUR }));
    clock.advance(24 * HOUR - 1);
    assert.equal(asked(placeAt(), true), 'quota');
    clock.advance(1);
    assert.equal(asked(placeAt()), 'go');
  });

  it('holds a quota without a hint for an hour, doubling with each failed probe to a day, and begins anew after a success', () => {
    const { clock, asked, fail, probe } = setUp();
    fail(placeAt(), 'quota');
    for (const hours of [1, 2, 4, 8, 16, 24, 24]) {
      clock.advance(hours * HOUR - 1);
      assert.equal(asked(placeAt()), 'quota', `${hours} h`);
      clock.advance(1);
      probe(placeAt(), 'quota');
    }
    clock.advance(24 * HOUR);
    probe(placeAt(), 'success');
    assert.equal(asked(placeAt()), 'go');
    fail(placeAt(), 'quota', 'quota', 'quota');
    clock.advance(HOUR);
    fail(placeAt(), 'quota');
    assert.equal(asked(placeAt()), 'probe', 'those that were under way together count once, also the late ones');
  });

  it('is over, not prolonged, when the clock is set back', () => {
    const { clock, health, asked } = setUp();
    health.failed(placeAt(), failure('rate-limited', { waitMs: MINUTE }));
    clock.advance(-24 * HOUR);
    assert.equal(asked(placeAt()), 'go');
  });
});

describe('health: breaker', () => {
  it('opens at three failures in a row of any of its kinds, not before, and not when one succeeded between', () => {
    const { health, asked, fail } = setUp();
    fail(placeAt(), 'transient', 'timeout');
    health.succeeded(placeAt(), 100);
    fail(placeAt(), 'transient', 'overloaded');
    assert.equal(asked(placeAt()), 'go');
    assert.equal(health.of(placeAt()).consecutiveFailures, 2);
    fail(placeAt(), 'unreachable');
    assert.equal(asked(placeAt()), 'breaker-open');
    assert.equal(asked(placeAt('haiku')), 'go');
    assert.equal(asked(placeAt('opus', 'anthropic/other')), 'go');
  });

  it('stays open for 10 s, doubling with each failed probe up to 5 minutes, and closes on success', () => {
    const { clock, health, asked, fail, probe } = setUp();
    fail(placeAt(), 'transient', 'transient', 'transient');
    for (const seconds of [10, 20, 40, 80, 160, 300, 300]) {
      clock.advance(seconds * SECOND - 1);
      assert.deepEqual(health.admit(placeAt(), false), { kind: 'blocked', why: 'breaker-open', until: clock.now() + 1 });
      clock.advance(1);
      probe(placeAt(), 'timeout');
    }
    clock.advance(300 * SECOND);
    probe(placeAt(), 'success');
    assert.equal(asked(placeAt()), 'go');
    fail(placeAt(), 'transient', 'transient', 'transient');
    clock.advance(10 * SECOND);
    assert.equal(asked(placeAt()), 'probe', 'begins with 10 s again');
  });

  it('lets exactly one of 200 concurrent requests go when it is half-open', () => {
    for (const lastResort of [false, true]) {
      const { clock, health, fail } = setUp();
      fail(placeAt(), 'transient', 'transient', 'transient');
      if (!lastResort) clock.advance(10 * SECOND);
      const admissions = Array.from({ length: 200 }, () => health.admit(placeAt(), lastResort));
      assert.equal(admissions.filter(({ kind }) => kind === 'probe').length, 1);
      assert.equal(admissions.filter((one) => one.kind === 'blocked' && one.why === 'probe-under-way').length, 199);
    }
  });

  it('frees the slot of a probe that was released, without a verdict', () => {
    const { clock, health, asked, fail, probe } = setUp();
    fail(placeAt(), 'transient', 'transient', 'transient');
    clock.advance(10 * SECOND);
    const gone = placeAt();
    assert.equal(asked(gone), 'probe');
    health.released(gone);
    probe(placeAt(), 'bad-request');
    probe(placeAt(), 'success');
  });

  it('forgets a probe that was not reported for 15 minutes', () => {
    const { clock, asked, fail } = setUp();
    fail(placeAt(), 'transient', 'transient', 'transient');
    clock.advance(10 * SECOND);
    assert.equal(asked(placeAt()), 'probe');
    clock.advance(15 * MINUTE - 1);
    assert.equal(asked(placeAt()), 'probe-under-way');
    clock.advance(1);
    assert.equal(asked(placeAt()), 'probe');
  });

  it('tries an open one at once as a last resort, one at a time, and does not double for that', () => {
    const { clock, asked, fail, probe } = setUp();
    fail(placeAt(), 'transient', 'transient', 'transient');
    for (let times = 0; times < 5; times++) probe(placeAt(), 'transient', true);
    assert.equal(asked(placeAt()), 'breaker-open');
    clock.advance(10 * SECOND);
    assert.equal(asked(placeAt()), 'probe');
  });

  it('holds overload against the model with every key, and one success closes it for all', () => {
    const { clock, asked, fail, probe } = setUp();
    fail(placeAt('opus', 'k1'), 'overloaded', 'overloaded');
    fail(placeAt('opus', 'k2'), 'overloaded');
    assert.equal(asked(placeAt('opus', 'k3')), 'breaker-open');
    assert.equal(asked(placeAt('haiku', 'k1')), 'go');
    clock.advance(10 * SECOND);
    const first = placeAt('opus', 'k1');
    assert.equal(asked(first), 'probe');
    assert.equal(asked(placeAt('opus', 'k2')), 'probe-under-way');
    fail(first, 'overloaded');
    clock.advance(20 * SECOND);
    probe(placeAt('opus', 'k3'), 'success');
    for (const key of ['k1', 'k2', 'k3']) assert.equal(asked(placeAt('opus', key)), 'go');
  });

  it('charges the model with overload alone', () => {
    const { asked, fail } = setUp();
    fail(placeAt('opus', 'k1'), 'overloaded');
    fail(placeAt('opus', 'k2'), 'transient', 'timeout');
    assert.equal(asked(placeAt('opus', 'k3')), 'go');
  });

  it('holds unreachable against the host with all models and keys; any answer of it, an error as well, ends that', () => {
    const { clock, asked, fail, probe } = setUp();
    fail(placeAt('opus', 'k1'), 'unreachable');
    fail(placeAt('haiku', 'k2'), 'unreachable');
    fail(placeAt('sonnet', 'k3'), 'unreachable');
    assert.equal(asked(placeAt('other', 'k4')), 'breaker-open');
    assert.equal(asked(placeAt('gpt', 'o1', 'openai')), 'go');
    clock.advance(10 * SECOND);
    probe(placeAt('other', 'k4'), 'bad-request');
    assert.equal(asked(placeAt('opus', 'k1')), 'go');
  });

  for (const kind of NO_PENALTY) {
    it(`has no penalty for ${kind}, with a hint or without`, () => {
      const { health, asked } = setUp();
      for (let times = 0; times < 10; times++)
        health.failed(placeAt(), failure(kind, { waitMs: times % 2 === 0 ? HOUR : undefined }));
      assert.equal(asked(placeAt()), 'go');
      assert.deepEqual(health.all(), []);
    });
  }
});

describe('health: headroom and standing', () => {
  it('leaves a place alone whose limit is all but spent, until the reset, unless it is the last resort', () => {
    const { clock, health, asked } = setUp();
    const until = clock.now() + 30 * SECOND;
    health.heard(placeAt(), {
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': '19',
      'x-ratelimit-reset-tokens': '30s',
    });
    assert.deepEqual(health.admit(placeAt(), false), { kind: 'blocked', why: 'no-headroom', until });
    const { state, why, until: shown, headroom } = health.of(placeAt());
    assert.deepEqual({ state, why, shown, headroom }, { state: 'cooldown', why: undefined, shown: until, headroom: 0.019 });
    assert.equal(asked(placeAt(), true), 'go');
    assert.equal(asked(placeAt('haiku')), 'go');
    clock.advance(30 * SECOND);
    assert.equal(asked(placeAt()), 'go');
    assert.equal(health.of(placeAt()).headroom, undefined);
  });

  it('shows the gravest, and has no effect in showing', () => {
    const { clock, health, fail } = setUp();
    fail(placeAt(), 'transient', 'transient', 'transient');
    assert.equal(health.of(placeAt()).state, 'open');
    health.failed(placeAt(), failure('rate-limited', { waitMs: MINUTE }));
    assert.equal(health.of(placeAt()).state, 'cooldown');
    fail(placeAt(), 'key-rejected');
    const { state, why, since, until } = health.of(placeAt());
    assert.deepEqual({ state, why, since }, { state: 'dead', why: 'key-rejected', since: clock.now() });
    assert.equal(until, clock.now() + 5 * MINUTE);
    clock.advance(5 * MINUTE);
    for (let times = 0; times < 3; times++) assert.equal(health.of(placeAt()).state, 'half-open');
    assert.equal(health.of(placeAt()).until, undefined);
    assert.equal(health.admit(placeAt(), false).kind, 'probe');
    assert.notEqual(health.of(placeAt()).until, undefined);
  });

  it('keeps 5,000 places, those touched last', () => {
    const { health, fail, asked } = setUp();
    health.failed(placeAt('first'), failure('rate-limited', { waitMs: HOUR }));
    health.failed(placeAt('second'), failure('rate-limited', { waitMs: HOUR }));
    for (let at = 0; at < 4998; at++) fail(placeAt(`m${at}`), 'transient');
    assert.equal(asked(placeAt('first')), 'cooldown');
    fail(placeAt('one more'), 'transient');
    assert.equal(health.all().length, 5000);
    assert.equal(asked(placeAt('first')), 'cooldown', 'touched by asking');
    assert.equal(asked(placeAt('second')), 'go');
  });

  it('keeps places apart whose names run into each other', () => {
    const { health, asked } = setUp();
    health.failed({ provider: 'a', model: 'b\nc', key: undefined }, failure('rate-limited', { waitMs: HOUR }));
    assert.equal(asked(placeAt('c', 'b', 'a')), 'go');
    health.failed(placeAt('bc', 'd', 'a'), failure('rate-limited', { waitMs: HOUR }));
    assert.equal(asked({ provider: 'ad', model: 'bc', key: undefined }), 'go');
  });
});

describe('health: what is told', () => {
  const told = (news: readonly PlaceHealth[]) => news.map(({ model, state, why }) => [model, state, why]);

  it('tells once that a key is dead, whichever model it is asked for, and once that it is well', () => {
    const { clock, news, fail, probe } = setUp();
    fail(placeAt('opus'), 'key-rejected');
    fail(placeAt('haiku'), 'key-rejected', 'key-rejected');
    clock.advance(5 * MINUTE);
    probe(placeAt('haiku'), 'key-rejected');
    assert.deepEqual(told(news), [['opus', 'dead', 'key-rejected']]);
    clock.advance(5 * MINUTE);
    probe(placeAt('haiku'), 'success');
    assert.deepEqual(told(news.slice(1)), [['opus', 'well', undefined]]);
  });

  it('tells the status of the provider, and no longer when the place is well', () => {
    const { clock, health, news, probe } = setUp();
    health.failed(placeAt('opus'), failure('key-rejected', { status: 403 }));
    assert.equal(news[0]?.status, 403);
    assert.equal(health.of(placeAt('opus')).status, 403);
    clock.advance(5 * MINUTE);
    assert.equal(health.of(placeAt('opus')).status, 403, 'waiting for its probe');
    probe(placeAt('opus'), 'success');
    assert.ok(!('status' in health.of(placeAt('opus'))));
    assert.ok(!('status' in (news[1] ?? {})));
  });

  it('does not tell of a place that its key is dead when that was told of another', () => {
    const { health, news, fail } = setUp();
    fail(placeAt('opus'), 'key-rejected');
    fail(placeAt('haiku'), 'timeout', 'timeout', 'timeout');
    health.forgive('anthropic/work');
    assert.deepEqual(told(news), [
      ['opus', 'dead', 'key-rejected'],
      ['opus', 'well', undefined],
    ]);
  });

  it('tells a new reason, and that a key was forgiven', () => {
    const { clock, health, news, fail, probe } = setUp();
    fail(placeAt(), 'key-rejected');
    clock.advance(5 * MINUTE);
    probe(placeAt(), 'out-of-credit');
    health.forgive('anthropic/work');
    health.forgive('anthropic/work');
    assert.deepEqual(told(news), [
      ['opus', 'dead', 'key-rejected'],
      ['opus', 'dead', 'out-of-credit'],
      ['opus', 'well', undefined],
    ]);
  });

  it('tells that a breaker opened and closed, once each, however often its probe fails', () => {
    const { clock, health, news, fail, probe } = setUp();
    fail(placeAt(), 'transient', 'transient', 'transient', 'transient', 'transient');
    for (let times = 0; times < 3; times++) {
      clock.advance(5 * MINUTE);
      probe(placeAt(), 'transient');
    }
    clock.advance(5 * MINUTE);
    probe(placeAt(), 'success');
    health.succeeded(placeAt(), 100);
    assert.deepEqual(told(news), [
      ['opus', 'open', 'transient'],
      ['opus', 'well', undefined],
    ]);
  });

  it('tells what lay under a graver thing when that is over', () => {
    const { health, news, fail } = setUp();
    health.failed(placeAt(), failure('key-rejected', { status: 403 }));
    fail(placeAt(), 'timeout', 'timeout', 'timeout');
    fail(placeAt('haiku'), 'timeout', 'timeout', 'timeout');
    health.succeeded(placeAt('haiku'), 100);
    health.forgive('anthropic/work');
    assert.deepEqual(told(news), [
      ['opus', 'dead', 'key-rejected'],
      ['haiku', 'open', 'timeout'],
      ['haiku', 'well', undefined],
      ['opus', 'well', undefined],
    ]);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Health } from '../../../../src/core/routing/health/health-book.ts';
import type { PlaceHealth } from '../../../../src/core/routing/health/health.ts';
import { load, save } from '../../../../src/core/routing/health/saved-health.ts';
import { failure, HandClock, HOUR, MINUTE, placeAt, SECOND } from './hand-clock.ts';

function trouble(clock: HandClock): Health {
  const health = new Health(clock, () => undefined);
  health.failed(placeAt('opus', 'dead'), failure('key-rejected'));
  health.failed(placeAt('opus', 'forbidden'), failure('key-rejected', { status: 403 }));
  health.failed(placeAt('opus', 'poor'), failure('out-of-credit'));
  health.failed(placeAt('opus', 'spent'), failure('quota', { waitMs: 5 * HOUR }));
  health.failed(placeAt('opus', 'guessed'), failure('quota'));
  health.failed(placeAt('opus', 'limited'), failure('rate-limited', { waitMs: 2 * MINUTE }));
  health.failed(placeAt('opus', 'soon'), failure('rate-limited', { waitMs: MINUTE }));
  for (let times = 0; times < 3; times++) {
    health.failed(placeAt('opus', 'broken'), failure('transient'));
    health.failed(placeAt('llama', 'g', 'groq'), failure('overloaded'));
    health.failed({ provider: 'local', model: 'any', key: undefined }, failure('unreachable'));
  }
  return health;
}

function restarted(clock: HandClock, text: string) {
  const news: PlaceHealth[] = [];
  const health = new Health(clock, (change) => news.push(change));
  load(health, text, clock.now());
  const asked = (place: ReturnType<typeof placeAt>, lastResort = false) => {
    const admission = health.admit(place, lastResort);
    return admission.kind === 'blocked' ? admission.why : admission.kind;
  };
  return { health, news, asked };
}

describe('saved health', () => {
  it('leaves our own judgement to one probe, and holds the times that a provider gave', () => {
    const clock = new HandClock();
    const text = save(trouble(clock));
    clock.advance(10 * SECOND);
    const { health, news, asked } = restarted(clock, text);
    const { state, why } = health.of(placeAt('haiku', 'dead'));
    assert.deepEqual({ state, why }, { state: 'half-open', why: 'key-rejected' });
    const halfOpen = [
      placeAt('haiku', 'dead'),
      placeAt('opus', 'forbidden'),
      placeAt('haiku', 'poor'),
      placeAt('opus', 'guessed'),
      placeAt('opus', 'broken'),
      placeAt('llama', 'another', 'groq'),
      { provider: 'local', model: 'another', key: undefined },
    ];
    for (const place of halfOpen) {
      assert.equal(asked(place), 'probe', place.key);
      assert.equal(asked({ ...place }), 'probe-under-way', place.key);
    }
    assert.equal(asked(placeAt('opus', 'spent'), true), 'quota');
    assert.equal(asked(placeAt('opus', 'limited'), true), 'cooldown');
    assert.equal(asked(placeAt('opus', 'soon')), 'go', 'not worth saving');
    assert.equal(asked(placeAt('haiku', 'forbidden')), 'go');
    assert.deepEqual(news, [], 'nothing is new');
    clock.advance(2 * MINUTE - 10 * SECOND);
    assert.equal(asked(placeAt('opus', 'limited')), 'go');
    clock.advance(5 * HOUR);
    assert.equal(asked(placeAt('opus', 'spent')), 'go');
  });

  it('tells what the probe found', () => {
    const clock = new HandClock();
    const text = save(trouble(clock));
    const { health, news } = restarted(clock, text);
    const [well, stillDead] = [placeAt('haiku', 'poor'), placeAt('opus', 'dead')];
    health.admit(well, false);
    health.succeeded(well, 100);
    health.admit(stillDead, false);
    health.failed(stillDead, failure('key-rejected'));
    assert.deepEqual(
      news.map(({ key, state }) => [key, state]),
      [
        ['poor', 'well'],
        ['dead', 'dead'],
      ],
    );
  });

  it('is the same after another restart, and drops what is over', () => {
    const clock = new HandClock();
    const text = save(trouble(clock));
    const again = save(restarted(clock, text).health);
    // A quota of our own guess has no time left to go after the first restart.
    const names = (saved: string) =>
      (JSON.parse(saved) as { held: { scope: string; kind: string; key: string }[] }).held
        .map(({ scope, kind, key }) => `${scope} ${kind} ${key}`)
        .filter((name) => name !== 'place quota guessed')
        .sort();
    assert.deepEqual(names(again), names(text));
    assert.equal(names(text).length, 8);
    clock.advance(3 * MINUTE);
    assert.equal(restarted(clock, text).asked(placeAt('opus', 'limited')), 'go');
  });

  it('loads nothing of a file with anything wrong in it', () => {
    const clock = new HandClock();
    const text = save(trouble(clock));
    const good = JSON.parse(text) as { held: Record<string, unknown>[] };
    const entry = (change: Record<string, unknown>) =>
      JSON.stringify({ ...good, held: [...good.held, { ...good.held[0], ...change }] });
    const wrong = [
      '',
      '{',
      'null',
      '[]',
      '7',
      text.slice(0, -1),
      JSON.stringify({ ...good, version: 2 }),
      JSON.stringify({ ...good, held: {} }),
      JSON.stringify({ ...good, held: [...good.held, null] }),
      entry({ kind: 'weary' }),
      entry({ kind: 'constructor' }),
      entry({ scope: 'target' }),
      entry({ why: 'quota' }),
      entry({ provider: 7 }),
      entry({ model: '' }),
      entry({ key: null }),
      entry({ since: 'yesterday' }),
      entry({ until: null }),
      entry({ told: true }),
      entry({ doublings: -1 }),
      entry({ doublings: 0.5 }),
    ];
    for (const each of wrong) assert.deepEqual(restarted(clock, each).health.all(), [], each.slice(0, 300));
    assert.notDeepEqual(restarted(clock, text).health.all(), []);
  });

  it('is not shut for years by a file from another clock', () => {
    const clock = new HandClock();
    const health = new Health(clock, () => undefined);
    clock.advance(1000 * 24 * HOUR);
    health.failed(placeAt(), failure('rate-limited', { waitMs: HOUR }));
    const text = save(health);
    clock.advance(-1000 * 24 * HOUR);
    const { asked } = restarted(clock, text);
    assert.equal(asked(placeAt()), 'cooldown');
    clock.advance(HOUR);
    assert.equal(asked(placeAt()), 'go');
  });

  it('does not overrule what was learned since', () => {
    const clock = new HandClock();
    const text = save(trouble(clock));
    const health = new Health(clock, () => undefined);
    health.failed(placeAt('opus', 'dead'), failure('key-rejected'));
    load(health, text, clock.now());
    assert.equal(health.admit(placeAt('opus', 'dead'), false).kind, 'blocked');
  });
});

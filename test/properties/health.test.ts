import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { FailureClass } from '../../src/core/routing/failures/failure.ts';
import { Health } from '../../src/core/routing/health/health-book.ts';
import type { Place, PlaceHealth } from '../../src/core/routing/health/health.ts';
import { failure, HandClock, HOUR, MINUTE, SECOND } from '../unit/routing/health/hand-clock.ts';

const STRIKES = ['transient', 'timeout', 'overloaded'] as const;
const NEUTRAL = ['throttled', 'bad-request', 'context-window', 'content-policy', 'model-missing', 'not-servable'] as const;
const EVERY = [...STRIKES, ...NEUTRAL, 'unreachable', 'key-rejected', 'out-of-credit', 'quota', 'rate-limited'] as const;

type Outcome =
  | 'success'
  | 'released'
  | { readonly class: FailureClass; readonly status: number; readonly waitMs: number | undefined };

type Step =
  | { readonly do: 'ask'; readonly where: number; readonly lastResort: boolean }
  | { readonly do: 'report'; readonly which: number; readonly outcome: Outcome }
  | { readonly do: 'wait'; readonly milliseconds: number };

/** Edges of what is waited for, and between them. */
const waits = fc.oneof(
  fc.constantFrom(1, 9999, 10_000, 20_000, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR),
  fc.integer({ min: 1, max: 30_000 }),
);

function outcomes(classes: readonly FailureClass[]): fc.Arbitrary<Outcome> {
  const failing = fc.record({
    class: fc.constantFrom(...classes),
    status: fc.constantFrom(401, 403),
    waitMs: fc.option(fc.constantFrom(1, 500, 30 * SECOND, 2 * HOUR, 30 * HOUR), { nil: undefined }),
  });
  return fc.oneof({ weight: 4, arbitrary: failing }, fc.constantFrom('success' as const, 'released' as const));
}

function schedules(places: number, classes: readonly FailureClass[]): fc.Arbitrary<readonly Step[]> {
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('ask' as const), where: fc.nat(places - 1), lastResort: fc.boolean() }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('report' as const), which: fc.nat(), outcome: outcomes(classes) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), milliseconds: waits }) },
  );
  return fc.array(step, { minLength: 20, maxLength: 120 });
}

interface Out {
  readonly place: Place;
  readonly probe: boolean;
  readonly at: number;
}

interface Watcher {
  asked?(place: Place, got: 'go' | 'probe' | 'blocked', lastResort: boolean, out: readonly Out[], now: number): void;
  /** Before the book hears of it. */
  reported?(request: Out, outcome: Outcome, now: number): void;
}

/** Plays a schedule. Requests come back in any order and time, so many are under way while verdicts fall. */
function play(
  places: readonly Place[],
  steps: readonly Step[],
  watch: Watcher,
): { health: Health; news: PlaceHealth[]; clock: HandClock } {
  const clock = new HandClock();
  const news: PlaceHealth[] = [];
  const health = new Health(clock, (change) => news.push(change));
  const out: Out[] = [];
  for (const step of steps) {
    if (step.do === 'wait') clock.advance(step.milliseconds);
    else if (step.do === 'ask') {
      const place = { ...(places[step.where] ?? assert.fail()) };
      const { kind } = health.admit(place, step.lastResort);
      watch.asked?.(place, kind, step.lastResort, out, clock.now());
      if (kind !== 'blocked') out.push({ place, probe: kind === 'probe', at: clock.now() });
    } else if (out.length > 0) {
      const [request] = out.splice(step.which % out.length, 1);
      if (request === undefined) continue;
      watch.reported?.(request, step.outcome, clock.now());
      report(health, request.place, step.outcome);
    }
  }
  return { health, news, clock };
}

function report(health: Health, place: Place, outcome: Outcome): void {
  if (outcome === 'success') health.succeeded(place, 100);
  else if (outcome === 'released') health.released(place);
  else health.failed(place, failure(outcome.class, outcome));
}

const name = ({ provider, model, key }: Place) => `${provider} ${model} ${key}`;
const ONE = [{ provider: 'p', model: 'm', key: 'k' }];
const GRID = ['p', 'q'].flatMap((provider) =>
  ['m', 'n'].flatMap((model) => ['k', 'l'].map((key) => ({ provider, model, key: `${provider}/${key}` }))),
);
const SIBLINGS = GRID.filter(({ provider }) => provider === 'p');

describe('health', () => {
  it('never has two probes of a key out at once, at whatever models, whoever else comes back meanwhile', () => {
    fc.assert(
      fc.property(schedules(SIBLINGS.length, ['key-rejected', 'out-of-credit']), (steps) => {
        play(
          SIBLINGS,
          steps.map((step) => withStatus(step, 401)),
          {
            asked(place, got, _lastResort, out, now) {
              if (got !== 'probe') return;
              const others = out.filter((one) => one.probe && one.place.key === place.key && now - one.at < 15 * MINUTE);
              assert.deepEqual(others, []);
            },
          },
        );
      }),
      { numRuns: 300 },
    );
  });

  // Each breaker by itself: that of the place, and that of the model with every key.
  const kinds: readonly (readonly FailureClass[])[] = [['transient', 'timeout'], ['overloaded']];
  for (const striking of kinds) {
    it(`lets only a last resort through an open breaker before its time, one at a time: ${striking.join(', ')}`, () => {
      fc.assert(
        fc.property(schedules(1, [...striking, ...striking, ...striking, ...NEUTRAL]), (steps) => {
          const clock = new HandClock();
          const health = new Health(clock, () => undefined);
          let inARow = 0;
          let verdictAt = 0;
          let due = 0;
          let probe: Out | undefined;
          const told = (outcome: Outcome) => {
            const strikes = typeof outcome === 'object' && striking.includes(outcome.class);
            const now = clock.now();
            if (outcome === 'success') inARow = 0;
            if (!strikes) return;
            inARow += 1;
            if (inARow !== 3 && (inARow < 3 || now < due)) return;
            verdictAt = now;
            due = health.of(ONE[0] ?? assert.fail()).until ?? 0;
          };
          for (const step of steps) {
            if (step.do === 'wait') clock.advance(step.milliseconds);
            if (probe !== undefined && clock.now() - probe.at >= 15 * MINUTE) probe = undefined;
            if (step.do === 'ask') {
              const place = { ...(ONE[0] ?? assert.fail()) };
              const { kind } = health.admit(place, step.lastResort);
              const now = clock.now();
              if (inARow < 3) assert.equal(kind, 'go');
              else if (probe !== undefined) assert.equal(kind, 'blocked');
              else if (step.lastResort || now - verdictAt >= 5 * MINUTE) assert.equal(kind, 'probe');
              else if (now - verdictAt < 10 * SECOND) assert.equal(kind, 'blocked');
              else assert.equal(kind, now < due ? 'blocked' : 'probe');
              if (kind === 'probe') probe = { place, probe: true, at: now };
            } else if (step.do === 'report') {
              const place = probe?.place ?? { ...(ONE[0] ?? assert.fail()) };
              // Without a probe, one that was under way: an open breaker does not listen to its failure.
              const heard = probe !== undefined || inARow < 3 || step.outcome === 'success';
              report(health, place, step.outcome);
              if (heard) told(step.outcome);
              probe = undefined;
            }
          }
        }),
        { numRuns: 500 },
      );
    });
  }

  it('never lets anybody through before a time that a provider gave, whatever else happens', () => {
    fc.assert(
      fc.property(schedules(GRID.length, EVERY), (steps) => {
        const floors = new Map<string, number>();
        play(GRID, steps, {
          asked(place, got, _lastResort, _out, now) {
            if (now < (floors.get(name(place)) ?? 0)) assert.equal(got, 'blocked');
          },
          reported({ place }, outcome, now) {
            if (typeof outcome !== 'object' || outcome.waitMs === undefined) return;
            if (outcome.class !== 'rate-limited' && outcome.class !== 'quota') return;
            const wait = Math.min(outcome.waitMs, outcome.class === 'quota' ? 24 * HOUR : HOUR);
            floors.set(name(place), Math.max(floors.get(name(place)) ?? 0, now + wait));
          },
        });
      }),
      { numRuns: 300 },
    );
  });

  it('never blocks a place that is well: of another provider whatever happens, of the same one if nothing shared is ill', () => {
    const cases = [
      { well: { provider: 'r', model: 'm', key: 'r/k' }, ill: GRID, classes: EVERY },
      {
        well: { provider: 'p', model: 'o', key: 'p/k' },
        ill: SIBLINGS,
        classes: ['transient', 'timeout', 'overloaded', 'rate-limited', 'quota', 'key-rejected'] as const,
      },
    ];
    for (const { well, ill, classes } of cases) {
      fc.assert(
        fc.property(schedules(ill.length + 1, classes), (steps) => {
          const calm = (outcome: Outcome): Outcome => (typeof outcome === 'object' ? { ...outcome, class: 'throttled' } : outcome);
          const health = { asked: 0 };
          const places = [...ill, well];
          const clock = new HandClock();
          const book = new Health(clock, () => undefined);
          const out: Place[] = [];
          for (const step of steps.map((each) => withStatus(each, 403))) {
            if (step.do === 'wait') clock.advance(step.milliseconds);
            else if (step.do === 'ask') {
              const place = { ...(places[step.where] ?? assert.fail()) };
              const { kind } = book.admit(place, step.lastResort);
              if (step.where === ill.length) {
                health.asked += 1;
                assert.equal(kind, 'go');
              }
              if (kind !== 'blocked') out.push(place);
            } else {
              const [place] = out.splice(step.which % Math.max(1, out.length), 1);
              if (place !== undefined) report(book, place, name(place) === name(well) ? calm(step.outcome) : step.outcome);
            }
          }
          assert.equal(book.admit({ ...well }, false).kind, 'go');
        }),
        { numRuns: 200 },
      );
    }
  });

  it('never tells the same of a place twice, and ends with the truth', () => {
    fc.assert(
      fc.property(schedules(GRID.length, EVERY), (steps) => {
        const { health, news } = play(GRID, steps, {});
        const last = new Map<string, string>();
        for (const { state, why, ...place } of news) {
          assert.notEqual(last.get(name(place)) ?? 'well', `${state}${why === undefined ? '' : ` ${why}`}`);
          last.set(name(place), `${state}${why === undefined ? '' : ` ${why}`}`);
        }
        // Nothing is held that nobody was told of, and nothing was told that is over.
        const ill = health.held().held.filter(({ hold }) => hold.kind === 'dead' || hold.kind === 'open');
        const toldIll = [...last.values()].filter((state) => state !== 'well');
        assert.equal(ill.length === 0, toldIll.length === 0);
      }),
      { numRuns: 300 },
    );
  });

  it('forgets instead of growing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 4 }), fc.constantFrom(...EVERY)), { maxLength: 60 }), (seeds) => {
        const health = new Health(new HandClock(), () => undefined);
        for (let at = 0; at < 60 * seeds.length; at++) {
          const [model, kind] = seeds[at % seeds.length] ?? assert.fail();
          const place = { provider: 'p', model: `${model}${at}`, key: `p/${at % 7}` };
          health.admit(place, false);
          health.failed(place, failure(kind, { status: 401 }));
        }
        assert.ok(health.all().length <= 5000);
      }),
      { numRuns: 10 },
    );
  });
});

function withStatus(step: Step, status: number): Step {
  if (step.do !== 'report' || typeof step.outcome !== 'object') return step;
  return { ...step, outcome: { ...step.outcome, status } };
}

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PlaceHealth } from '../../../src/core/routing/health/health.ts';
import { keyStanding } from '../../../src/vscode/routing/key-standing.ts';

const AT = new Date(2026, 10, 21, 14, 2).getTime();
const LATER = AT + 600_000;

function place(some: Partial<PlaceHealth>): PlaceHealth {
  return {
    provider: 'anthropic',
    model: 'opus',
    key: 'work',
    state: 'well',
    why: undefined,
    since: undefined,
    until: undefined,
    consecutiveFailures: 0,
    latencyMs: undefined,
    headroom: undefined,
    ...some,
  };
}

const DEAD = { state: 'dead', why: 'key-rejected', status: 401, since: AT, until: AT + 300_000 } as const;

const { status: _status, ...UNKNOWN } = DEAD;

describe('what is held against a key', () => {
  const cases: readonly (readonly [string, readonly PlaceHealth[], string | undefined])[] = [
    ['nothing where nothing is known', [], undefined],
    ['nothing of another key', [place({ ...DEAD, key: 'home' })], undefined],
    ['a rejected key', [place(DEAD)], 'set aside: rejected by the provider (401), since 14:02'],
    ['without a status after a restart', [place(UNKNOWN)], 'set aside: rejected by the provider, since 14:02'],
    [
      'at all its models at once',
      [place(DEAD), place({ ...DEAD, model: 'haiku' })],
      'set aside: rejected by the provider (401), since 14:02',
    ],
    [
      'a model that it may not use',
      [place({ ...DEAD, status: 403 }), place({ model: 'haiku' })],
      'set aside for opus: rejected by the provider (403), since 14:02',
    ],
    [
      'no credit, before a cooldown',
      [
        place({ state: 'cooldown', why: 'rate-limited', until: LATER }),
        place({ ...DEAD, model: 'haiku', why: 'out-of-credit', status: 402 }),
      ],
      'set aside: out of credit (402), since 14:02',
    ],
    [
      'no credit under 403, which is about the key',
      [place({ ...DEAD, why: 'out-of-credit', status: 403 })],
      'set aside: out of credit (403), since 14:02',
    ],
    [
      'a cooldown with its end',
      [place({ state: 'cooldown', why: 'rate-limited', since: AT, until: LATER })],
      'resting for opus: the provider limits its rate, until 14:12',
    ],
    [
      'a spent quota of two models',
      ['opus', 'haiku'].map((model) => place({ model, state: 'cooldown', why: 'quota', until: LATER })),
      'resting for opus and 1 more: its quota is used up, until 14:12',
    ],
    [
      'one that waits for its probe',
      [place({ ...DEAD, state: 'half-open', until: undefined })],
      'set aside: rejected by the provider (401), since 14:02, is being tried again',
    ],
    ['not the breaker of a model', [place({ state: 'open', why: 'overloaded', since: AT, until: LATER })], undefined],
  ];
  for (const [name, places, wanted] of cases) {
    it(name, () => assert.equal(keyStanding('work', places, AT), wanted));
  }

  it('names the day where it is not today', () => {
    assert.match(keyStanding('work', [place(DEAD)], AT + 86_400_000) ?? '', /since 2026-11-21 14:02/);
  });
});

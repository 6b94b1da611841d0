import assert from 'node:assert/strict';
import type { Clock, Random } from '../../../../src/core/ports.ts';
import type { Admission, BlockedWhy, HealthBook, Place, PlaceHealth } from '../../../../src/core/routing/health/health.ts';
import type { Target } from '../../../../src/core/routing/resolve-target.ts';
import type { FallbackCause, Pool, Route } from '../../../../src/core/routing/rules/route.ts';
import type { HeldKey, Snapshot } from '../../../../src/core/routing/snapshot.ts';
import { Affinity } from '../../../../src/core/routing/targets/affinity.ts';
import { Candidates, type Candidate, type CandidatesContext } from '../../../../src/core/routing/targets/candidates.ts';
import { agentIn, snapshotOf } from '../snapshot-of.ts';

/** Time that stands still until it is moved. */
export class StillClock implements Clock {
  at = 1_700_000_000_000;

  now(): number {
    return this.at;
  }

  monotonic(): number {
    return this.at - 1_690_000_000_000;
  }
}

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed;
  return {
    bytes: (size) => new Uint8Array(size),
    fraction: () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

export interface Refusal {
  readonly why: BlockedWhy;
  readonly until: number | undefined;
  /** Lets itself be tried where nobody else is left. */
  readonly lastResort?: boolean;
}

/** A health book whose verdicts are set by the test, and that notes what it is asked. */
export class FakeHealth implements Pick<HealthBook, 'admit' | 'of'> {
  readonly refusals = new Map<string, Refusal>();
  readonly halfOpen = new Set<string>();
  readonly told = new Map<string, Partial<PlaceHealth>>();
  readonly asked: { readonly place: string; readonly lastResort: boolean; readonly answer: Admission['kind'] }[] = [];
  looks = 0;

  admit(place: Place, lastResort: boolean): Admission {
    const answer = this.#answer(nameOf(place), lastResort);
    this.asked.push({ place: nameOf(place), lastResort, answer: answer.kind });
    return answer;
  }

  of(place: Place): PlaceHealth {
    this.looks += 1;
    const refusal = this.refusals.get(nameOf(place));
    return {
      ...place,
      state: refusal !== undefined ? 'open' : this.halfOpen.has(nameOf(place)) ? 'half-open' : 'well',
      why: undefined,
      since: undefined,
      until: refusal?.until,
      consecutiveFailures: 0,
      latencyMs: undefined,
      headroom: undefined,
      ...this.told.get(nameOf(place)),
    };
  }

  block(place: string, why: BlockedWhy = 'breaker-open', more: Partial<Refusal> = {}): void {
    this.refusals.set(place, { why, until: undefined, ...more });
  }

  /** What was let through, in order. */
  get letThrough(): readonly string[] {
    return this.asked.filter(({ answer }) => answer !== 'blocked').map(({ place }) => place);
  }

  #answer(name: string, lastResort: boolean): Admission {
    const refusal = this.refusals.get(name);
    if (refusal === undefined) return { kind: this.halfOpen.has(name) ? 'probe' : 'go' };
    if (lastResort && refusal.lastResort === true) return { kind: 'probe' };
    return { kind: 'blocked', why: refusal.why, until: refusal.until };
  }
}

/** `openai/gpt-5 a`: target and key. */
export function nameOf({ provider, model, key }: Place): string {
  return `${provider}/${model}${key === undefined ? '' : ` ${key}`}`;
}

export const CONFIG = {
  providers: { openai: { kind: 'openai' }, anthropic: { kind: 'anthropic' }, groq: { kind: 'groq' }, local: { kind: 'ollama' } },
  agents: { codex: {} },
};

export function targetIn(snapshot: Snapshot, reference: string): Target {
  const slash = reference.indexOf('/');
  const provider = snapshot.providers.get(reference.slice(0, slash));
  assert.ok(provider, `no provider for ${reference}`);
  return { provider, model: reference.slice(slash + 1) };
}

export function poolIn(
  snapshot: Snapshot,
  references: readonly (string | readonly [string, number])[],
  more: Partial<Omit<Pool, 'choices'>> = {},
): Pool {
  const choices = references.map((one) => (typeof one === 'string' ? ([one, 1] as const) : one));
  return {
    reference: choices.map(([reference]) => reference).join(' | '),
    balance: 'weighted',
    sticky: true,
    choices: choices.map(([reference, weight]) => ({ target: targetIn(snapshot, reference), weight })),
    ...more,
  };
}

export type World = ReturnType<typeof worldOf>;

/** A gateway's routing around `Candidates`, with everything that a test may turn. */
export function worldOf(keys: readonly HeldKey[], more: Partial<CandidatesContext> = {}) {
  const snapshot = more.snapshot ?? snapshotOf(CONFIG, { keys });
  const clock = new StillClock();
  const health = new FakeHealth();
  const affinity = new Affinity(clock);
  const context: CandidatesContext = {
    snapshot,
    agent: agentIn(snapshot, 'codex'),
    conversation: undefined,
    health,
    affinity,
    random: seeded(1),
    clock,
    tokens: () => 1000,
    originOf: ({ provider }) => [...provider.endpoints.values()][0]?.origin,
    price: () => undefined,
    couldEnter: () => true,
    running: () => 0,
    ...more,
  };
  const pool = (...references: readonly (string | readonly [string, number])[]): Pool => poolIn(snapshot, references);
  const route = (first: Pool, ...fallbacks: readonly (readonly [Pool, ...FallbackCause[]])[]): Route => ({
    first,
    fallbacks: fallbacks.map(([to, ...on]) => ({ pool: to, on })),
    rule: undefined,
  });
  const request = (of: Route, own: Partial<CandidatesContext> = {}): Candidates => new Candidates(of, { ...context, ...own });
  return { snapshot, clock, health, affinity, context, pool, route, request };
}

/** The name of the place that a move gives; for a wait `wait ...`, else `none`. */
export function given(found: ReturnType<Candidates['next']>): string {
  if (found.kind === 'candidate') return nameOf(found.place);
  return found.kind === 'wait' ? `wait ${nameOf(found.place)}` : 'none';
}

export function candidateIn(found: ReturnType<Candidates['next']>): Candidate {
  if (found.kind !== 'candidate') assert.fail(`no candidate: ${given(found)}`);
  return found;
}

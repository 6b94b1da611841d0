import type { BALANCES, FALLBACK_CAUSES } from '../../config/kinds.ts';
import type { Target } from '../resolve-target.ts';

export type Balance = (typeof BALANCES)[number];
/** What a fallback is for. `error`: the target fails, is overloaded, out of credit or cannot be asked at all. */
export type FallbackCause = (typeof FALLBACK_CAUSES)[number];

export interface Choice {
  readonly target: Target;
  readonly weight: number;
}

/** Targets that can stand for each other. Most have one. */
export interface Pool {
  /** As the configuration names it: `anthropic/claude-opus-5-5`, or an alias. */
  readonly reference: string;
  readonly choices: readonly Choice[];
  readonly balance: Balance;
  /** A session stays with its target while that is well, so that the provider's prompt cache keeps hitting. */
  readonly sticky: boolean;
}

export interface Fallback {
  readonly pool: Pool;
  readonly on: readonly FallbackCause[];
}

/** Where a request may go, in order. */
export interface Route {
  readonly first: Pool;
  readonly fallbacks: readonly Fallback[];
  /** Index of the agent's route that matched; undefined where none did or there are none. */
  readonly rule: number | undefined;
}

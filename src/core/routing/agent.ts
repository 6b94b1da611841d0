import { AGENT_KINDS, FALLBACK_CAUSES, type AgentKind } from '../config/kinds.ts';
import type { FallbackConfig, LimitsConfig } from '../config/schema-routing.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { Limits } from './limits/limiter.ts';
import { compileAllowList, type AllowList } from './rules/allow-list.ts';
import { compileRules, type Rule } from './rules/compile-rules.ts';
import type { FallbackCause } from './rules/route.ts';

/** A program that asks for completions, as this gateway knows it. */
export interface Agent {
  readonly id: string;
  readonly kind: AgentKind;
  /** `provider/model`, or an alias, that serves every request of this agent that no rule takes. */
  readonly model: string | undefined;
  /** The provider that serves the models it asks for, when `model` is not set. */
  readonly provider: string | undefined;
  /** The first that matches counts, and goes before `model`. */
  readonly rules: readonly Rule[];
  readonly fallbacks: readonly FallbackReference[];
  /** Undefined: it may reach everything. */
  readonly allow: AllowList | undefined;
  readonly limits: Limits;
  /** Only keys of this environment serve it; undefined: any. */
  readonly environment: string | undefined;
  /** What to do when it asks far more often than it ever did. */
  readonly burst: 'off' | 'alert' | 'pause';
}

/** A fallback by name; what it leads to depends on the whole snapshot. */
export interface FallbackReference {
  /** `provider/model`, or an alias. */
  readonly to: string;
  readonly on: readonly FallbackCause[];
}

export function resolveAgent(id: string, config: AgentConfig): Agent {
  return {
    id,
    kind: config.kind ?? AGENT_KINDS.find((known) => known === id) ?? 'generic',
    model: config.model,
    provider: config.provider,
    rules: compileRules(config.routes ?? []),
    fallbacks: (config.fallbacks ?? []).map(resolveFallback),
    allow: config.allow === undefined ? undefined : compileAllowList(config.allow),
    limits: resolveLimits(config.limits),
    environment: config.environment,
    burst: config.limits?.burst ?? 'alert',
  };
}

export function resolveLimits(config: LimitsConfig | undefined): Limits {
  if (config === undefined) return UNLIMITED;
  const { requestsPerMinute, tokensPerMinute, concurrent, queue, queueSeconds } = config;
  return { requestsPerMinute, tokensPerMinute, concurrent, queue, queueMs: queueSeconds * 1000 };
}

/** Nobody waits where nothing is limited: how many might, and how long, has no meaning. */
const UNLIMITED: Limits = { queue: 0, queueMs: 0 };

function resolveFallback(config: FallbackConfig): FallbackReference {
  if (typeof config === 'string') return { to: config, on: ['error'] };
  const on = typeof config.on === 'string' ? [config.on] : config.on;
  return { to: config.to, on: FALLBACK_CAUSES.filter((cause) => on.includes(cause)) };
}

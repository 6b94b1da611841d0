import type { AgentConfig, Config, KeyConfig } from '../config/schema.ts';
import type { PriceRule } from '../ledger/price-rules.ts';
import { originsOf, resolveProvider, type Provider } from '../providers/provider.ts';
import { Secret } from '../providers/secret.ts';
import { resolveAgent, resolveLimits, type Agent } from './agent.ts';
import type { Limits } from './limits/limiter.ts';
import { resolveAlias } from './pools.ts';
import type { Pool } from './rules/route.ts';
import { TokenTable } from './tokens.ts';

/** A provider credential, ready to sign with. */
export interface Key {
  readonly id: string;
  readonly provider: string;
  readonly secret: Secret;
  /** Where it may be sent; a provider whose base URL moved elsewhere does not get it. */
  readonly origins: ReadonlySet<string>;
  /** Higher goes first. */
  readonly priority: number;
  readonly weight: number;
  readonly agents: readonly string[] | undefined;
  readonly models: readonly string[] | undefined;
  /** Agents that name an environment use its keys only. */
  readonly environment: string | undefined;
  readonly limits: Limits;
  /** The value before this one, for a while after a rotation: asked with where the provider refuses the new one. */
  readonly former: FormerValue | undefined;
}

export interface FormerValue {
  readonly secret: Secret;
  readonly origins: ReadonlySet<string>;
}

/** In milliseconds; undefined: no such limit. A provider's own go before these. */
export interface Timeouts {
  readonly connect: number;
  readonly firstByte: number;
  readonly idle: number;
  readonly firstToken: number | undefined;
  readonly minTokensPerSecond: number | undefined;
  /** A whole request with all its attempts. */
  readonly total: number;
}

/**
 * Configuration, keys and tokens as one immutable value. A request lives its whole life on the snapshot it started with: that is
 * what makes rotation and revocation atomic.
 */
export interface Snapshot {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly keys: readonly Key[];
  readonly agents: ReadonlyMap<string, Agent>;
  /** What the names under "models" stand for, before any agent's allow-list. */
  readonly aliases: ReadonlyMap<string, Pool>;
  readonly tokens: TokenTable;
  /** The user's own prices. */
  readonly priceRules: readonly PriceRule[];
  readonly maxBodyBytes: number;
  readonly timeouts: Timeouts;
  /** Of our own, at one place, before any output. */
  readonly retries: { readonly attempts: number; readonly longestWaitMs: number };
}

/** A key as a host hands it over: metadata and the secret. `origins` undefined binds it to its provider's own. */
export interface HeldKey
  extends
    Pick<KeyConfig, 'id' | 'provider'>,
    Partial<Pick<KeyConfig, 'priority' | 'weight' | 'agents' | 'models' | 'environment' | 'limits'>> {
  readonly secret: string;
  readonly origins?: readonly string[];
  readonly former?: { readonly secret: string; readonly origins: readonly string[] };
}

/** A header for the user's collector, with a value that may be a secret. */
export interface TelemetryHeader {
  readonly name: string;
  readonly value: string;
  /** The only origin that it may be sent to; that of the endpoint when left out. */
  readonly origin?: string;
}

export interface SnapshotSource {
  readonly config: Config;
  readonly keys: readonly HeldKey[];
  readonly telemetryHeaders?: readonly TelemetryHeader[];
  /** Agents that the host knows besides the configured ones (chat, editor, other extensions). */
  readonly extraAgents?: Readonly<Record<string, AgentConfig>>;
  readonly tokens: Readonly<Record<string, string>>;
}

export function buildSnapshot(source: SnapshotSource): Snapshot {
  const { config } = source;
  const providers = new Map(Object.entries(config.providers).map(([id, provider]) => [id, resolveProvider(id, provider)]));
  const agents = new Map(
    Object.entries({ ...source.extraAgents, ...config.agents }).map(([id, agent]) => [id, resolveAgent(id, agent)]),
  );
  return {
    providers,
    agents,
    aliases: new Map(Object.entries(config.models).map(([name, alias]) => [name, resolveAlias(name, alias, providers)])),
    keys: source.keys.flatMap((held) => {
      const provider = providers.get(held.provider);
      return provider === undefined ? [] : [resolveKey(held, provider)];
    }),
    tokens: new TokenTable(Object.entries(source.tokens).filter(([agent]) => agents.has(agent))),
    priceRules: config.prices.map(({ agent, provider, model, ...prices }) => ({ agent, provider, model, prices })),
    maxBodyBytes: Math.floor(config.maxBodyMegabytes * 1024 * 1024),
    timeouts: resolveTimeouts(config.timeouts),
    retries: { attempts: config.retries.attempts, longestWaitMs: config.retries.longestWaitSeconds * 1000 },
  };
}

function resolveTimeouts(config: Config['timeouts']): Timeouts {
  return {
    connect: config.connectSeconds * 1000,
    firstByte: config.firstByteSeconds * 1000,
    idle: config.idleSeconds * 1000,
    firstToken: config.firstTokenSeconds === undefined ? undefined : config.firstTokenSeconds * 1000,
    minTokensPerSecond: config.minTokensPerSecond,
    total: config.totalSeconds * 1000,
  };
}

function resolveKey(held: HeldKey, provider: Provider): Key {
  return {
    id: held.id,
    provider: held.provider,
    secret: new Secret(held.secret),
    origins: held.origins === undefined ? originsOf(provider) : new Set(held.origins),
    priority: held.priority ?? 0,
    weight: held.weight ?? 1,
    agents: held.agents,
    models: held.models,
    environment: held.environment,
    limits: resolveLimits(held.limits),
    former: held.former && { secret: new Secret(held.former.secret), origins: new Set(held.former.origins) },
  };
}

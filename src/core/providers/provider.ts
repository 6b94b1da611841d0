import { literalReach } from '../config/addresses.ts';
import type { AuthStyle, ProviderKind } from '../config/kinds.ts';
import type { ProviderConfig } from '../config/schema.ts';
import type { DialectQuirks } from '../dialects/dialect.ts';
import type { DialectId } from '../ir/dialect.ts';
import { PRESETS } from './presets.ts';

/** Where one dialect of a provider is reached. */
export interface ProviderEndpoint {
  /** `https://api.example.com` */
  readonly origin: string;
  /** Path of the base URL without a trailing slash; endpoint paths are appended. */
  readonly basePath: string;
  readonly auth: AuthStyle;
  /** Its host is on this machine or in a private network; any other may not lead there. */
  readonly local: boolean;
}

/** An upstream, ready to be used: preset and configuration made one. */
export interface Provider {
  readonly id: string;
  readonly kind: ProviderKind;
  readonly label: string;
  readonly endpoints: ReadonlyMap<DialectId, ProviderEndpoint>;
  readonly quirks: DialectQuirks;
  readonly priceProvider: string | undefined;
  readonly free: boolean;
  readonly prices: NonNullable<ProviderConfig['prices']>;
  readonly models: readonly string[];
  readonly needsKey: boolean;
  readonly keyCheck: string | undefined;
  readonly timeouts: ProviderTimeouts;
}

/** What goes before the snapshot's own; undefined where those hold. Milliseconds. */
export interface ProviderTimeouts {
  readonly firstToken: number | undefined;
  readonly idle: number | undefined;
  readonly minTokensPerSecond: number | undefined;
}

export function resolveProvider(id: string, config: ProviderConfig): Provider {
  const preset = PRESETS[config.kind];
  const dialects = config.dialects ?? (Object.keys(preset.dialects) as DialectId[]);
  const endpoints = new Map<DialectId, ProviderEndpoint>();
  for (const dialect of dialects) {
    const known = preset.dialects[dialect];
    const base = config.baseUrl ?? known?.base;
    if (base === undefined) continue;
    const url = new URL(base);
    endpoints.set(dialect, {
      origin: url.origin,
      basePath: basePathFor(dialect, url.pathname.replace(/\/+$/, '')),
      auth: config.auth ?? known?.auth ?? DEFAULT_AUTH[dialect],
      local: config.network === undefined ? saysLocal(url) : config.network === 'local',
    });
  }
  const auths = [...endpoints.values()].map((endpoint) => endpoint.auth);
  return {
    id,
    kind: config.kind,
    label: preset.label,
    endpoints,
    quirks: preset.quirks,
    priceProvider: preset.priceProvider,
    free: preset.free,
    prices: config.prices ?? {},
    models: config.models ?? [],
    needsKey: auths.some((auth) => auth !== 'none'),
    keyCheck: preset.keyCheck,
    timeouts: resolveTimeouts(config.timeouts),
  };
}

/** Plain http is for such hosts only (`baseUrlFault`). */
function saysLocal(url: URL): boolean {
  return url.protocol === 'http:' || literalReach(url.hostname) === 'private';
}

function resolveTimeouts(config: ProviderConfig['timeouts']): ProviderTimeouts {
  const { firstTokenSeconds, idleSeconds, minTokensPerSecond } = config ?? {};
  return { firstToken: milliseconds(firstTokenSeconds), idle: milliseconds(idleSeconds), minTokensPerSecond };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** The origins a key of this provider may be sent to. */
export function originsOf(provider: Provider): ReadonlySet<string> {
  return new Set([...provider.endpoints.values()].map((endpoint) => endpoint.origin));
}

const DEFAULT_AUTH: Readonly<Record<DialectId, AuthStyle>> = {
  'openai-chat': 'bearer',
  'openai-responses': 'bearer',
  'anthropic-messages': 'x-api-key',
  gemini: 'x-goog-api-key',
};

/** One configured base URL serves several dialects: OpenAI's SDKs want the version in it, Anthropic's and Google's do not. */
function basePathFor(dialect: DialectId, path: string): string {
  return dialect === 'anthropic-messages' || dialect === 'gemini' ? path.replace(/\/+v\d+(?:beta\d*)?$/, '') : path;
}

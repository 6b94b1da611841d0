import { DIALECTS } from '../dialects/by-id.ts';
import { upstreamPathFor, type Endpoint } from '../dialects/endpoints.ts';
import type { DialectId } from '../ir/dialect.ts';
import { gatewayError, isGatewayError, type GatewayError } from '../ir/error.ts';
import type { Target } from '../routing/resolve-target.ts';
import type { Key } from '../routing/snapshot.ts';
import { notForThisOrigin } from '../routing/targets/order-keys.ts';
import type { AttemptPlan } from './attempt.ts';
import type { GatewayDeps } from './deps.ts';
import { withoutForeignState } from './translate/foreign-state.ts';
import { parsedBody } from './translate/parsed-body.ts';
import {
  hasSameForm,
  planCompletion,
  planCount,
  planEmbeddings,
  type KnownAnswer,
  type PlannedConversion,
} from './translate/plan-conversion.ts';
import { closestDialect, issuerOf, planTranslation } from './translate/plan-translation.ts';
import { converting, relaying, translating, type Serving } from './serving.ts';

/** What an agent asked: its body (none for a GET), the model it named, whether it wants a stream. */
export interface Asked {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly raw: Uint8Array | undefined;
  readonly model: string;
  readonly stream: boolean;
  /** What requests that share a history have in common. */
  readonly conversation: string;
}

type Found = Extract<Endpoint, { kind: 'found' }>;

/** What the provider is asked, in which dialect, and how its answer comes back. */
interface Served {
  readonly spoken: DialectId;
  /** Holds `{model}` where the path names it. */
  readonly path: string;
  readonly stream: boolean;
  readonly serving: Serving;
}

/** Same dialect on both sides: relay. Another one: translate. Planned anew for each place: a fallback may relay first and translate second. */
export function plan(
  deps: Pick<GatewayDeps, 'carries' | 'issuers'>,
  { target, key }: { readonly target: Target; readonly key: Key | undefined },
  endpoint: Found,
  asked: Asked,
): AttemptPlan | KnownAnswer | GatewayError {
  const served = serve(deps, target, endpoint, asked);
  if (isGatewayError(served) || 'known' in served) return served;
  const upstream = target.provider.endpoints.get(served.spoken);
  const path = upstreamPathFor(served.path, target.model);
  if (upstream === undefined) return notSpoken(target, endpoint.dialect);
  if (path === undefined)
    return gatewayError('bad-request', `The model name "${target.model}" cannot stand in a path. Choose another model.`);
  // Chosen for the dialect that is most likely spoken; the origin of the one that is decides.
  if (key !== undefined && !key.origins.has(upstream.origin)) return notForThisOrigin(target.provider.id);
  return {
    dialect: DIALECTS[endpoint.dialect],
    spoken: DIALECTS[served.spoken],
    target,
    endpoint: upstream,
    key,
    method: asked.raw === undefined ? 'GET' : 'POST',
    path,
    stream: served.stream,
    serving: served.serving,
  };
}

function serve(
  deps: Pick<GatewayDeps, 'carries' | 'issuers'>,
  target: Target,
  endpoint: Found,
  asked: Asked,
): Served | KnownAnswer | GatewayError {
  const speaks = target.provider.endpoints.has(endpoint.dialect);
  const { raw } = asked;
  if (raw === undefined) return speaks ? relayed(deps, target, endpoint, asked) : notSpoken(target, endpoint.dialect);
  switch (endpoint.operation) {
    case 'models':
      return relayed(deps, target, endpoint, asked);
    case 'generate':
      return speaks ? relayed(deps, target, endpoint, asked) : translated(deps, target, endpoint, { ...asked, raw });
    case 'embed':
      return speaks
        ? relayed(deps, target, endpoint, asked)
        : converted(target, endpoint, raw, asked, (body) => planEmbeddings(body, target));
    case 'complete':
      if (!speaks) return notSpoken(target, endpoint.dialect);
      return hasSameForm(endpoint.upstreamPath, target)
        ? relayed(deps, target, endpoint, asked)
        : converted(target, endpoint, raw, asked, (body) => planCompletion(body, endpoint.upstreamPath, target));
    case 'count':
      return speaks
        ? relayed(deps, target, endpoint, asked)
        : converted(target, endpoint, raw, asked, (body) => planCount(body, target));
    default:
      return endpoint.operation satisfies never;
  }
}

function relayed(deps: Pick<GatewayDeps, 'issuers'>, target: Target, endpoint: Found, asked: Asked): Served {
  const dialect = DIALECTS[endpoint.dialect];
  const issuer = issuerOf(endpoint.dialect, target);
  // What is counted holds the same history as what is asked.
  const hasHistory = endpoint.operation === 'generate' || endpoint.operation === 'count';
  const raw =
    asked.raw === undefined || !hasHistory
      ? asked.raw
      : withoutForeignState(asked.raw, endpoint.dialect, issuer, deps.issuers.othersThan(issuer, asked.conversation));
  const retarget = asked.model === target.model ? undefined : target.model;
  const serving = relaying(dialect, raw, retarget);
  return { spoken: endpoint.dialect, path: endpoint.upstreamPath, stream: asked.stream, serving };
}

function translated(
  deps: Pick<GatewayDeps, 'carries'>,
  target: Target,
  endpoint: Found,
  asked: Asked & { readonly raw: Uint8Array },
): Served | GatewayError {
  const to = closestDialect(endpoint.dialect, target.provider);
  if (to === undefined) return notSpoken(target, endpoint.dialect);
  // Gemini streams a JSON array unless it is told otherwise. Nobody reads that bit by bit, so it is made from a whole answer.
  const asList = endpoint.dialect === 'gemini' && asked.stream && !/[?&]alt=sse(?:&|$)/.test(endpoint.upstreamPath);
  const stream = asked.stream && !asList;
  const translation = planTranslation({ ...asked, from: endpoint.dialect, to, stream }, target, deps.carries);
  if (isGatewayError(translation)) return translation;
  const form = asList ? 'list' : stream ? 'stream' : 'whole';
  const serving = translating(translation, to, deps.carries, { stream, form });
  return { spoken: to, path: belowBase(to, translation.wire.path), stream, serving };
}

function converted(
  target: Target,
  endpoint: Found,
  raw: Uint8Array,
  asked: Asked,
  planned: (body: Parameters<typeof planEmbeddings>[0]) => PlannedConversion | KnownAnswer | GatewayError | undefined,
): Served | KnownAnswer | GatewayError {
  const body = parsedBody(raw);
  if (body === undefined) return gatewayError('bad-request', 'The request body is not a JSON object.');
  const conversion = planned({ ...asked, body, from: endpoint.dialect });
  if (conversion === undefined) return notSpoken(target, endpoint.dialect);
  if (isGatewayError(conversion) || 'known' in conversion) return conversion;
  const stream = asked.stream && conversion.passage !== undefined;
  return { spoken: conversion.to, path: conversion.path, stream, serving: converting(conversion, conversion.to, stream) };
}

/** What a writer calls the path as the gateway serves it. OpenAI style base URLs hold the version; a model is put in with more care. */
function belowBase(dialect: DialectId, path: string): string {
  switch (dialect) {
    case 'openai-chat':
    case 'openai-responses':
      return path.replace(/^\/v1(?=\/)/, '');
    case 'gemini':
      return path.replace(/\/models\/.*:(?=[a-zA-Z]+(?:\?|$))/, '/models/{model}:');
    case 'anthropic-messages':
      return path;
    default:
      return dialect satisfies never;
  }
}

function notSpoken({ provider }: Target, dialect: DialectId): GatewayError {
  const spoken = [...provider.endpoints.keys()].join(', ');
  return gatewayError(
    'not-supported',
    `"${provider.id}" does not speak ${dialect} (it speaks ${spoken || 'nothing'}), and this kind of request cannot be translated. ` +
      'Choose a model of a provider that does for this agent.',
  );
}

import type { AnswerFrame, Codec, DecodeOptions } from '../../dialects/codec.ts';
import { CODECS } from '../../dialects/codecs.ts';
import { callIdsOf } from '../../dialects/conversation.ts';
import { outputLimitOf } from '../../dialects/model-traits.ts';
import { asRecord } from '../../dialects/read-json.ts';
import type { WireRequest } from '../../dialects/wire-request.ts';
import type { DialectId } from '../../ir/dialect.ts';
import { gatewayError, isGatewayError, type GatewayError } from '../../ir/error.ts';
import type { Loss } from '../../ir/loss.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Target } from '../../routing/resolve-target.ts';
import type { CarryMemory } from './carry-memory.ts';
import { parsedBody } from './parsed-body.ts';

/** A request in the provider's words, and what it takes to bring the answer back in the agent's. */
export interface Translation {
  readonly inbound: Codec;
  readonly outbound: Codec;
  readonly wire: WireRequest;
  /** For servers that do not know `stream_options`. */
  readonly withoutUsage: () => WireRequest;
  readonly decode: DecodeOptions;
  readonly frame: AnswerFrame;
  /** The agent's dialect has thoughts signed, and its providers refuse those that are not. */
  readonly signsThoughts: boolean;
  /** Of reading and writing, each once. */
  readonly losses: readonly Loss[];
}

/**
 * In which dialect a provider is asked that does not speak the agent's own: the one that loses least. Responses and Messages carry
 * thinking, Chat does not.
 */
const CLOSEST: Readonly<Record<DialectId, readonly DialectId[]>> = {
  'anthropic-messages': ['openai-responses', 'gemini', 'openai-chat'],
  'openai-responses': ['anthropic-messages', 'gemini', 'openai-chat'],
  'openai-chat': ['openai-responses', 'anthropic-messages', 'gemini'],
  gemini: ['anthropic-messages', 'openai-responses', 'openai-chat'],
};

export function closestDialect(asked: DialectId, provider: Provider): DialectId | undefined {
  return CLOSEST[asked].find((dialect) => provider.endpoints.has(dialect));
}

/** Who issues what a provider says in a dialect: see `Carry.issuer`. */
export function issuerOf(dialect: DialectId, { provider }: Target): string {
  return `${dialect}@${provider.id}`;
}

export interface ToTranslate {
  readonly id: string;
  readonly raw: Uint8Array;
  readonly from: DialectId;
  readonly to: DialectId;
  readonly model: string;
  readonly stream: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export function planTranslation(asked: ToTranslate, target: Target, memory: CarryMemory): Translation | GatewayError {
  const body = parsedBody(asked.raw);
  if (body === undefined) return gatewayError('bad-request', 'The request body is not a JSON object.');
  const inbound = CODECS[asked.from];
  const outbound = CODECS[asked.to];
  const read = inbound.readCall(body, { model: asked.model, stream: asked.stream });
  if (isGatewayError(read)) return read;

  const issuer = issuerOf(asked.to, target);
  const call = memory.restore({ ...read.call, model: target.model }, issuer);
  const { quirks } = target.provider;
  const limit = outputLimitOf(target.model);
  const options = { stream: asked.stream, issuer, ...(limit === undefined ? {} : { maxOutputTokens: limit }) };
  const wire = outbound.writeRequest(call, { ...options, quirks });
  return {
    inbound,
    outbound,
    wire,
    withoutUsage: () => outbound.writeRequest(call, { ...options, quirks: { ...quirks, streamUsage: 'never' } }),
    decode: { quirks, issuer, usedCallIds: callIdsOf(read.call) },
    frame: {
      id: asked.id,
      model: asked.model,
      createdAt: Math.floor(asked.at / 1000),
      call: read.call,
      includeUsage: asksForUsage(body),
    },
    signsThoughts: asked.from === 'anthropic-messages' || asked.from === 'openai-responses',
    losses: [...new Set([...read.losses, ...wire.losses])],
  };
}

function asksForUsage(body: Readonly<Record<string, unknown>>): boolean {
  return asRecord(body['stream_options'])?.['include_usage'] === true;
}

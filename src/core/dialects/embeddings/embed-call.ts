import type { DialectId } from '../../ir/dialect.ts';
import { gatewayError, type GatewayError } from '../../ir/error.ts';
import type { Loss } from '../../ir/loss.ts';
import { NO_USAGE, tokenCount, type Usage } from '../../ir/usage.ts';
import { estimateText } from '../count-tokens.ts';

/** The dialects that have embeddings at all; Anthropic has none, and OpenAI's are the same beside both of its dialects. */
export type EmbeddingDialect = Extract<DialectId, 'openai-chat' | 'gemini'>;

export function hasEmbeddings(dialect: DialectId): dialect is EmbeddingDialect {
  return dialect === 'openai-chat' || dialect === 'gemini';
}

/** A request for vectors as meaning. */
export interface EmbedCall {
  /** As the agent named it when an answer is rendered, the target's own when a request is written. */
  readonly model: string;
  /** One vector each, in this order. Never empty. */
  readonly inputs: readonly EmbedInput[];
  /** Length of each vector; left out, the model's own. */
  readonly dimensions?: number;
  readonly user?: string;
  /** How OpenAI's shape is to hold a vector: a list of numbers, or base64 of float32, least byte first. */
  readonly encoding: 'float' | 'base64';
  /** Gemini's `:embedContent`, whose answer is one vector outside of any list. */
  readonly single: boolean;
}

export interface EmbedInput {
  readonly text: string;
  /** What the vector is for, in Gemini's words: `RETRIEVAL_QUERY`, `CODE_RETRIEVAL_QUERY`, ... */
  readonly taskType?: string;
  /** Of the document that the text is from. */
  readonly title?: string;
}

export interface ReadEmbedding {
  readonly call: EmbedCall;
  readonly losses: readonly Loss[];
}

export interface WrittenEmbedding {
  /** Below the base URL of the dialect. Holds `{model}` for Gemini: see `upstreamPathFor`. */
  readonly path: string;
  readonly body: string;
  readonly losses: readonly Loss[];
}

export interface EmbedAnswer {
  /** In the order of the inputs, and as many. */
  readonly vectors: readonly (readonly number[])[];
  /** Undefined where the provider does not say: Gemini's older models never do. */
  readonly usage: Usage | undefined;
}

/** What is to be booked: the provider's word, else an estimate of the texts. */
export function embeddingUsage(answer: EmbedAnswer, call: EmbedCall): Usage {
  if (answer.usage !== undefined) return answer.usage;
  return { ...NO_USAGE, input: call.inputs.reduce((sum, { text }) => sum + estimateText(text), 0), source: 'estimated' };
}

export function reportedInput(value: unknown): Usage | undefined {
  const input = tokenCount(value);
  return input === undefined ? undefined : { ...NO_USAGE, input, source: 'reported' };
}

/** An answer that lacks a vector would shift all that follow it onto the wrong texts, unseen: it is no answer. */
export function answerOf(
  vectors: readonly (readonly number[] | undefined)[],
  usage: Usage | undefined,
  call: EmbedCall,
): EmbedAnswer | GatewayError {
  const whole = vectors.filter((vector) => vector !== undefined);
  if (whole.length === call.inputs.length && whole.length === vectors.length) return { vectors: whole, usage };
  const wanted = call.inputs.length === 1 ? 'one text' : `${call.inputs.length} texts`;
  return gatewayError('upstream-broken', `The provider answered with ${whole.length} vectors for ${wanted}. Try again.`);
}

/** Undefined for anything but a list of finite numbers with at least one. */
export function numbersOf(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.every((each) => typeof each === 'number' && Number.isFinite(each)) ? (value as number[]) : undefined;
}

export function refusedField(field: string, reason: string): GatewayError {
  return gatewayError('bad-request', `${field} ${reason}`);
}

import { DIALECTS } from '../../dialects/by-id.ts';
import { CODECS } from '../../dialects/codecs.ts';
import { completionStream, convertCompletion } from '../../dialects/completions/convert-answer.ts';
import { completionForm, type CompletionForm } from '../../dialects/completions/forms.ts';
import { readCompletion } from '../../dialects/completions/read-completion.ts';
import { writeCompletion } from '../../dialects/completions/write-completion.ts';
import {
  countBody,
  countsTokens,
  estimateTokens,
  readCount,
  renderCount,
  writeCount,
  type CountingDialect,
} from '../../dialects/count-tokens.ts';
import { embeddingUsage, hasEmbeddings } from '../../dialects/embeddings/embed-call.ts';
import { readEmbedding, readEmbeddingAnswer, renderEmbeddingAnswer, writeEmbedding } from '../../dialects/embeddings/embeddings.ts';
import type { JsonRecord } from '../../dialects/read-json.ts';
import type { DialectId } from '../../ir/dialect.ts';
import { gatewayError, isGatewayError, type GatewayError } from '../../ir/error.ts';
import type { Target } from '../../routing/resolve-target.ts';
import type { Converted } from './converted-whole.ts';
import type { Conversion } from '../serving.ts';

/** What is converted, besides the body: as the pipeline knows it. */
export interface ToConvert {
  readonly id: string;
  readonly at: number;
  readonly body: JsonRecord;
  readonly from: DialectId;
  readonly model: string;
  readonly stream: boolean;
}

/** A request in the provider's form of it. `path` may hold `{model}`: see `upstreamPathFor`. */
export interface PlannedConversion extends Conversion {
  readonly to: DialectId;
  readonly path: string;
}

/** Nobody has to be asked: the answer is known here. */
export interface KnownAnswer {
  readonly known: Record<string, unknown>;
}

/** Embeddings of a provider that has them in the other shape. Undefined where it has none at all. */
export function planEmbeddings(asked: ToConvert, target: Target): PlannedConversion | GatewayError | undefined {
  const { from } = asked;
  const to = [...target.provider.endpoints.keys()].find((dialect) => dialect !== from && hasEmbeddings(dialect));
  if (to === undefined || !hasEmbeddings(to) || !hasEmbeddings(from)) return undefined;
  const read = readEmbedding(from, asked.body, asked);
  if (isGatewayError(read)) return read;
  const written = writeEmbedding(to, { ...read.call, model: target.model });
  return {
    to,
    ...written,
    losses: [...new Set([...read.losses, ...written.losses])],
    whole: {
      json(answer) {
        const vectors = readEmbeddingAnswer(to, answer, read.call);
        if (isGatewayError(vectors)) return vectors;
        const usage = embeddingUsage(vectors, read.call);
        return json(renderEmbeddingAnswer(from, vectors, read.call), { usage, model: undefined, tier: undefined });
      },
    },
  };
}

/** Whether completions asked under `path` come in the provider's own form, so that bytes can pass. */
export function hasSameForm(path: string, { provider }: Target): boolean {
  return (completionForm(path) ?? 'legacy') === (provider.quirks.completions ?? 'legacy');
}

export function planCompletion(asked: ToConvert, path: string, target: Target): PlannedConversion | GatewayError {
  const { quirks } = target.provider;
  const wanted: CompletionForm = completionForm(path) ?? 'legacy';
  const offered = quirks.completions ?? 'legacy';
  const read = readCompletion(wanted, asked.body, asked);
  if (isGatewayError(read)) return read;
  const written = writeCompletion(offered, { ...read.call, model: target.model }, quirks);
  const frame = { id: asked.id, model: asked.model, createdAt: Math.floor(asked.at / 1000), call: read.call };
  return {
    to: 'openai-chat',
    ...written,
    losses: [...new Set([...read.losses, ...written.losses])],
    whole: {
      json(answer, body) {
        const converted = convertCompletion(answer, wanted, frame);
        return isGatewayError(converted) ? converted : json(converted, DIALECTS['openai-chat'].meterWhole(body, quirks));
      },
    },
    passage: () => {
      const stream = completionStream(wanted, frame);
      return {
        event: (event) => stream.push(event),
        end: () => stream.end(),
        get broken() {
          return stream.failure;
        },
        fail: () => undefined,
      };
    },
  };
}

/** Counting by a provider that counts in the other dialect; an estimate of ours where it counts in none. */
export function planCount(asked: ToConvert, target: Target): PlannedConversion | GatewayError | KnownAnswer {
  const { from } = asked;
  if (!countsTokens(from)) return gatewayError('not-supported', 'Tokens are counted for Anthropic and Gemini requests only.');
  const read = CODECS[from].readCall(countBody(from, asked.body), { model: asked.model, stream: false });
  if (isGatewayError(read)) return read;
  const to = [...target.provider.endpoints.keys()].find((dialect): dialect is CountingDialect => countsTokens(dialect));
  if (to === undefined) return { known: renderCount(from, estimateTokens(read.call)) };
  const written = CODECS[to].writeRequest({ ...read.call, model: target.model }, { stream: false, cacheBreakpoints: false });
  return {
    to,
    ...writeCount(to, written.body, target.model),
    losses: [...new Set([...read.losses, ...written.losses])],
    whole: { json: (answer) => json(renderCount(from, readCount(to, answer) ?? estimateTokens(read.call)), undefined) },
  };
}

function json(body: Record<string, unknown>, metered: Converted['metered']): Converted {
  return { type: 'application/json', text: JSON.stringify(body), metered };
}

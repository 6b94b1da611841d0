import type { GatewayError } from '../../ir/error.ts';
import type { Asked } from '../codec.ts';
import type { JsonRecord } from '../read-json.ts';
import type { EmbedAnswer, EmbedCall, EmbeddingDialect, ReadEmbedding, WrittenEmbedding } from './embed-call.ts';
import { readGemini, readGeminiAnswer, renderGeminiAnswer, writeGemini } from './gemini.ts';
import { readOpenAi, readOpenAiAnswer, renderOpenAiAnswer, writeOpenAi } from './openai.ts';

/** The embeddings of one dialect. Readers of requests and renderers speak to agents, the others to providers. */
interface Embeddings {
  read(body: JsonRecord, asked: Asked): ReadEmbedding | GatewayError;
  write(call: EmbedCall): WrittenEmbedding;
  readAnswer(body: JsonRecord, call: EmbedCall): EmbedAnswer | GatewayError;
  renderAnswer(answer: EmbedAnswer, call: EmbedCall): Record<string, unknown>;
}

const BY_DIALECT: Readonly<Record<EmbeddingDialect, Embeddings>> = {
  'openai-chat': { read: readOpenAi, write: writeOpenAi, readAnswer: readOpenAiAnswer, renderAnswer: renderOpenAiAnswer },
  gemini: { read: readGemini, write: writeGemini, readAnswer: readGeminiAnswer, renderAnswer: renderGeminiAnswer },
};

/** What an agent asks. `asked.stream` means nothing here. */
export function readEmbedding(dialect: EmbeddingDialect, body: JsonRecord, asked: Asked): ReadEmbedding | GatewayError {
  return BY_DIALECT[dialect].read(body, asked);
}

/** `call.model` is the provider's own name of the model by now. */
export function writeEmbedding(dialect: EmbeddingDialect, call: EmbedCall): WrittenEmbedding {
  return BY_DIALECT[dialect].write(call);
}

/** `call` tells how many vectors there must be. */
export function readEmbeddingAnswer(dialect: EmbeddingDialect, body: JsonRecord, call: EmbedCall): EmbedAnswer | GatewayError {
  return BY_DIALECT[dialect].readAnswer(body, call);
}

/** In the shape that was asked for: `call` as `readEmbedding` gave it. */
export function renderEmbeddingAnswer(dialect: EmbeddingDialect, answer: EmbedAnswer, call: EmbedCall): Record<string, unknown> {
  return BY_DIALECT[dialect].renderAnswer(answer, call);
}

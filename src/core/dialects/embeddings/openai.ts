import { isGatewayError, type GatewayError } from '../../ir/error.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import type { Asked } from '../codec.ts';
import { providerError } from '../decoder.ts';
import { asRecord, listAt, recordAt, type JsonRecord } from '../read-json.ts';
import {
  answerOf,
  embeddingUsage,
  numbersOf,
  refusedField,
  reportedInput,
  type EmbedAnswer,
  type EmbedCall,
  type ReadEmbedding,
  type WrittenEmbedding,
} from './embed-call.ts';

const KNOWN: ReadonlySet<string> = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user']);

/** `POST /v1/embeddings`. */
export function readOpenAi(body: JsonRecord, asked: Asked): ReadEmbedding | GatewayError {
  const texts = textsOf(body['input']);
  if (isGatewayError(texts)) return texts;
  const dimensions = body['dimensions'] ?? undefined;
  if (dimensions !== undefined && !(typeof dimensions === 'number' && Number.isSafeInteger(dimensions) && dimensions > 0))
    return refusedField('dimensions', 'must be a whole number above 0.');
  const encoding = body['encoding_format'] ?? 'float';
  if (encoding !== 'float' && encoding !== 'base64')
    return refusedField('encoding_format', 'must be "float" or "base64": other encodings are not known here.');
  const user = body['user'] ?? undefined;
  if (user !== undefined && typeof user !== 'string') return refusedField('user', 'must be a text.');
  return {
    call: {
      model: asked.model,
      inputs: texts.map((text) => ({ text })),
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(user === undefined ? {} : { user }),
      encoding,
      single: false,
    },
    losses: Object.keys(body)
      .filter((name) => !KNOWN.has(name))
      .map(fieldLoss),
  };
}

/**
 * No `encoding_format`: numbers are the default of every provider, and some refuse the field. The SDK's own wish for base64 is met
 * when the answer is rendered.
 */
export function writeOpenAi(call: EmbedCall): WrittenEmbedding {
  const losses = new Set<Loss>();
  for (const { taskType, title } of call.inputs) {
    if (taskType !== undefined) losses.add(fieldLoss('taskType'));
    if (title !== undefined) losses.add(fieldLoss('title'));
  }
  const texts = call.inputs.map(({ text }) => text);
  const body = { model: call.model, input: texts, dimensions: call.dimensions, user: call.user };
  return { path: '/embeddings', body: JSON.stringify(body), losses: [...losses] };
}

export function readOpenAiAnswer(body: JsonRecord, call: EmbedCall): EmbedAnswer | GatewayError {
  const error = recordAt(body, 'error');
  if (error !== undefined) return providerError(error);
  const data = listAt(body, 'data').map(asRecord);
  // By index, not by order: the answer's order is nowhere promised. Two of one index leave a gap, which `answerOf` sees.
  const vectors = Array.from<readonly number[] | undefined>({ length: data.length });
  data.forEach((each, at) => {
    const index = each?.['index'];
    vectors[isPlace(index, data.length) ? index : at] = vectorOf(each?.['embedding']);
  });
  return answerOf(vectors, reportedInput(recordAt(body, 'usage')?.['prompt_tokens']), call);
}

export function renderOpenAiAnswer(answer: EmbedAnswer, call: EmbedCall): Record<string, unknown> {
  const { input } = embeddingUsage(answer, call);
  return {
    object: 'list',
    data: answer.vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: call.encoding === 'base64' ? base64Of(vector) : vector,
    })),
    model: call.model,
    // Its readers take both counts for given, so an unknown one is estimated rather than left out.
    usage: { prompt_tokens: input, total_tokens: input },
  };
}

function textsOf(input: unknown): readonly string[] | GatewayError {
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (input === undefined || input === null) return refusedField('input', 'is missing: send a text or a list of texts.');
  if (texts.length === 0) return refusedField('input', 'is an empty list: send at least one text.');
  for (const [at, text] of texts.entries()) {
    const name = Array.isArray(input) ? `input[${at}]` : 'input';
    if (typeof text === 'number' || Array.isArray(text))
      return refusedField(
        'input',
        'holds token numbers, which only the model that they were made for can read: send the text itself.',
      );
    if (typeof text !== 'string') return refusedField(name, 'must be a text.');
    if (text === '') return refusedField(name, 'is empty: there is no vector for nothing.');
  }
  return texts as readonly string[];
}

function isPlace(index: unknown, length: number): index is number {
  return typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < length;
}

function vectorOf(value: unknown): readonly number[] | undefined {
  return typeof value === 'string' ? floatsOf(value) : numbersOf(value);
}

function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4);
  vector.forEach((value, at) => bytes.writeFloatLE(value, at * 4));
  return bytes.toString('base64');
}

function floatsOf(base64: string): readonly number[] | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length % 4 !== 0) return undefined;
  return numbersOf(Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4)));
}

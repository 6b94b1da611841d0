import { isGatewayError, type GatewayError } from '../../ir/error.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import type { Asked } from '../codec.ts';
import { providerError } from '../decoder.ts';
import { asRecord, listAt, recordAt, type JsonRecord } from '../read-json.ts';
import {
  answerOf,
  numbersOf,
  refusedField,
  reportedInput,
  type EmbedAnswer,
  type EmbedCall,
  type EmbedInput,
  type ReadEmbedding,
  type WrittenEmbedding,
} from './embed-call.ts';

/** Protobuf's JSON takes both spellings of a name, and so do Google's own clients. */
const SPELLINGS: Readonly<Record<string, string>> = {
  task_type: 'taskType',
  output_dimensionality: 'outputDimensionality',
  embed_content_config: 'embedContentConfig',
};

const KNOWN: ReadonlySet<string> = new Set(['model', 'content', 'taskType', 'title', 'outputDimensionality', 'embedContentConfig']);
const KNOWN_OF_CONFIG: ReadonlySet<string> = new Set(['taskType', 'title', 'outputDimensionality']);

/** `:embedContent` and `:batchEmbedContents`, which the body itself tells apart. */
export function readGemini(body: JsonRecord, asked: Asked): ReadEmbedding | GatewayError {
  const requests = body['requests'];
  const single = requests === undefined;
  if (!single && !(Array.isArray(requests) && requests.length > 0))
    return refusedField('requests', 'must be a list with at least one request.');
  const losses = new Set<Loss>();
  if (!single) for (const name of Object.keys(body)) if (!['requests', 'model'].includes(name)) losses.add(fieldLoss(name));
  const inputs: EmbedInput[] = [];
  let dimensions: number | undefined;
  for (const [at, each] of (single ? [body] : (requests as readonly unknown[])).entries()) {
    const where = single ? '' : `requests[${at}].`;
    const read = readRequest(each, where, losses);
    if (isGatewayError(read)) return read;
    // Here each request has its own; everywhere else there is one for all.
    if (at > 0 && read.dimensions !== dimensions)
      return refusedField(
        `${where}outputDimensionality`,
        'differs from that of the first request: the provider that serves this model takes one length for all.',
      );
    dimensions = read.dimensions;
    inputs.push(read.input);
  }
  return {
    call: { model: asked.model, inputs, ...(dimensions === undefined ? {} : { dimensions }), encoding: 'float', single },
    losses: [...losses],
  };
}

/** Always a batch, also of one: it answers in one shape. Google takes up to 100 a batch and says so to more. */
export function writeGemini(call: EmbedCall): WrittenEmbedding {
  const requests = call.inputs.map(({ text, taskType, title }) => ({
    // Required in each, and the same as in the path.
    model: `models/${call.model}`,
    content: { parts: [{ text }] },
    taskType,
    title,
    outputDimensionality: call.dimensions,
  }));
  return {
    path: '/v1beta/models/{model}:batchEmbedContents',
    body: JSON.stringify({ requests }),
    losses: call.user === undefined ? [] : [fieldLoss('user')],
  };
}

export function readGeminiAnswer(body: JsonRecord, call: EmbedCall): EmbedAnswer | GatewayError {
  const error = recordAt(body, 'error');
  if (error !== undefined) return providerError(error);
  const one = recordAt(body, 'embedding');
  const embeddings = one === undefined ? listAt(body, 'embeddings').map(asRecord) : [one];
  const vectors = embeddings.map((each) => numbersOf(each?.['values']));
  return answerOf(vectors, reportedInput(recordAt(body, 'usageMetadata')?.['promptTokenCount']), call);
}

export function renderGeminiAnswer(answer: EmbedAnswer, call: EmbedCall): Record<string, unknown> {
  const usage = answer.usage === undefined ? {} : { usageMetadata: { promptTokenCount: answer.usage.input } };
  const embeddings = answer.vectors.map((values) => ({ values }));
  return call.single ? { embedding: embeddings[0], ...usage } : { embeddings, ...usage };
}

interface OneRequest {
  readonly input: EmbedInput;
  readonly dimensions: number | undefined;
}

function readRequest(value: unknown, where: string, losses: Set<Loss>): OneRequest | GatewayError {
  const request = respelled(asRecord(value));
  const text = textOf(recordAt(request, 'content'), `${where}content`);
  if (typeof text !== 'string') return text;
  // Vertex has moved the options into an object of their own; the fields beside it stay for older clients.
  const config = respelled(recordAt(request, 'embedContentConfig'));
  const options = { ...request, ...config };
  for (const name of Object.keys(request)) if (!KNOWN.has(name)) losses.add(fieldLoss(name));
  for (const name of Object.keys(config)) if (!KNOWN_OF_CONFIG.has(name)) losses.add(fieldLoss(name));
  const dimensions = options['outputDimensionality'] ?? undefined;
  if (dimensions !== undefined && !(typeof dimensions === 'number' && Number.isSafeInteger(dimensions) && dimensions > 0))
    return refusedField(`${where}outputDimensionality`, 'must be a whole number above 0.');
  const taskType = options['taskType'] ?? undefined;
  if (taskType !== undefined && typeof taskType !== 'string') return refusedField(`${where}taskType`, 'must be a text.');
  const title = options['title'] ?? undefined;
  if (title !== undefined && typeof title !== 'string') return refusedField(`${where}title`, 'must be a text.');
  return {
    input: { text, ...(taskType === undefined ? {} : { taskType }), ...(title === undefined ? {} : { title }) },
    dimensions,
  };
}

/** The parts of one content are one text. */
function textOf(content: JsonRecord | undefined, where: string): string | GatewayError {
  if (content === undefined) return refusedField(where, 'is missing: send {"parts":[{"text":"..."}]}.');
  const texts: string[] = [];
  for (const [at, part] of listAt(content, 'parts').entries()) {
    const text = asRecord(part)?.['text'];
    if (typeof text !== 'string')
      return refusedField(
        `${where}.parts[${at}]`,
        'holds no text, and nothing else can be embedded by a provider of another dialect.',
      );
    texts.push(text);
  }
  const text = texts.join('\n');
  return text === '' ? refusedField(where, 'holds no text: there is no vector for nothing.') : text;
}

function respelled(record: JsonRecord | undefined): JsonRecord {
  return Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [SPELLINGS[name] ?? name, value]));
}

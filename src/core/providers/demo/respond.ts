import type { DialectId } from '../../ir/dialect.ts';
import { anthropicError, anthropicFrames, anthropicModel, anthropicModels, anthropicWhole } from './anthropic-messages.ts';
import { type Answer, type Frame, type FrameData, frameText } from './answer.ts';
import { composeAnswer, DEMO_MODEL, tokensOf } from './compose.ts';
import { geminiError, geminiFrames, geminiModel, geminiModels, geminiWhole } from './gemini.ts';
import { chatFrames, chatWhole, openaiError, openaiModel, openaiModels } from './openai-chat.ts';
import { responsesFrames, responsesWhole } from './openai-responses.ts';
import { type ReadRequest, readRequest } from './read-request.ts';

export interface DemoRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Lower-case names; only used to tell the three model lists apart. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

export interface DemoResponse {
  readonly status: number;
  readonly type: string;
  /** One entry is one write; a stream is paced, a whole body is a single entry. */
  readonly chunks: readonly string[];
  readonly paced: boolean;
}

/** Pure: the answer to a request, `created` being the only thing that is not read from it. Seconds since the epoch. */
export function respond(request: DemoRequest, created: number): DemoResponse {
  const [route = '', query = ''] = request.path.split('?');
  const dialect = dialectOf(request, route);
  if (request.method === 'GET') return models(dialect, route);
  if (/(?:\/embeddings|:(?:embed|batchEmbed)Contents?)$/.test(route))
    return refusal(dialect, 501, 'The demo provider has no embeddings.');

  const body = parse(request.body ?? new Uint8Array());
  if (body === undefined) return refusal(dialect, 400, 'The request body is not a JSON object.');
  const read = readRequest(dialect, body, request.path);
  if (/(?:\/count_tokens|\/input_tokens|:countTokens)$/.test(route)) return whole(countBody(dialect, tokensOf(read.characters)));
  if (!/(?:\/chat\/completions|\/responses|\/messages|:generateContent|:streamGenerateContent)$/.test(route)) {
    return refusal(dialect, 404, 'The demo provider does not know this address.');
  }
  const answer = composeAnswer(read, request.body ?? new Uint8Array(), created);
  if (!read.stream) return whole(wholeOf(dialect, answer));
  const frames = framesOf(dialect, answer, read);
  // Without alt=sse Gemini streams one JSON array.
  if (dialect === 'gemini' && !/(?:^|&)alt=sse(?:&|$)/.test(query)) {
    const chunks = frames.map(
      (frame, at) => `${at === 0 ? '[' : ','}${JSON.stringify(frame.data)}${at === frames.length - 1 ? ']' : ''}`,
    );
    return { status: 200, type: 'application/json', chunks, paced: true };
  }
  return { status: 200, type: 'text/event-stream', chunks: frames.map((frame) => frameText(frame)), paced: true };
}

function dialectOf(request: DemoRequest, route: string): DialectId {
  if (route.endsWith('/chat/completions')) return 'openai-chat';
  if (/\/responses(?:\/|$)/.test(route)) return 'openai-responses';
  if (/\/messages(?:\/|$)/.test(route)) return 'anthropic-messages';
  if (/\/models\/.+:[A-Za-z]+$/.test(route)) return 'gemini';
  if (request.headers['anthropic-version'] !== undefined) return 'anthropic-messages';
  if (
    route.includes('/v1beta/') ||
    request.headers['x-goog-api-key'] !== undefined ||
    request.headers['x-goog-api-client'] !== undefined
  ) {
    return 'gemini';
  }
  return 'openai-chat';
}

function framesOf(dialect: DialectId, answer: Answer, read: ReadRequest): readonly Frame[] {
  switch (dialect) {
    case 'anthropic-messages':
      return anthropicFrames(answer);
    case 'openai-chat':
      return chatFrames(answer, read.includeUsage);
    case 'openai-responses':
      return responsesFrames(answer);
    case 'gemini':
      return geminiFrames(answer);
    default:
      return dialect satisfies never;
  }
}

function wholeOf(dialect: DialectId, answer: Answer): FrameData {
  switch (dialect) {
    case 'anthropic-messages':
      return anthropicWhole(answer);
    case 'openai-chat':
      return chatWhole(answer);
    case 'openai-responses':
      return responsesWhole(answer);
    case 'gemini':
      return geminiWhole(answer);
    default:
      return dialect satisfies never;
  }
}

function countBody(dialect: DialectId, tokens: number): FrameData {
  if (dialect === 'gemini') return { totalTokens: tokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: tokens }] };
  return dialect === 'anthropic-messages' ? { input_tokens: tokens } : { object: 'response.input_tokens', input_tokens: tokens };
}

function models(dialect: DialectId, route: string): DemoResponse {
  const one = /\/models\/(.+)$/.exec(route)?.[1];
  if (one === undefined && !/\/models\/?$/.test(route))
    return refusal(dialect, 404, 'The demo provider does not know this address.');
  switch (dialect) {
    case 'anthropic-messages':
      return whole(one === undefined ? anthropicModels([DEMO_MODEL]) : anthropicModel(one));
    case 'openai-chat':
    case 'openai-responses':
      return whole(one === undefined ? openaiModels([DEMO_MODEL]) : openaiModel(one));
    case 'gemini':
      return whole(one === undefined ? geminiModels([DEMO_MODEL]) : geminiModel(one));
    default:
      return dialect satisfies never;
  }
}

function refusal(dialect: DialectId, status: 400 | 404 | 501, what: string): DemoResponse {
  const message = `${what} Run the command "Gatehouse: Add Key" to use a real provider.`;
  switch (dialect) {
    case 'anthropic-messages':
      return whole(anthropicError(status === 404 ? 'not_found_error' : 'invalid_request_error', message, 'req_demo'), status);
    case 'openai-chat':
    case 'openai-responses':
      return whole(openaiError('invalid_request_error', message, status === 501 ? 'not_supported' : null), status);
    case 'gemini':
      return whole(
        geminiError(status, status === 501 ? 'UNIMPLEMENTED' : status === 404 ? 'NOT_FOUND' : 'INVALID_ARGUMENT', message),
        status,
      );
    default:
      return dialect satisfies never;
  }
}

const whole = (body: FrameData, status = 200): DemoResponse => ({
  status,
  type: 'application/json',
  chunks: [JSON.stringify(body)],
  paced: false,
});

function parse(body: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

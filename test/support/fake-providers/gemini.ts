import { geminiError, geminiFrames, geminiModel, geminiModels, geminiWhole } from '../../../src/core/providers/demo/gemini.ts';
import type { FrameData } from '../../../src/core/providers/demo/answer.ts';
import {
  type FakeDialect,
  type Fault,
  type Fields,
  fieldsOf,
  firstFault,
  listOf,
  refuse,
  type Refusal,
  textOf,
} from './dialect.ts';
import { checkContents } from './gemini-rules.ts';
import { vectorOf } from './openai-embeddings.ts';
import type { FakeRequest, StepError } from './script.ts';

const STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

function refusal(fault: Fault, details: readonly FrameData[] = []): Refusal {
  const status = fault.status ?? 400;
  return {
    status,
    message: fault.message,
    body: geminiError(status, fault.type ?? STATUS[status] ?? 'UNKNOWN', fault.message, details),
  };
}

/** Everything between `/models/` and the last colon: model names may hold slashes. */
const CALL = /^\/v1(?:beta|alpha)?\/models\/(.+):([A-Za-z]+)$/;
const LIST = /^\/v1(?:beta|alpha)?\/models$/;
const ONE = /^\/v1(?:beta|alpha)?\/models\/([^:]+)$/;

const OPERATIONS = {
  generateContent: 'generate',
  streamGenerateContent: 'generate',
  countTokens: 'count',
  embedContent: 'embed',
  batchEmbedContents: 'embed',
} as const;

export const FAKE_GEMINI: FakeDialect = {
  id: 'gemini',
  newline: '\r\n',
  headers: { vary: 'Origin, X-Origin, Referer', server: 'scaffolding on HTTPServer2', 'x-frame-options': 'SAMEORIGIN' },

  route(method, path) {
    if (method === 'GET') return LIST.test(path) || ONE.test(path) ? 'models' : undefined;
    const action = method === 'POST' ? CALL.exec(path)?.[2] : undefined;
    return action !== undefined && action in OPERATIONS ? OPERATIONS[action as keyof typeof OPERATIONS] : undefined;
  },

  authorise({ headers, path }, keys) {
    const given = headers['x-goog-api-key'] ?? new URLSearchParams(path.split('?')[1] ?? '').get('key');
    if (given !== null && keys.includes(given)) return undefined;
    if (given !== null) {
      return refusal({ message: `API key not valid. Please pass a valid API key. (${given})` }, [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'API_KEY_INVALID',
          domain: 'googleapis.com',
          metadata: { service: 'generativelanguage.googleapis.com' },
        },
      ]);
    }
    if (headers['authorization'] !== undefined) {
      return refusal({
        status: 401,
        message:
          'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
      });
    }
    return refusal({
      status: 403,
      message:
        "Method doesn't allow unregistered callers (callers without established identity). " +
        'Please use API Key or other form of API consumer identity to call this API.',
    });
  },

  check(request, operation, memory) {
    if (operation === 'models') return undefined;
    const fault = firstFault(() => checkBody(request, operation, memory));
    if (fault === undefined) return undefined;
    const unknown = /Unknown name .* at '(.+)'/.exec(fault.message)?.[1];
    const violation = {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ field: unknown, description: fault.message }],
    };
    return refusal(fault, unknown === undefined ? [] : [violation]);
  },

  remember: () => undefined,

  /** Thought text is only shown on request; the signature always comes. */
  thinking(request, thinking) {
    const config = fieldsOf(fieldsOf(request.body)['generationConfig']);
    return fieldsOf(config['thinkingConfig'])['includeThoughts'] === true ? thinking : { ...thinking, text: '' };
  },

  /** The service names no call. */
  callId: () => '',
  frames: (_request, answer) => geminiFrames(answer),
  whole: (_request, answer) => geminiWhole(answer),
  models(path, ids) {
    const one = ONE.exec(path)?.[1];
    return one === undefined ? geminiModels(ids) : geminiModel(one);
  },
  count: (_request, tokens) => ({ totalTokens: tokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: tokens }] }),

  embed(request) {
    const body = fieldsOf(request.body);
    const valuesOf = (content: unknown): FrameData => ({
      values: vectorOf(
        listOf(fieldsOf(content)['parts'])
          .map((part) => textOf(fieldsOf(part)['text']))
          .join(''),
      ),
    });
    return body['requests'] === undefined
      ? { embedding: valuesOf(body['content']) }
      : { embeddings: listOf(body['requests']).map((each) => valuesOf(fieldsOf(each)['content'])) };
  },

  error: (error) => refusal(wordsOf(error), detailsOf(error)),
  errorFrames: (error) => [{ event: undefined, data: refusal(wordsOf(error), detailsOf(error)).body }],
  unknownModel: (model) =>
    refusal({
      status: 404,
      message: `models/${model} is not found for API version v1beta, or is not supported for generateContent.`,
    }),
  notFound: (path) => refusal({ status: 404, message: `The requested URL ${path} was not found on this server.` }),
};

function checkBody(request: FakeRequest, operation: string, memory: Parameters<FakeDialect['check']>[2]): void {
  const body = fieldsOf(request.body);
  if (operation === 'embed') {
    if (body['content'] === undefined && listOf(body['requests']).length === 0)
      refuse('* EmbedContentRequest.content: contents is not specified\n');
    return;
  }
  const model = CALL.exec(request.path.split('?')[0] ?? '')?.[1] ?? '';
  // A count may be asked of a whole generate request.
  const wrapped: unknown = operation === 'count' ? body['generateContentRequest'] : undefined;
  const target: Fields = wrapped === undefined ? body : fieldsOf(wrapped);
  checkContents(target, model, memory);
}

function wordsOf(error: StepError): Fault {
  const words =
    error.status === 429
      ? 'You exceeded your current quota, please check your plan and billing details.'
      : 'An internal error has occurred.';
  return { status: error.status, message: error.message ?? words, ...(error.type === undefined ? {} : { type: error.type }) };
}

/** Google gives the wait in the body, not in a header. */
function detailsOf(error: StepError): readonly FrameData[] {
  if (error.details !== undefined) return error.details;
  return error.status === 429 ? [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' }] : [];
}

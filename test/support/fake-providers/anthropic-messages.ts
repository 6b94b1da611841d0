import {
  anthropicError,
  anthropicFrames,
  anthropicModel,
  anthropicModels,
  anthropicWhole,
} from '../../../src/core/providers/demo/anthropic-messages.ts';
import { checkMessages } from './anthropic-messages-rules.ts';
import { type FakeDialect, type Fault, fieldsOf, firstFault, type Refusal, textOf } from './dialect.ts';
import type { FakeRequest, StepError } from './script.ts';

const VERSIONS = ['2023-01-01', '2023-06-01', '2026-10-21'];
const REQUEST_ID = 'req_011CSHoEeqs5C35K2UUqR7Fy';

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const refusal = (fault: Fault): Refusal => {
  const status = fault.status ?? 400;
  return {
    status,
    message: fault.message,
    body: anthropicError(fault.type ?? TYPES[status] ?? 'api_error', fault.message, REQUEST_ID),
  };
};

const betasOf = (request: FakeRequest): readonly string[] =>
  (request.headers['anthropic-beta'] ?? '').split(',').flatMap((beta) => (beta.trim() === '' ? [] : [beta.trim()]));

export const FAKE_ANTHROPIC: FakeDialect = {
  id: 'anthropic-messages',
  newline: '\n',
  headers: {
    'request-id': REQUEST_ID,
    'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
    'anthropic-ratelimit-requests-limit': '4000',
    'anthropic-ratelimit-requests-remaining': '3999',
    'anthropic-ratelimit-requests-reset': '2026-11-01T00:00:00Z',
  },

  route(method, path) {
    if (method === 'POST' && path === '/v1/messages') return 'generate';
    if (method === 'POST' && path === '/v1/messages/count_tokens') return 'count';
    return method === 'GET' && /^\/v1\/models(?:\/[^:]+)?$/.test(path) ? 'models' : undefined;
  },

  authorise({ headers }, keys) {
    const given = [headers['x-api-key'], headers['authorization']?.replace(/^Bearer /i, '')].filter((each) => each !== undefined);
    if (given.length === 0) return refusal({ status: 401, message: 'x-api-key header is required' });
    // Both headers may come; a second credential that is not the first one is somebody else's, and must never have been sent.
    const wrong = given.find((each) => !keys.includes(each) || each !== given[0]);
    return wrong === undefined ? undefined : refusal({ status: 401, message: `invalid x-api-key: ${wrong}` });
  },

  check(request, operation, memory) {
    const version = request.headers['anthropic-version'];
    if (version === undefined) return refusal({ message: 'anthropic-version: header is required' });
    if (!VERSIONS.includes(version)) return refusal({ message: `anthropic-version: "${version}" is not a valid version` });
    if (operation === 'models') return undefined;
    const fault = firstFault(() => checkMessages(fieldsOf(request.body), betasOf(request), version, operation === 'count', memory));
    return fault === undefined ? undefined : refusal(fault);
  },

  remember: () => undefined,

  /** With `display: omitted` the text stays at the provider and only the signature comes. */
  thinking(request, thinking) {
    const { display } = fieldsOf(fieldsOf(request.body)['thinking']);
    return display === 'omitted' ? { ...thinking, text: '' } : thinking;
  },

  callId: (number) => `toolu_01FakeProviderCall${String(number).padStart(6, '0')}`,
  frames: (_request, answer) => anthropicFrames(answer),
  whole: (_request, answer) => anthropicWhole(answer),
  models: (path, ids) => (path === '/v1/models' ? anthropicModels(ids) : anthropicModel(path.slice('/v1/models/'.length))),
  count: (_request, tokens) => ({ input_tokens: tokens }),
  embed: () => ({}),

  error: (error) => refusal({ ...message(error), status: error.status }),
  errorFrames(error) {
    const { type, message: words } = message(error);
    return [{ event: 'error', data: anthropicError(type, words, REQUEST_ID) }];
  },
  unknownModel: (model) => refusal({ status: 404, message: `model: ${model}` }),
  notFound: (path) => refusal({ status: 404, message: `Not found: ${path}` }),
};

function message(error: StepError): { readonly type: string; readonly message: string } {
  const type = error.type ?? TYPES[error.status] ?? 'api_error';
  return { type, message: error.message ?? (error.status === 529 ? 'Overloaded' : textOf(type).replaceAll('_', ' ')) };
}

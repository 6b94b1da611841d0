import { openaiError } from '../../../src/core/providers/demo/openai-chat.ts';
import type { Fault, Refusal } from './dialect.ts';
import type { FakeRequest, StepError } from './script.ts';

const KINDS: Readonly<Record<number, { readonly type: string; readonly code: string | null; readonly message: string }>> = {
  400: { type: 'invalid_request_error', code: null, message: 'The request is not valid.' },
  401: { type: 'invalid_request_error', code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  403: {
    type: 'invalid_request_error',
    code: 'unsupported_country_region_territory',
    message: 'Country, region, or territory not supported',
  },
  404: {
    type: 'invalid_request_error',
    code: 'model_not_found',
    message: 'The model does not exist or you do not have access to it.',
  },
  429: { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached for requests. Please try again in 2s.' },
  500: { type: 'server_error', code: null, message: 'The server had an error while processing your request. Sorry about that!' },
  503: { type: 'server_error', code: null, message: 'The engine is currently overloaded, please try again later' },
};

export const OPENAI_HEADERS = {
  'x-request-id': 'req_00000000000000000000000000000000',
  'openai-organization': 'fake-organization',
  'openai-project': 'proj_fake',
  'openai-processing-ms': '12',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-reset-requests': '6ms',
  'set-cookie': '__cf_bm=fake-cookie; path=/; HttpOnly; Secure; SameSite=None',
} as const;

export function openaiRefusal(fault: Fault): Refusal {
  return {
    status: fault.status ?? 400,
    message: fault.message,
    body: openaiError(fault.type ?? 'invalid_request_error', fault.message, fault.code ?? null, fault.param ?? null),
  };
}

export function openaiAuthorise({ headers }: FakeRequest, keys: readonly string[]): Refusal | undefined {
  const authorization = headers['authorization'];
  if (authorization === undefined) {
    return openaiRefusal({
      status: 401,
      message:
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    });
  }
  const given = /^Bearer (.+)$/i.exec(authorization)?.[1];
  if (given !== undefined && keys.includes(given)) return undefined;
  // The real provider shows the ends of the key it was given; this one shows all of it, which a redaction has to survive as well.
  return openaiRefusal({ status: 401, message: `Incorrect API key provided: ${given ?? authorization}.`, code: 'invalid_api_key' });
}

export function openaiUnknownModel(model: string): Refusal {
  return openaiRefusal({
    status: 404,
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    code: 'model_not_found',
  });
}

/** The scripted error as a fault, with the vendor's words for its status where the script has none. */
export function openaiFault(error: StepError): Fault {
  const kind = KINDS[error.status] ?? {
    type: error.status < 500 ? 'invalid_request_error' : 'server_error',
    code: null,
    message: 'Error',
  };
  return {
    status: error.status,
    type: error.type ?? kind.type,
    code: error.code ?? (error.type === undefined ? kind.code : null),
    message: error.message ?? kind.message,
  };
}

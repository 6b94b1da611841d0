import type { DialectId } from '../../../src/core/ir/dialect.ts';
import type { StepError } from '../fake-providers/script.ts';
import { alike, failing, type Fault, OPENAI, refusing } from './fault.ts';

const bad = (message: string, code?: string): StepError => ({ status: 400, message, ...(code === undefined ? {} : { code }) });

const chat = (error: StepError): Partial<Record<DialectId, StepError>> => ({ 'openai-chat': error });
const anthropic = (error: StepError): Partial<Record<DialectId, StepError>> => ({ 'anthropic-messages': error });
const gemini = (error: StepError): Partial<Record<DialectId, StepError>> => ({ gemini: error });

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';

const SERVER_ERROR = refusing('transient', 'server-error-500', {
  ...alike({ status: 500 }),
  gemini: { status: 500, message: 'An internal error has occurred. Please retry.' },
});

const OVERLOADED: Readonly<Record<DialectId, StepError>> = {
  'openai-chat': { status: 503, message: 'The engine is currently overloaded, please try again later' },
  'openai-responses': { status: 503, code: 'server_is_overloaded', message: 'Our servers are currently overloaded.' },
  'anthropic-messages': { status: 503, type: 'overloaded_error', message: 'Overloaded' },
  gemini: { status: 503, message: 'The model is overloaded. Please try again later.' },
};

/** How long a burst is: longer than the two repetitions that a gateway makes by itself. */
const BURST = 4;

const SERVERS: readonly Fault[] = [
  SERVER_ERROR,
  refusing('overloaded', 'overloaded-529', alike({ status: 529, message: 'Overloaded' }, ['anthropic-messages'])),
  refusing('overloaded', 'overloaded-503', OVERLOADED),
  failing('overloaded', {
    name: 'burst-of-503',
    steps: (dialect) => Array.from({ length: BURST }, () => ({ error: OVERLOADED[dialect] })),
  }),
  // A server that is being replaced says nothing about its load.
  refusing('transient', 'unavailable-503', alike({ status: 503, message: 'Service Unavailable' })),
];

const KEYS: readonly Fault[] = [
  failing('key-rejected', { name: 'key-revoked-401', steps: () => [{ revoke: true }] }),
  refusing('key-rejected', 'forbidden-403', {
    ...alike({ status: 403, code: 'permission_denied', message: 'Your project does not have access to this model.' }, OPENAI),
    'anthropic-messages': { status: 403, message: 'Your API key does not have permission to use the specified resource.' },
    gemini: { status: 403, message: 'Your API key was reported as leaked. Please use another API key.' },
  }),
  refusing('key-rejected', 'region-403', {
    ...alike({ status: 403 }, OPENAI),
    'anthropic-messages': { status: 403, type: 'forbidden', message: 'Request not allowed' },
    gemini: { status: 403, message: 'User location is not supported for the API use.' },
  }),
];

const MONEY: readonly Fault[] = [
  refusing('out-of-credit', 'payment-required-402', {
    // DeepSeek's and OpenRouter's.
    'openai-chat': { status: 402, type: 'unknown_error', code: 'invalid_request_error', message: 'Insufficient Balance' },
    'openai-responses': { status: 402, message: 'This request requires more credits, or fewer max_tokens.' },
    'anthropic-messages': { status: 402, message: 'There is an issue with your payment method.' },
    gemini: { status: 402, message: 'The prepaid balance of this project is used up.' },
  }),
  refusing(
    'out-of-credit',
    'insufficient-quota-429',
    alike(
      {
        status: 429,
        type: 'insufficient_quota',
        code: 'insufficient_quota',
        message: 'You exceeded your current quota, please check your plan and billing details.',
      },
      OPENAI,
    ),
  ),
  refusing(
    'out-of-credit',
    'credit-balance-exhausted',
    alike(
      { status: 402, code: 'credit_balance_exhausted', message: 'The credit balance of this organization is used up.' },
      OPENAI,
    ),
  ),
  refusing('out-of-credit', 'credit-too-low-400', anthropic(bad('Your credit balance is too low to access the Anthropic API.'))),
  refusing(
    'out-of-credit',
    'usage-limit-400',
    anthropic(bad('You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.')),
  ),
  refusing(
    'out-of-credit',
    'enforced-spend-limit',
    anthropic({ status: 429, type: 'enforced_spend_limit_reached', message: 'The spend limit of this workspace is reached.' }),
  ),
  // Looks like any rate limit, with a wait of minutes that does not help: seen in can1357/oh-my-pi, pull request 5418.
  refusing(
    'out-of-credit',
    'monthly-spend-limit-429',
    anthropic({
      status: 429,
      message: "This request would exceed your account's monthly spend limit. Please try again later.",
      headers: { 'retry-after': '300' },
    }),
    { waitMs: 300_000 },
  ),
];

const tooLong: Readonly<Record<string, Partial<Readonly<Record<DialectId, StepError>>>>> = {
  openai: {
    'openai-chat': bad(
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130017 tokens.",
      'context_length_exceeded',
    ),
    'openai-responses': bad('Your input exceeds the context window of this model.', 'context_length_exceeded'),
  },
  anthropic: anthropic(bad('prompt is too long: 213462 tokens > 200000 maximum')),
  'anthropic-with-answer': anthropic(
    bad(
      'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again',
    ),
  ),
  'anthropic-bytes': anthropic({ status: 413, message: 'Request exceeds the maximum size' }),
  google: gemini(bad('The input token count (1196265) exceeds the maximum number of tokens allowed (1048576).')),
  vllm: chat({
    ...bad("This model's maximum context length is 32768 tokens. However, you requested 40001 tokens."),
    type: 'BadRequestError',
  }),
  'llama-cpp': chat({
    ...bad('the request exceeds the available context size. try increasing the context size or enable context shift'),
    type: 'exceed_context_size_error',
  }),
  mistral: chat(bad('Prompt contains 140211 tokens, too large for model with 131072 maximum context length')),
};

const filtered: Readonly<Record<string, Partial<Readonly<Record<DialectId, StepError>>>>> = {
  openai: alike(bad('Your request was rejected by our safety system.', 'content_policy_violation'), OPENAI),
  'openai-cyber': { 'openai-responses': bad('This request was flagged for possible cybersecurity risk.', 'cyber_policy') },
  'openai-prompt': {
    'openai-responses': bad('Invalid prompt: your prompt was flagged as potentially violating our usage policy.', 'invalid_prompt'),
  },
  azure: chat({
    status: 400,
    body: {
      error: {
        message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { violence: { filtered: true, severity: 'medium' } },
        },
      },
    },
  }),
  anthropic: anthropic(bad('Output blocked by content filtering policy')),
  google: gemini({
    ...bad('The request was blocked for the reason PROHIBITED_CONTENT.'),
    details: [{ '@type': ERROR_INFO, reason: 'PROHIBITED_CONTENT', domain: 'generativelanguage.googleapis.com' }],
  }),
};

const REQUESTS: readonly Fault[] = [
  ...Object.entries(tooLong).map(([vendor, errors]) => refusing('context-window', `context-window-${vendor}`, errors)),
  // Codex hears of it in the stream.
  failing('context-window', {
    name: 'context-window-in-stream',
    dialects: ['openai-responses'],
    only: 'stream',
    steps: () => [
      { errorEvent: bad('Your input exceeds the context window of this model.', 'context_length_exceeded'), afterEvents: 2 },
    ],
  }),
  ...Object.entries(filtered).map(([vendor, errors]) => refusing('content-policy', `content-policy-${vendor}`, errors)),
  refusing('model-missing', 'model-not-found-404', {
    ...alike({ status: 404, message: 'The model `old-model` does not exist or you do not have access to it.' }, OPENAI),
    'anthropic-messages': { status: 404, message: 'model: old-model' },
    gemini: { status: 404, message: 'models/old-model is not found for API version v1beta.' },
  }),
  refusing('bad-request', 'bad-request-400', {
    ...alike({ status: 400, message: "Invalid value for 'temperature'.", code: 'invalid_value' }, OPENAI),
    'anthropic-messages': bad('temperature: range: 0..1'),
    gemini: bad('Invalid value at temperature.'),
  }),
];

export const REFUSAL_FAULTS: readonly Fault[] = [...SERVERS, ...KEYS, ...MONEY, ...REQUESTS];

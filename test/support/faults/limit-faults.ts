import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';
import type { StepError } from '../fake-providers/script.ts';
import { type Fault, OPENAI, refusing } from './fault.ts';

/** A 429 that says nothing about when: the fakes' own ones do, in their words or details. */
const bare: Readonly<Record<DialectId, StepError>> = {
  'openai-chat': { status: 429, message: 'Rate limit reached for requests.' },
  'openai-responses': { status: 429, message: 'Rate limit reached for requests.' },
  'anthropic-messages': { status: 429, message: 'This request would exceed the rate limit for your organization.' },
  gemini: { status: 429, message: 'Resource has been exhausted (e.g. check quota).', details: [] },
};

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';
const QUOTA_FAILURE = 'type.googleapis.com/google.rpc.QuotaFailure';

function limited(
  name: string,
  dialects: readonly DialectId[],
  hint: NonNullable<Fault['hint']>,
  how: Omit<StepError, 'status'>,
): Fault {
  const errors = Object.fromEntries(dialects.map((dialect) => [dialect, { ...bare[dialect], ...how }]));
  return refusing(hint.waitMs === undefined ? 'throttled' : 'rate-limited', name, errors, hint);
}

const STAINLESS: readonly DialectId[] = [...OPENAI, 'anthropic-messages'];

export const LIMIT_FAULTS: readonly Fault[] = [
  limited('429-retry-after-seconds', DIALECT_IDS, { waitMs: 2000 }, { headers: { 'retry-after': '2' } }),
  limited('429-retry-after-long', DIALECT_IDS, { waitMs: 600_000 }, { headers: { 'retry-after': '600' } }),
  limited('429-retry-after-date', DIALECT_IDS, { waitMs: 3000 }, { moments: { 'retry-after': { inMs: 3000, as: 'http-date' } } }),
  limited('429-retry-after-ms', STAINLESS, { waitMs: 1500 }, { headers: { 'retry-after-ms': '1500' } }),
  limited('429-should-retry', STAINLESS, { shouldRetry: true }, { headers: { 'x-should-retry': 'true' } }),
  limited('429-should-not-retry', STAINLESS, { shouldRetry: false }, { headers: { 'x-should-retry': 'false' } }),
  limited('429-retry-info', ['gemini'], { waitMs: 1500 }, { details: [{ '@type': RETRY_INFO, retryDelay: '1.5s' }] }),
  // Google's OpenAI-compatible address answers with a list of errors.
  limited(
    '429-retry-info-in-a-list',
    ['openai-chat', 'gemini'],
    { waitMs: 1500 },
    {
      body: [
        {
          error: {
            code: 429,
            message: 'Resource has been exhausted (e.g. check quota).',
            status: 'RESOURCE_EXHAUSTED',
            details: [{ '@type': RETRY_INFO, retryDelay: '1.5s' }],
          },
        },
      ],
    },
  ),
  // Only the counter that is used up counts; the other one is reset in an hour.
  limited(
    '429-anthropic-reset',
    ['anthropic-messages'],
    { waitMs: 2500 },
    {
      headers: { 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-tokens-remaining': '90000' },
      moments: {
        'anthropic-ratelimit-requests-reset': { inMs: 2500, as: 'rfc3339' },
        'anthropic-ratelimit-tokens-reset': { inMs: 3_600_000, as: 'rfc3339' },
      },
    },
  ),
  limited(
    '429-openai-reset',
    OPENAI,
    { waitMs: 2500 },
    {
      headers: {
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '2.5s',
        'x-ratelimit-remaining-requests': '99',
        'x-ratelimit-reset-requests': '6m0s',
      },
    },
  ),
  limited(
    '429-try-again-in',
    OPENAI,
    { waitMs: 1200 },
    { message: 'Rate limit reached for tokens per min (TPM): Limit 30000, Used 29990. Please try again in 1.2s.' },
  ),
  limited(
    '429-try-again-in-minutes',
    OPENAI,
    { waitMs: 432_000 },
    { message: 'Rate limit reached for requests per day (RPD): Limit 200, Used 200. Please try again in 7m12s.' },
  ),
  limited('429-no-hint', DIALECT_IDS, {}, {}),
  // Google sends a short wait with a day's quota as well: who believes it asks in vain until midnight.
  refusing('quota', 'daily-quota', {
    gemini: {
      status: 429,
      message: 'You exceeded your current quota, please check your plan and billing details.',
      details: [
        {
          '@type': QUOTA_FAILURE,
          violations: [
            {
              quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
              quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
              quotaDimensions: { location: 'global', model: 'gemini-3-pro' },
              quotaValue: '100',
            },
          ],
        },
        { '@type': RETRY_INFO, retryDelay: '34s' },
      ],
    },
  }),
];

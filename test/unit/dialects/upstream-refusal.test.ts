import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { CODECS } from '../../../src/core/dialects/codecs.ts';
import type { JsonRecord } from '../../../src/core/dialects/read-json.ts';
import { failedBy } from '../../../src/core/dialects/stream-failure.ts';
import { refusal } from '../../../src/core/dialects/upstream-refusal.ts';
import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';
import type { ErrorCode } from '../../../src/core/ir/error.ts';

const quotaFailure = (...ids: readonly string[]) => [
  { '@type': 'type.googleapis.com/google.rpc.Help', links: [] },
  { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: ids.map((quotaId) => ({ quotaId, quotaValue: '20' })) },
  { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '58s' },
];
const exhausted = (...ids: readonly string[]) => ({
  code: 429,
  status: 'RESOURCE_EXHAUSTED',
  message: 'You exceeded your current quota, please check your plan and billing details.',
  details: quotaFailure(...ids),
});
const PER_DAY = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier';
const PER_MINUTE = 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier';
const KEY_INVALID = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];

/** Dialect, status, what stands in `error`, what it is. */
const SAID: readonly (readonly [DialectId, number, JsonRecord, ErrorCode])[] = [
  // Filters.
  [
    'openai-chat',
    400,
    { code: 'content_filter', message: 'Filtered.', innererror: { code: 'ResponsibleAIPolicyViolation' } },
    'content-policy',
  ],
  ['openai-chat', 400, { message: 'Filtered.', innererror: { code: 'ResponsibleAIPolicyViolation' } }, 'content-policy'],
  ['openai-chat', 400, { code: 'content_policy_violation', message: 'Not allowed by our safety system.' }, 'content-policy'],
  ['openai-chat', 400, { message: 'The response was filtered by the content management policy.' }, 'content-policy'],
  ['openai-chat', 400, { message: 'Content Exists Risk', type: 'invalid_request_error' }, 'content-policy'],
  ['openai-chat', 403, { message: 'This model requires moderation and your input was flagged.', code: 403 }, 'content-policy'],
  ['openai-chat', 403, { message: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO' }, 'content-policy'],
  ['openai-responses', 400, { code: 'invalid_prompt', message: 'The prompt was flagged.' }, 'content-policy'],
  ['openai-responses', 400, { code: 'cyber_policy', message: 'Stopped.' }, 'content-policy'],
  [
    'anthropic-messages',
    400,
    { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
    'content-policy',
  ],
  ['gemini', 400, { status: 'INVALID_ARGUMENT', message: 'The prompt was blocked due to PROHIBITED_CONTENT.' }, 'content-policy'],
  ['gemini', 400, { status: 'INVALID_ARGUMENT', message: 'The candidate was blocked because of SAFETY.' }, 'content-policy'],
  // Not filters.
  ['openai-chat', 403, { message: 'Access to the chat endpoint is denied.', code: 'permission-denied' }, 'forbidden'],
  ['gemini', 400, { status: 'INVALID_ARGUMENT', message: 'safetySettings[0].category: unknown value HARM' }, 'bad-request'],
  ['anthropic-messages', 500, { type: 'api_error', message: 'Output blocked by content filtering policy' }, 'upstream-error'],
  // Quotas of days, and those of minutes, which differ in the name of the quota alone.
  ['gemini', 429, exhausted(PER_DAY), 'quota-spent'],
  ['gemini', 429, exhausted(PER_MINUTE, PER_DAY), 'quota-spent'],
  ['gemini', 429, exhausted(PER_MINUTE), 'upstream-rate-limited'],
  ['openai-chat', 429, exhausted(PER_DAY), 'quota-spent'],
  ['openai-chat', 429, { message: 'Rate limit exceeded: free-models-per-day.', code: 429 }, 'quota-spent'],
  [
    'openai-chat',
    429,
    { message: 'Too many.', code: 429, metadata: { limit_source: 'openrouter_free_tier_daily' } },
    'quota-spent',
  ],
  [
    'openai-chat',
    429,
    { message: 'Rate limit reached on requests per day (RPD). Please try again in 7m12s.' },
    'upstream-rate-limited',
  ],
  // Money.
  [
    'anthropic-messages',
    429,
    { type: 'rate_limit_error', message: 'x', details: { error_code: 'enforced_spend_limit_reached' } },
    'out-of-credit',
  ],
  ['anthropic-messages', 429, { type: 'rate_limit_error', message: 'x', details: null }, 'upstream-rate-limited'],
  [
    'anthropic-messages',
    400,
    { type: 'invalid_request_error', message: 'Your credit balance is too low to access it.' },
    'out-of-credit',
  ],
  [
    'anthropic-messages',
    400,
    { type: 'invalid_request_error', message: 'You have reached your specified API usage limits.' },
    'out-of-credit',
  ],
  ['openai-chat', 429, { code: 'credit_balance_exhausted', type: 'insufficient_quota', message: 'x' }, 'out-of-credit'],
  ['openai-chat', 429, { code: 'project_spend_limit_exceeded', type: 'insufficient_quota', message: 'x' }, 'out-of-credit'],
  ['openai-chat', 429, { code: 'organization_usage_limit_exceeded', message: 'x' }, 'out-of-credit'],
  ['openai-chat', 403, { message: 'The team has used all available credits.' }, 'out-of-credit'],
  // Google's wrong key, also where it is asked in OpenAI's dialect.
  ['openai-chat', 400, { message: 'API key not valid.', status: 'INVALID_ARGUMENT', details: KEY_INVALID }, 'unauthenticated'],
];

describe('what a provider refused', () => {
  for (const [dialect, status, error, code] of SAID) {
    it(`${dialect} ${status} ${JSON.stringify(error).slice(0, 90)} is ${code}`, () => {
      const read = CODECS[dialect].readError(status, { error });
      assert.equal(read.code, code);
      assert.equal(read.status, status);
      assert.ok(read.message.includes(String(error['message'])));
      assert.equal(read.retryable, code === 'upstream-rate-limited' || code === 'upstream-error');
    });
  }

  it('is the same in a stream, which has no status but the one that its error names', () => {
    const named = SAID.map(([dialect, status, error, code]) => {
      const failed = failedBy({ ...error, code: error['code'] ?? status });
      return { failed, known: failed.status === status, code, at: `${dialect} ${JSON.stringify(error)}` };
    }).filter(({ known }) => known);
    assert.ok(named.length > 24);
    for (const { failed, code, at } of named) assert.equal(refusal({ ...failed, type: undefined }).code, code, at);
  });

  it('a full context comes before all of it', () => {
    for (const dialect of DIALECT_IDS) {
      const error = { code: 'context_length_exceeded', message: 'prompt is too long: violates usage guidelines' };
      assert.equal(CODECS[dialect].readError(400, { error }).code, 'context-too-long');
    }
  });
});

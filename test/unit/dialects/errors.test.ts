import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../../src/core/dialects/by-id.ts';
import type { ListedModel } from '../../../src/core/dialects/dialect.ts';
import { DIALECT_IDS } from '../../../src/core/ir/dialect.ts';
import { gatewayError, type ErrorCode } from '../../../src/core/ir/error.ts';
import type { SseEvent } from '../../../src/core/wire/sse-event.ts';
import { eventsOf, framed, ownStream } from '../../properties/recorded-streams.ts';

const ANTHROPIC: readonly (readonly [ErrorCode, string])[] = [
  ['bad-request', 'invalid_request_error'],
  ['unauthenticated', 'authentication_error'],
  ['no-key', 'authentication_error'],
  ['forbidden', 'permission_error'],
  ['not-found', 'not_found_error'],
  ['model-not-found', 'not_found_error'],
  ['body-too-large', 'request_too_large'],
  ['content-policy', 'invalid_request_error'],
  ['quota-spent', 'billing_error'],
  ['upstream-rate-limited', 'rate_limit_error'],
  ['upstream-overloaded', 'overloaded_error'],
  ['not-supported', 'not_supported'],
  ['internal', 'api_error'],
  ['upstream-broken', 'api_error'],
];

const GEMINI: readonly (readonly [ErrorCode, number, string])[] = [
  ['bad-request', 400, 'INVALID_ARGUMENT'],
  ['unauthenticated', 401, 'UNAUTHENTICATED'],
  ['forbidden', 403, 'PERMISSION_DENIED'],
  ['model-not-found', 404, 'NOT_FOUND'],
  ['content-policy', 400, 'INVALID_ARGUMENT'],
  ['quota-spent', 429, 'RESOURCE_EXHAUSTED'],
  ['upstream-rate-limited', 429, 'RESOURCE_EXHAUSTED'],
  ['internal', 500, 'INTERNAL'],
  ['not-supported', 501, 'UNIMPLEMENTED'],
  ['upstream-timeout', 504, 'DEADLINE_EXCEEDED'],
  ['upstream-overloaded', 529, 'UNAVAILABLE'],
];

describe('renderError', () => {
  it("has Anthropic's types", () => {
    for (const [code, type] of ANTHROPIC) {
      const rendered = DIALECTS['anthropic-messages'].renderError(gatewayError(code, 'No.'));
      assert.deepEqual(rendered, { type: 'error', error: { type, message: 'No.' } });
    }
  });

  it("has OpenAI's fields in both its dialects", () => {
    for (const dialect of ['openai-chat', 'openai-responses'] as const) {
      for (const [code, type, name] of [
        ['bad-request', 'invalid_request_error', null],
        ['unauthenticated', 'invalid_request_error', 'invalid_api_key'],
        ['model-not-found', 'invalid_request_error', 'model_not_found'],
        ['content-policy', 'invalid_request_error', 'content_policy_violation'],
        ['quota-spent', 'insufficient_quota', 'insufficient_quota'],
        ['upstream-rate-limited', 'rate_limit_error', 'rate_limit_exceeded'],
        ['internal', 'server_error', 'server_error'],
      ] as const) {
        const rendered = DIALECTS[dialect].renderError(gatewayError(code, 'No.'));
        assert.deepEqual(rendered, { error: { message: 'No.', type, param: null, code: name } });
      }
    }
  });

  it("has Google's status names", () => {
    for (const [code, status, name] of GEMINI) {
      assert.deepEqual(DIALECTS.gemini.renderError(gatewayError(code, 'No.')), {
        error: { code: status, message: 'No.', status: name },
      });
    }
  });
});

describe('renderStreamError', () => {
  const error = gatewayError('upstream-broken', 'The line\nbroke.');

  function parsed(text: string | undefined): { name: string; data: Record<string, unknown> } {
    const events: SseEvent[] = [];
    assert.equal(eventsOf(Buffer.from(text ?? ''), [], (event) => events.push(event)).length, 0);
    assert.equal(events.length, 1);
    return { name: events[0]!.name, data: JSON.parse(events[0]!.data) as Record<string, unknown> };
  }

  it('is an error event for Anthropic', () => {
    assert.deepEqual(parsed(DIALECTS['anthropic-messages'].renderStreamError(error, undefined)), {
      name: 'error',
      data: { type: 'error', error: { type: 'api_error', message: 'The line\nbroke.' } },
    });
  });

  it('goes on with the id and the numbers of the Responses stream that broke', () => {
    const meter = DIALECTS['openai-responses'].streamMeter({});
    eventsOf(framed(ownStream('openai-responses', 'cut-before-the-end')), [], (event) => meter.observe(event));
    // A heartbeat is no event that was counted.
    eventsOf(Buffer.from('\n: ping\n\n'), [], (event) => meter.observe(event));
    const { name, data } = parsed(DIALECTS['openai-responses'].renderStreamError(error, meter));
    assert.equal(name, 'response.failed');
    assert.equal(data['type'], 'response.failed');
    assert.equal(data['sequence_number'], 2);
    const response = data['response'] as Record<string, unknown>;
    assert.equal(response['id'], 'resp_t1');
    assert.equal(response['model'], 'gpt-test-2');
    assert.equal(response['status'], 'failed');
    assert.deepEqual(response['error'], { code: 'server_error', message: 'The line\nbroke.' });
  });

  it('names the errors after which Codex should not send its turn again', () => {
    for (const [code, name] of [
      ['content-policy', 'invalid_prompt'],
      ['quota-spent', 'insufficient_quota'],
      ['out-of-credit', 'insufficient_quota'],
      ['upstream-rate-limited', 'server_error'],
    ] as const) {
      const rendered = DIALECTS['openai-responses'].renderStreamError(gatewayError(code, 'No.'), undefined);
      const response = parsed(rendered).data['response'] as Record<string, unknown>;
      assert.deepEqual(response['error'], { code: name, message: 'No.' });
    }
  });

  it('is whole for a Responses stream of which nothing was seen', () => {
    for (const meter of [undefined, DIALECTS['openai-responses'].streamMeter({}), DIALECTS['openai-chat'].streamMeter({})]) {
      const { data } = parsed(DIALECTS['openai-responses'].renderStreamError(error, meter));
      assert.equal(data['sequence_number'], 0);
    }
  });

  it('is nothing where no agent would heed it', () => {
    assert.equal(DIALECTS['openai-chat'].renderStreamError(error, undefined), undefined);
    assert.equal(DIALECTS.gemini.renderStreamError(error, undefined), undefined);
  });
});

describe('renderModels', () => {
  const models: readonly ListedModel[] = [
    { id: 'acme/one', name: 'One', provider: 'acme', contextTokens: 1000, outputTokens: 100 },
    { id: 'two', name: 'Two', provider: 'other', contextTokens: undefined, outputTokens: undefined },
  ];

  it('is the list of each dialect', () => {
    assert.deepEqual(DIALECTS['openai-chat'].renderModels(models), {
      object: 'list',
      data: [
        { id: 'acme/one', object: 'model', created: 0, owned_by: 'acme' },
        { id: 'two', object: 'model', created: 0, owned_by: 'other' },
      ],
    });
    assert.deepEqual(DIALECTS['anthropic-messages'].renderModels(models), {
      data: [
        {
          type: 'model',
          id: 'acme/one',
          display_name: 'One',
          created_at: '1970-01-01T00:00:00Z',
          max_input_tokens: 1000,
          max_tokens: 100,
        },
        { type: 'model', id: 'two', display_name: 'Two', created_at: '1970-01-01T00:00:00Z' },
      ],
      has_more: false,
      first_id: 'acme/one',
      last_id: 'two',
    });
    assert.deepEqual(DIALECTS.gemini.renderModels(models), {
      models: [
        {
          name: 'models/acme/one',
          displayName: 'One',
          inputTokenLimit: 1000,
          outputTokenLimit: 100,
          supportedGenerationMethods: ['generateContent', 'countTokens'],
        },
        { name: 'models/two', displayName: 'Two', supportedGenerationMethods: ['generateContent', 'countTokens'] },
      ],
    });
    assert.deepEqual(DIALECTS['openai-responses'].renderModels(models), { models: [] });
  });

  it('is well-formed without any model', () => {
    assert.deepEqual(DIALECTS['anthropic-messages'].renderModels([]), { data: [], has_more: false, first_id: null, last_id: null });
  });
});

describe('DIALECTS', () => {
  it('has each dialect under its own id', () => {
    for (const id of DIALECT_IDS) assert.equal(DIALECTS[id].id, id);
  });
});

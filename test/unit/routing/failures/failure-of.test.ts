import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { CODECS } from '../../../../src/core/dialects/codecs.ts';
import { gatewayError, type ErrorCode } from '../../../../src/core/ir/error.ts';
import type { UpstreamFailure } from '../../../../src/core/ports.ts';
import type { FailureClass } from '../../../../src/core/routing/failures/failure.ts';
import { failureOfError, failureOfTransport } from '../../../../src/core/routing/failures/failure-of.ts';

describe('failureOfError', () => {
  it('knows a class for every code', () => {
    const table: Readonly<Record<ErrorCode, readonly [FailureClass, string]>> = {
      'bad-request': ['bad-request', 'upstream-400'],
      forbidden: ['key-rejected', 'upstream-403'],
      unauthenticated: ['key-rejected', 'upstream-401'],
      'not-found': ['model-missing', 'upstream-404'],
      'method-not-allowed': ['model-missing', 'upstream-405'],
      'body-too-large': ['context-window', 'upstream-413'],
      'unsupported-encoding': ['bad-request', 'unsupported-encoding'],
      'model-not-found': ['model-missing', 'upstream-404'],
      'context-too-long': ['context-window', 'upstream-400'],
      'content-policy': ['content-policy', 'upstream-400'],
      'out-of-credit': ['out-of-credit', 'upstream-402'],
      'quota-spent': ['quota', 'upstream-429'],
      'not-supported': ['model-missing', 'upstream-501'],
      'no-key': ['not-servable', 'no-key'],
      'limit-reached': ['not-servable', 'limit-reached'],
      'budget-spent': ['bad-request', 'budget-spent'],
      'shutting-down': ['bad-request', 'shutting-down'],
      'upstream-unreachable': ['unreachable', 'upstream-unreachable'],
      'upstream-timeout': ['transient', 'upstream-504'],
      'upstream-broken': ['transient', 'upstream-broken'],
      'upstream-overloaded': ['overloaded', 'upstream-529'],
      'upstream-rate-limited': ['throttled', 'upstream-429'],
      'upstream-error': ['transient', 'upstream-502'],
      internal: ['transient', 'internal'],
    };
    for (const [code, [kind, name]] of Object.entries(table)) {
      const error = gatewayError(code as ErrorCode, 'No.');
      const expected = { class: kind, status: error.status, code: name, waitMs: undefined, shouldRetry: undefined };
      assert.deepEqual(failureOfError(error, {}), expected, code);
    }
  });

  it('says by the status what a refused request is about', () => {
    const table: readonly (readonly [number, FailureClass])[] = [
      [400, 'bad-request'],
      [408, 'transient'],
      [409, 'transient'],
      [410, 'model-missing'],
      [413, 'context-window'],
      [415, 'bad-request'],
      [422, 'bad-request'],
      [425, 'transient'],
      [500, 'transient'],
      [501, 'model-missing'],
      [502, 'transient'],
      [503, 'transient'],
      [504, 'transient'],
      [520, 'transient'],
      [529, 'overloaded'],
    ];
    for (const [status, kind] of table) {
      const failure = failureOfError(CODECS['openai-chat'].readError(status, { error: { message: 'No.' } }), {});
      assert.deepEqual([failure.class, failure.status, failure.code], [kind, status, `upstream-${status}`]);
    }
  });

  it('takes a 503 for overload where it says so', () => {
    for (const message of ['The model is overloaded.', 'No capacity right now.', 'Slow down.', 'We see high demand.'])
      assert.equal(failureOfError(CODECS.gemini.readError(503, { error: { message } }), {}).class, 'overloaded', message);
  });

  it('a 429 with a time and one without are two things', () => {
    const limited = gatewayError('upstream-rate-limited', 'Slow.');
    assert.deepEqual(failureOfError(limited, { waitMs: 0, shouldRetry: true }), {
      class: 'rate-limited',
      status: 429,
      code: 'upstream-429',
      waitMs: 0,
      shouldRetry: true,
    });
    assert.equal(failureOfError(limited, { waitMs: undefined, shouldRetry: false }).class, 'throttled');
  });

  it('does not believe in a day that is over in a minute', () => {
    const spent = gatewayError('quota-spent', 'Enough.');
    assert.equal(failureOfError(spent, { waitMs: 58_000 }).waitMs, undefined);
    assert.equal(failureOfError(spent, { waitMs: 7_200_000 }).waitMs, 7_200_000);
  });

  it("Google's wrong key is a rejected key", () => {
    const error = { code: 400, status: 'INVALID_ARGUMENT', message: 'x', details: [{ reason: 'API_KEY_INVALID' }] };
    for (const dialect of ['gemini', 'openai-chat'] as const)
      assert.equal(failureOfError(CODECS[dialect].readError(400, { error }), {}).class, 'key-rejected');
  });
});

describe('failureOfTransport', () => {
  it('has a class and the status that the agent is told', () => {
    const table: Readonly<Record<Exclude<UpstreamFailure, 'aborted'>, FailureClass>> = {
      dns: 'unreachable',
      refused: 'unreachable',
      unreachable: 'unreachable',
      tls: 'unreachable',
      proxy: 'unreachable',
      'private-address': 'unreachable',
      'forbidden-address': 'unreachable',
      'connect-timeout': 'timeout',
      'first-byte-timeout': 'timeout',
      'idle-timeout': 'timeout',
      reset: 'transient',
      protocol: 'transient',
    };
    for (const [name, kind] of Object.entries(table)) {
      const failure = name as Exclude<UpstreamFailure, 'aborted'>;
      const expected = {
        class: kind,
        status: kind === 'timeout' ? 504 : 502,
        code: name,
        waitMs: undefined,
        shouldRetry: undefined,
      };
      assert.deepEqual(failureOfTransport(failure), expected);
    }
  });
});

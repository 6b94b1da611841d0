import type { Dialect } from '../dialects/dialect.ts';
import { gatewayError } from '../ir/error.ts';
import type { UpstreamCall, UpstreamRequest, UpstreamSink } from '../ports.ts';
import type { ProviderEndpoint } from '../providers/provider.ts';
import { signHeaders } from '../providers/sign.ts';
import type { Target } from '../routing/resolve-target.ts';
import type { Key, Snapshot } from '../routing/snapshot.ts';
import { headersToAgent } from '../wire/headers.ts';
import { redactText } from '../wire/redact.ts';
import { answerError } from './answer-error.ts';
import type { AnswerContext, AnswerSink, StreamSink } from './answer-sink.ts';
import type { GatewayDeps } from './deps.ts';
import type { ErrorSink } from './error-sink.ts';
import type { AnswerHeaders, Exchange } from './exchange.ts';
import { ownHeaders } from './own-headers.ts';
import type { Serving } from './serving.ts';
import { CLIENT_CLOSED, type Outcome, type Settling } from './settle-once.ts';
import { STREAM_TIMING } from './stream-answer.ts';
import { settledAsOf, upstreamError } from './upstream-trouble.ts';

/** One call to one target, planned. */
export interface AttemptPlan {
  /** The agent's. */
  readonly dialect: Dialect;
  /** The provider's; the same where bytes pass. */
  readonly spoken: Dialect;
  readonly target: Target;
  readonly endpoint: ProviderEndpoint;
  readonly key: Key | undefined;
  readonly method: 'GET' | 'POST';
  /** Below the provider's base path, query included. */
  readonly path: string;
  readonly stream: boolean;
  readonly serving: Serving;
}

/**
 * Sends the request and passes the answer on. Resolves when the agent has its answer or is gone; the outcome has then been
 * reported to `settling`, whatever happened.
 */
export function attempt(
  deps: GatewayDeps,
  snapshot: Snapshot,
  exchange: Exchange,
  plan: AttemptPlan,
  settling: Settling,
): Promise<void> {
  const { dialect, target, endpoint, key, stream, serving } = plan;
  const { provider } = target;
  const { answer } = exchange;
  const { promise: finished, resolve } = Promise.withResolvers<void>();
  const upstream = deps.upstreamFor(provider.kind === 'demo' ? 'demo' : 'dial');
  const asksForUsage = stream && (provider.quirks.streamUsage ?? 'ask') === 'ask';

  let call: UpstreamCall | undefined;
  let sink: AnswerSink | undefined;
  let streaming: StreamSink | undefined;
  let done = false;
  let addedUsage = false;

  const context: AnswerContext = {
    answer,
    dialect,
    spoken: plan.spoken,
    quirks: provider.quirks,
    provider: provider.id,
    host: endpoint.origin.slice(endpoint.origin.indexOf('//') + 2),
    secrets: key === undefined ? [] : [key.secret.reveal()],
    timing: deps.streamTiming ?? STREAM_TIMING,
    ownHeaders: () => ownHeaders(settling.id, target, settling.attempts, serving),
    write(chunk) {
      settling.bytesOut += chunk.length;
      if (!answer.write(chunk)) call?.pause();
    },
  };
  answer.onDrain(() => call?.resume());

  const finish = (outcome: Outcome): void => {
    if (done) return;
    done = true;
    settling.settle(outcome);
    resolve();
  };

  exchange.onGone(() => {
    if (done) return;
    call?.abort();
    const current = sink ?? streaming;
    finish(current?.gone() ?? { settled: 'aborted', status: CLIENT_CLOSED, billable: true });
  });

  const send = (includeUsage: boolean): void => {
    const prepared = serving.prepare(includeUsage);
    addedUsage = prepared.addedUsage;
    settling.attempts++;
    const request: UpstreamRequest = {
      origin: endpoint.origin,
      path: endpoint.basePath + plan.path,
      method: plan.method,
      headers: [...serving.headersToProvider(exchange), ...signHeaders(endpoint.auth, key?.secret)],
      body: prepared.body,
      timeouts: snapshot.timeouts,
    };
    sink = undefined;
    streaming = stream ? serving.streamAnswer(context, () => addedUsage) : undefined;
    call = upstream.send(
      request,
      upstreamSink(() => send(false)),
    );
  };

  const upstreamSink = (repeatWithoutUsage: () => void): UpstreamSink => ({
    response(status, rawHeaders) {
      const passing = headersToAgent(rawHeaders);
      const headers = status < 300 ? passing : redactHeaders(passing, context.secrets);
      if (streaming && status < 300 && isEventStream(headers)) {
        streaming.accepted(status, serving.streamHeaders(headers));
        sink = streaming;
      } else if (streaming?.release()) {
        // Headers had to go out before this was known (StreamAnswer's commit limit).
        const what = status < 300 ? 'answered with something that is no stream' : `refused the request with status ${status}`;
        finish(streaming.breakOff(gatewayError('upstream-error', `"${provider.id}" ${what}.`)));
        call?.abort();
      } else if (status >= 300) {
        // A strict server that does not know stream_options is asked again without it.
        const refusesUsage = (body: Buffer) => addedUsage && status === 400 && body.includes('stream_options');
        sink = serving.errorAnswer(context, status, headers, refusesUsage);
      } else {
        sink = serving.wholeAnswer(context, status, headers, stream);
      }
    },
    data(chunk) {
      settling.sawBytes(0);
      sink?.data(chunk);
      if (streaming?.refused === undefined) return;
      finish(streaming.refused);
      call?.abort();
    },
    end() {
      if (done) return;
      const outcome = sink?.end();
      if (isIntercepted(sink)) repeatWithoutUsage();
      else if (outcome) finish(outcome);
    },
    fail(failure) {
      if (done || failure === 'aborted') return;
      // After the commit limit the stream has begun without an answer.
      const current = sink ?? (streaming?.release() ? streaming : undefined);
      if (current) return finish(current.fail(failure));
      const error = upstreamError(failure, provider.id, context.host);
      answerError(answer, dialect, error, context.ownHeaders());
      finish({
        settled: settledAsOf(failure, false),
        status: error.status,
        billable: failure === 'first-byte-timeout',
        error: error.code,
      });
    },
  });

  // The agent may be gone already, and then nobody would end the call.
  if (!done) send(asksForUsage);
  return finished;
}

function isIntercepted(sink: AnswerSink | undefined): boolean {
  return sink !== undefined && 'intercepted' in sink && (sink as ErrorSink).intercepted;
}

function redactHeaders(headers: AnswerHeaders, secrets: readonly string[]): AnswerHeaders {
  const clean = (value: string) => redactText(value, secrets);
  const leaks = (value: string | readonly string[]) => secrets.some((secret) => String(value).includes(secret));
  for (const [name, value] of Object.entries(headers)) {
    if (leaks(value)) headers[name] = typeof value === 'string' ? clean(value) : value.map(clean);
  }
  return headers;
}

/**
 * Where a stream was asked for, everything is taken for one that does not say it is JSON or a web page: some servers call theirs plain
 * text, or nothing. A compressed stream cannot be read on the way; it passes like a whole answer.
 */
function isEventStream(headers: AnswerHeaders): boolean {
  const encoding = headers['content-encoding'];
  return !/json|html/i.test(String(headers['content-type'] ?? '')) && (encoding === undefined || encoding === 'identity');
}

import type { Dialect } from '../dialects/dialect.ts';
import { gatewayError } from '../ir/error.ts';
import type { UpstreamCall, UpstreamRequest, UpstreamSink } from '../ports.ts';
import type { ProviderEndpoint } from '../providers/provider.ts';
import { signHeaders } from '../providers/sign.ts';
import type { Target } from '../routing/resolve-target.ts';
import type { Key } from '../routing/snapshot.ts';
import { failureOfError } from '../routing/failures/failure-of.ts';
import { headersToAgent } from '../wire/headers.ts';
import { redactText } from '../wire/redact.ts';
import type { AnswerContext, AnswerSink, StreamSink } from './answer-sink.ts';
import { AttemptGuard, type Impatience, type Patience } from './attempt-guard.ts';
import type { GatewayDeps } from './deps.ts';
import type { ErrorSink } from './error-sink.ts';
import type { AnswerHeaders, Exchange } from './exchange.ts';
import { CLIENT_CLOSED, type Outcome } from './outcome.ts';
import { isTakenAway } from './key-values.ts';
import { ownHeaders } from './own-headers.ts';
import type { RequestLife } from './request-life.ts';
import type { Serving } from './serving.ts';
import type { Settling } from './settle-once.ts';
import { STREAM_TIMING } from './stream-answer.ts';
import { untold } from './untold.ts';
import {
  CANCELLED,
  cancelledBreak,
  deadlineBreak,
  noOutputBreak,
  revokedBreak,
  REVOKED,
  tooSlowBreak,
  transportBreak,
  type Break,
} from './upstream-trouble.ts';

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

/** What an attempt needs to know of its request, and tells about itself. */
export interface AttemptOf {
  readonly exchange: Exchange;
  readonly life: RequestLife;
  readonly settling: Settling;
  /** Milliseconds. */
  readonly connectMs: number;
  readonly patience: Patience;
  /** There is somebody else for what this target refuses for its content. */
  readonly refusalMoves: boolean;
  /** For the agent's headers. */
  readonly route: () => string | undefined;
  readonly onHeaders: (headers: Readonly<Record<string, string | readonly string[] | undefined>>) => void;
  readonly onOutput: () => void;
}

/**
 * Sends the request and passes the answer on. Resolves when the agent has its answer, or is gone, or when the attempt has failed before
 * the agent saw any of it (`Outcome.tell`). Called only while the request is not over.
 */
export function attempt(deps: GatewayDeps, plan: AttemptPlan, of: AttemptOf): Promise<Outcome> {
  const { dialect, target, endpoint, key, stream, serving } = plan;
  const { settling } = of;
  const { provider } = target;
  const { answer } = of.exchange;
  const { promise: finished, resolve } = Promise.withResolvers<Outcome>();
  const upstream = deps.upstreamFor(provider.kind === 'demo' ? 'demo' : 'dial');
  const asksForUsage = stream && (provider.quirks.streamUsage ?? 'ask') === 'ask';

  let call: UpstreamCall | undefined;
  let sink: AnswerSink | undefined;
  let streaming: StreamSink | undefined;
  let done = false;
  let addedUsage = false;

  const guard = new AttemptGuard(deps.clock, deps.timers, of.patience, plan.spoken.id, stream, (why) => breakOff(impatience(why)));

  const context: AnswerContext = {
    answer,
    dialect,
    spoken: plan.spoken,
    quirks: provider.quirks,
    provider: provider.id,
    host: endpoint.origin.slice(endpoint.origin.indexOf('//') + 2),
    secrets: key === undefined ? [] : [key.secret.reveal()],
    refusalMoves: of.refusalMoves,
    timing: deps.streamTiming ?? STREAM_TIMING,
    timers: deps.timers,
    now: () => deps.clock.now(),
    ownHeaders: () => ownHeaders(settling.id, target, settling.attempts, serving, of.route()),
    onOutput() {
      guard.sawOutput();
      of.onOutput();
    },
    write(chunk) {
      settling.sawBytes(chunk.length);
      if (answer.write(chunk)) return;
      guard.paused();
      call?.pause();
    },
  };
  answer.onDrain(() => {
    guard.resumed();
    call?.resume();
  });

  const finish = (outcome: Outcome): void => {
    if (done) return;
    done = true;
    leave?.();
    guard.stop();
    resolve(outcome);
  };

  /** Ends the attempt from our side. */
  const breakOff = (why: Break): void => {
    if (done) return;
    call?.abort();
    const current = sink ?? (streaming?.release() === true ? streaming : undefined);
    const mayCost = why.failure.class === 'timeout' || why.failure.code === REVOKED || why.failure.code === CANCELLED;
    const billable = mayCost && call?.sent === true;
    const known = { settled: why.settled(false), billable, failure: why.failure };
    const outcome = current?.breakOff(why) ?? untold(context, why.error, known);
    finish(why.failure.code === CANCELLED ? { ...outcome, error: CANCELLED } : outcome);
  };

  const impatience = (why: Impatience): Break =>
    why === 'no-output'
      ? noOutputBreak(provider.id)
      : why === 'too-slow'
        ? tooSlowBreak(provider.id)
        : transportBreak(why, provider.id, context.host);

  of.life.during((why) => {
    if (done) return;
    if (why === 'deadline') return breakOff(deadlineBreak());
    if (why === 'cancelled') return breakOff(cancelledBreak());
    call?.abort();
    const outcome = (sink ?? streaming)?.gone() ?? { settled: 'aborted', status: CLIENT_CLOSED, billable: true };
    finish(call?.sent === true ? outcome : { ...outcome, billable: false });
  });

  const leave = key && deps.routing.inUse.enter(key.id, () => breakOff(revokedBreak(provider.id)));

  const send = (includeUsage: boolean): void => {
    if (isTakenAway(deps.snapshot(), key)) return breakOff(revokedBreak(provider.id));
    const prepared = serving.prepare(includeUsage);
    addedUsage = prepared.addedUsage;
    settling.attempts++;
    const request: UpstreamRequest = {
      origin: endpoint.origin,
      local: endpoint.local,
      path: endpoint.basePath + plan.path,
      method: plan.method,
      headers: [...serving.headersToProvider(of.exchange), ...signHeaders(endpoint.auth, key?.secret)],
      body: prepared.body,
      timeouts: { connect: of.connectMs, firstByte: 0, idle: 0 },
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
      guard.heard(0);
      of.onHeaders(rawHeaders);
      const passing = headersToAgent(rawHeaders);
      const headers = redactHeaders(passing, context.secrets, status >= 300);
      if (streaming && status < 300 && isEventStream(headers)) {
        streaming.accepted(status, serving.streamHeaders(headers));
        sink = streaming;
      } else if (streaming?.release()) {
        // Headers had to go out before this was known (StreamAnswer's commit limit).
        const what = status < 300 ? 'answered with something that is no stream' : `refused the request with status ${status}`;
        const error = gatewayError('upstream-error', `"${provider.id}" ${what}.`);
        finish(streaming.breakOff({ error, failure: failureOfError(error, {}), settled: () => 'error' }));
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
      guard.heard(chunk.length);
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
      breakOff(transportBreak(failure, provider.id, context.host));
    },
  });

  send(asksForUsage);
  return finished;
}

function isIntercepted(sink: AnswerSink | undefined): boolean {
  return sink !== undefined && 'intercepted' in sink && (sink as ErrorSink).intercepted;
}

/** Those of an error are searched in every form; in others only a key as it is would be found. */
function redactHeaders(headers: AnswerHeaders, secrets: readonly string[], isError: boolean): AnswerHeaders {
  const clean = (value: string) => redactText(value, secrets);
  const leaks = (value: string | readonly string[]) => isError || secrets.some((secret) => String(value).includes(secret));
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

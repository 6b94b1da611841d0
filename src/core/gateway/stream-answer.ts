import type { StreamMeter, StreamState } from '../dialects/dialect.ts';
import { gatewayError, type GatewayError } from '../ir/error.ts';
import type { UpstreamFailure } from '../ports.ts';
import { redactText } from '../wire/redact.ts';
import type { SseEvent } from '../wire/sse-event.ts';
import { SseScanner } from '../wire/sse-scanner.ts';
import { answerError } from './answer-error.ts';
import type { AnswerContext, AnswerSink, StreamTiming } from './answer-sink.ts';
import type { AnswerHeaders } from './exchange.ts';
import { CLIENT_CLOSED, type Outcome } from './settle-once.ts';
import { settledAsOf, truncatedError, upstreamError } from './upstream-trouble.ts';

/**
 * Claude Code warns after 20 s without a byte. Gemini CLI gives up on headers after 60 s; until they are sent a failure can still be a
 * proper status.
 */
export const STREAM_TIMING: StreamTiming = { silence: 15_000, commit: 45_000 };

/** A bare blank line passes all agents; a comment line kills Gemini CLI. */
const BLANK_LINE = '\n\n';

/**
 * A relayed stream. Bytes pass as they come; the meter reads beside them. Three things are added or held back, and no others:
 * headers wait for the first event (or 45 s), silence is bridged between events, and the usage event that we asked for and the
 * agent did not is taken out again. A stream that breaks off is never ended cleanly: agents would take half an answer for a whole.
 */
export class StreamAnswer implements AnswerSink {
  readonly #context: AnswerContext;
  readonly #meter: StreamMeter;
  readonly #scanner = new SseScanner();
  readonly #removesUsageEvent: () => boolean;
  readonly #commitTimer: NodeJS.Timeout;
  #silenceTimer: NodeJS.Timeout | undefined;
  #status = 200;
  #headers: AnswerHeaders = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
  #held: Uint8Array[] = [];
  #sawEvent = false;
  #failedAtOnce: Extract<StreamState, { phase: 'failed' }> | undefined;
  #refused: Outcome | undefined;

  constructor(context: AnswerContext, removesUsageEvent: () => boolean) {
    this.#context = context;
    this.#meter = context.dialect.streamMeter(context.quirks);
    this.#removesUsageEvent = removesUsageEvent;
    this.#commitTimer = setTimeout(() => this.#commit(), context.timing.commit);
  }

  /** The provider accepted: what follows is a stream of events. */
  accepted(status: number, headers: AnswerHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  data(chunk: Buffer): void {
    if (this.#refused) return;
    if (this.#removesUsageEvent()) this.#passEvents(chunk);
    else this.#passBytes(chunk);
  }

  end(): Outcome {
    this.#stopTimers();
    if (this.#refused) return this.#refused;
    const tail = this.#readTail();
    const { state } = this.#meter;
    switch (state.phase) {
      case 'finished':
        this.#begin();
        this.#passTail(tail);
        this.#context.answer.end();
        return this.#outcome('done');
      case 'failed':
        if (!this.#context.answer.begun) return this.#refuse(state);
        this.#passTail(tail);
        this.#context.answer.end();
        return this.#outcome('error', `upstream-${state.status}`);
      case 'open':
        return this.#breakOff(truncatedError(this.#context.provider), 'truncated', tail.length > 0);
      default:
        return state satisfies never;
    }
  }

  fail(failure: Exclude<UpstreamFailure, 'aborted'>): Outcome {
    this.#stopTimers();
    if (this.#refused) return this.#refused;
    // The provider hung up rudely, but only after its last word: the answer is whole.
    if (this.#meter.state.phase === 'finished') return this.end();
    const { provider, host } = this.#context;
    return this.#breakOff(upstreamError(failure, provider, host), settledAsOf(failure, this.#sawEvent), !this.#scanner.atBoundary);
  }

  /** Codex closes as soon as it has read the terminal event: that is a success, not an abort. */
  gone(): Outcome {
    this.#stopTimers();
    if (this.#meter.state.phase === 'finished') return this.#outcome('done');
    return { ...this.#outcome('aborted'), status: this.#context.answer.begun ? this.#status : CLIENT_CLOSED };
  }

  /** The stream never came: the answer is an error of the provider. True when headers had to be sent before that was known. */
  release(): boolean {
    this.#stopTimers();
    return this.#context.answer.begun;
  }

  /** Ends an answer whose headers are out with an error that the agent heeds, or cuts it. */
  breakOff(error: GatewayError): Outcome {
    this.#stopTimers();
    return this.#breakOff(error, 'error', false);
  }

  /** How the request ended if the first event was an error: the agent has its answer, and what else comes is of no use. */
  get refused(): Outcome | undefined {
    return this.#refused;
  }

  #passBytes(chunk: Buffer): void {
    this.#scanner.push(chunk, this.#observe);
    if (this.#context.answer.begun) this.#write(chunk);
    else this.#hold(chunk);
  }

  #passEvents(chunk: Buffer): void {
    this.#scanner.push(chunk, this.#passEvent);
    if (!this.#context.answer.begun) this.#hold(undefined);
  }

  readonly #passEvent = (event: SseEvent): void => {
    this.#observe(event);
    if (this.#context.dialect.isAddedUsageEvent(event)) return;
    if (this.#context.answer.begun) this.#write(event.raw);
    else this.#held.push(event.raw);
  };

  readonly #observe = (event: SseEvent): void => {
    // Comments and blank lines are heartbeats (OpenRouter sends some for as long as it waits), not the beginning of an answer.
    this.#meter.observe(event);
    if (this.#sawEvent || event.data === '') return;
    this.#sawEvent = true;
    // Of the first event alone, whatever came with it in one chunk: how bytes were cut must not decide what the agent sees.
    if (this.#meter.state.phase === 'failed') this.#failedAtOnce = this.#meter.state;
  };

  /** Before the first event nothing is sent: if that event is an error, the agent gets it as a status. */
  #hold(chunk: Uint8Array | undefined): void {
    if (chunk !== undefined) this.#held.push(chunk);
    if (!this.#sawEvent) return;
    if (this.#failedAtOnce) this.#refuse(this.#failedAtOnce);
    else this.#begin();
  }

  #refuse(state: Extract<StreamState, { phase: 'failed' }>): Outcome {
    this.#stopTimers();
    const { answer, dialect, ownHeaders, secrets } = this.#context;
    const code = state.status === 429 ? 'upstream-rate-limited' : state.status === 529 ? 'upstream-overloaded' : 'upstream-error';
    const retryable = state.status >= 500 || state.status === 429;
    const message = redactText(state.message, secrets);
    answerError(answer, dialect, { ...gatewayError(code, message), status: state.status, retryable }, ownHeaders());
    return (this.#refused = { settled: 'error', status: state.status, billable: false, error: `upstream-${state.status}` });
  }

  /** Headers leave with the first byte and not before: without one they would wait for the silence to be bridged. */
  #commit(): void {
    this.#begin();
    this.#bridgeSilence();
  }

  #begin(): void {
    const { answer, ownHeaders } = this.#context;
    if (answer.begun || this.#refused) return;
    clearTimeout(this.#commitTimer);
    const { 'content-length': _, ...headers } = this.#headers;
    answer.begin(this.#status, { ...headers, ...ownHeaders() });
    for (const chunk of this.#held) this.#write(chunk);
    this.#held = [];
    this.#silenceTimer = setTimeout(() => this.#bridgeSilence(), this.#context.timing.silence);
  }

  #write(chunk: Uint8Array): void {
    this.#silenceTimer?.refresh();
    this.#context.write(chunk);
  }

  #bridgeSilence(): void {
    // With events passed one by one nothing unfinished was written, so every moment is between events.
    if (this.#removesUsageEvent() || this.#scanner.atBoundary) this.#context.write(BLANK_LINE);
    this.#silenceTimer?.refresh();
  }

  /**
   * What followed the last complete event. Readers take a last event without its blank line for one, if it is whole; so does the
   * meter here, for which half an event is nothing.
   */
  #readTail(): Uint8Array {
    const tail = this.#scanner.end(this.#removesUsageEvent() ? this.#passEvent : this.#observe);
    if (tail.length === 0) return tail;
    let added = false;
    new SseScanner().push(Buffer.concat([tail, Buffer.from(BLANK_LINE)]), (event) => {
      this.#observe(event);
      added ||= this.#removesUsageEvent() && this.#context.dialect.isAddedUsageEvent(event);
    });
    return added ? tail.subarray(0, 0) : tail;
  }

  /** Only unsent when events pass one by one. */
  #passTail(tail: Uint8Array): void {
    if (this.#removesUsageEvent() && tail.length > 0) this.#write(tail);
  }

  #breakOff(error: GatewayError, settled: Outcome['settled'], insideEvent: boolean): Outcome {
    const { answer, dialect, ownHeaders } = this.#context;
    if (!answer.begun) {
      // Held bytes are no answer yet: the agent gets a status that it retries.
      answerError(answer, dialect, error, ownHeaders());
      return { ...this.#outcome(settled, error.code), status: error.status };
    }
    // What passes one event at a time is never inside one.
    const frame = this.#removesUsageEvent() || !insideEvent ? dialect.renderStreamError(error, this.#meter) : undefined;
    if (frame === undefined) {
      answer.destroy();
    } else {
      this.#context.write(frame);
      answer.end();
    }
    return this.#outcome(settled, error.code);
  }

  #outcome(settled: Outcome['settled'], error?: string): Outcome {
    return { settled, status: this.#status, metered: this.#meter.total(), billable: true, error };
  }

  #stopTimers(): void {
    clearTimeout(this.#commitTimer);
    clearTimeout(this.#silenceTimer);
  }
}

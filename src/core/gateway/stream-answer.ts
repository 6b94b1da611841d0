import type { StreamMeter, StreamState } from '../dialects/dialect.ts';
import { gatewayError, type GatewayError } from '../ir/error.ts';
import type { UpstreamFailure } from '../ports.ts';
import { redactText } from '../wire/redact.ts';
import type { SseEvent } from '../wire/sse-event.ts';
import { SseScanner } from '../wire/sse-scanner.ts';
import { answerError } from './answer-error.ts';
import type { AnswerContext, StreamSink, StreamTiming } from './answer-sink.ts';
import type { AnswerHeaders } from './exchange.ts';
import type { Passage } from './passage.ts';
import { CLIENT_CLOSED, type Outcome } from './settle-once.ts';
import { settledAsOf, truncatedError, upstreamError } from './upstream-trouble.ts';

/**
 * Claude Code warns after 20 s without a byte. Gemini CLI gives up on headers after 60 s; until they are sent a failure can still be a
 * proper status.
 */
export const STREAM_TIMING: StreamTiming = { silence: 15_000, commit: 45_000 };

/** A bare blank line passes all agents; a comment line kills Gemini CLI. */
const BLANK_LINE = '\n\n';

const NOTHING = Buffer.alloc(0);

/**
 * A stream on its way from the provider to the agent. The meter reads beside what passes; the passage says what that is. Three things
 * are the same for all: headers wait for the first event that says something (or 45 s), silence is bridged between events, and a stream
 * that breaks off is never ended cleanly: agents would take half an answer for a whole.
 */
export class StreamAnswer implements StreamSink {
  readonly #context: AnswerContext;
  readonly #meter: StreamMeter;
  readonly #passage: (meter: StreamMeter) => Passage;
  readonly #scanner = new SseScanner();
  readonly #commitTimer: NodeJS.Timeout;
  #passing: Passage | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #status = 200;
  #headers: AnswerHeaders = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
  #held: (Uint8Array | string)[] = [];
  #sawEvent = false;
  #failedAtOnce: Extract<StreamState, { phase: 'failed' }> | undefined;
  #refused: Outcome | undefined;

  /** `passage` is asked for when the stream begins. */
  constructor(context: AnswerContext, passage: (meter: StreamMeter) => Passage) {
    this.#context = context;
    this.#meter = context.spoken.streamMeter(context.quirks);
    this.#passage = passage;
    this.#commitTimer = setTimeout(() => this.#commit(), context.timing.commit);
  }

  accepted(status: number, headers: AnswerHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  data(chunk: Buffer): void {
    if (this.#refused) return;
    if (this.#through().event === undefined) this.#passBytes(chunk);
    else this.#passEvents(chunk);
  }

  end(): Outcome {
    this.#stopTimers();
    if (this.#refused) return this.#refused;
    const tail = this.#readTail();
    const passage = this.#through();
    const { state } = this.#meter;
    switch (state.phase) {
      case 'finished':
        return this.#finish(passage, tail);
      case 'failed':
        if (!this.#context.answer.begun) return this.#refuse(state);
        // Bytes that pass have shown the error; what is made anew has to be ended with one.
        if (passage.broken !== undefined) return this.#breakOff(passage.broken, 'error', false, `upstream-${state.status}`);
        if (passage.event !== undefined) this.#write(tail);
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

  release(): boolean {
    this.#stopTimers();
    return this.#context.answer.begun;
  }

  breakOff(error: GatewayError): Outcome {
    this.#stopTimers();
    return this.#breakOff(error, 'error', false);
  }

  get refused(): Outcome | undefined {
    return this.#refused;
  }

  #through(): Passage {
    return (this.#passing ??= this.#passage(this.#meter));
  }

  #passBytes(chunk: Buffer): void {
    this.#scanner.push(chunk, this.#observe);
    if (this.#context.answer.begun) this.#write(chunk);
    else this.#hold(chunk);
  }

  #passEvents(chunk: Buffer): void {
    this.#scanner.push(chunk, this.#passEvent);
    if (this.#refused) return;
    const { broken } = this.#through();
    const { state } = this.#meter;
    if (broken === undefined || (state.phase === 'failed' && !this.#context.answer.begun)) {
      if (!this.#context.answer.begun) this.#hold(undefined);
      return;
    }
    this.#stopTimers();
    this.#refused = this.#breakOff(broken, 'error', false, state.phase === 'failed' ? `upstream-${state.status}` : broken.code);
  }

  readonly #passEvent = (event: SseEvent): void => {
    const passed = this.#through().event?.(event) ?? NOTHING;
    this.#observe(event);
    if (passed.length === 0) return;
    if (this.#context.answer.begun) this.#write(passed);
    else this.#held.push(passed);
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

  /** What is left is written, unless it shows that the answer is broken after all. */
  #finish(passage: Passage, tail: Uint8Array): Outcome {
    const rest = passage.end();
    if (passage.broken !== undefined) return this.#breakOff(passage.broken, 'error', false);
    this.#begin();
    if (passage.event !== undefined) this.#write(tail);
    this.#write(rest);
    this.#context.answer.end();
    return this.#outcome('done');
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

  #write(chunk: Uint8Array | string): void {
    if (chunk.length === 0) return;
    this.#silenceTimer?.refresh();
    this.#context.write(chunk);
  }

  #bridgeSilence(): void {
    // With events passed one by one nothing unfinished was written, so every moment is between events.
    if (this.#through().event !== undefined || this.#scanner.atBoundary) this.#context.write(BLANK_LINE);
    this.#silenceTimer?.refresh();
  }

  /**
   * What followed the last complete event. Readers take a last event without its blank line for one, if it is whole; so does the
   * meter here, for which half an event is nothing. Returns what of it is still to be passed as it came.
   */
  #readTail(): Uint8Array {
    const passage = this.#through();
    const tail = this.#scanner.end(passage.event === undefined ? this.#observe : this.#passEvent);
    if (tail.length === 0) return tail;
    let passed: Uint8Array | string = tail;
    new SseScanner().push(Buffer.concat([tail, Buffer.from(BLANK_LINE)]), (event) => {
      if (passage.event !== undefined) passed = passage.event(event);
      this.#observe(event);
    });
    // An event that passes does so as it came, without the blank line that it lacked.
    if (typeof passed !== 'string') return passed.length === 0 ? passed : tail;
    this.#held.push(passed);
    if (this.#context.answer.begun) for (const chunk of this.#held.splice(0)) this.#write(chunk);
    return NOTHING;
  }

  #breakOff(error: GatewayError, settled: Outcome['settled'], insideEvent: boolean, named: string = error.code): Outcome {
    const { answer, dialect, ownHeaders, secrets } = this.#context;
    const told = { ...error, message: redactText(error.message, secrets) };
    if (!answer.begun) {
      // Held bytes are no answer yet: the agent gets a status that it retries.
      answerError(answer, dialect, told, ownHeaders());
      return { ...this.#outcome(settled, named), status: error.status };
    }
    // What passes one event at a time is never inside one.
    const passage = this.#through();
    const frame = passage.event !== undefined || !insideEvent ? passage.fail(told) : undefined;
    if (frame === undefined) {
      answer.destroy();
    } else {
      this.#context.write(frame);
      answer.end();
    }
    return this.#outcome(settled, named);
  }

  #outcome(settled: Outcome['settled'], error?: string): Outcome {
    return { settled, status: this.#status, metered: this.#meter.total(), billable: true, error };
  }

  #stopTimers(): void {
    clearTimeout(this.#commitTimer);
    clearTimeout(this.#silenceTimer);
  }
}

import type { StreamMeter, StreamState } from '../dialects/dialect.ts';
import { refusal } from '../dialects/upstream-refusal.ts';
import type { GatewayError } from '../ir/error.ts';
import type { Timer } from '../ports.ts';
import { failureOfError } from '../routing/failures/failure-of.ts';
import type { Failure } from '../routing/failures/failure.ts';
import { readRetryHints } from '../routing/failures/retry-hints.ts';
import { KeyWatch } from '../wire/key-watch.ts';
import { redact, redactText } from '../wire/redact.ts';
import type { SseEvent } from '../wire/sse-event.ts';
import { SseScanner } from '../wire/sse-scanner.ts';
import type { AnswerContext, StreamSink, StreamTiming } from './answer-sink.ts';
import type { AnswerHeaders } from './exchange.ts';
import type { Passage } from './passage.ts';
import { refusedContent } from './content-refusal.ts';
import { CLIENT_CLOSED, type Outcome } from './outcome.ts';
import { untold, type Known } from './untold.ts';
import { truncatedError, type Break } from './upstream-trouble.ts';

/**
 * Claude Code warns after 20 s without a byte. Gemini CLI gives up on headers after 60 s; until they are sent a failure can still be a
 * proper status.
 */
export const STREAM_TIMING: StreamTiming = { silence: 15_000, commit: 45_000, hold: 10_000 };

/** A preamble larger than this is let go. That of Responses repeats the instructions and the tools, twice. */
const MOST_HELD_BYTES = 512 * 1024;

/** A bare blank line passes all agents; a comment line kills Gemini CLI. */
const BLANK_LINE = '\n\n';

const NOTHING = Buffer.alloc(0);

/**
 * A stream on its way from the provider to the agent. The meter reads beside what passes; the passage says what that is. Three things
 * are the same for all: nothing leaves before an event that says something (or 45 s, or 10 s after the first event), so that until then
 * another attempt can still answer; silence is bridged between events; and a stream that breaks off is never ended cleanly: agents
 * would take half an answer for a whole.
 */
export class StreamAnswer implements StreamSink {
  readonly #context: AnswerContext;
  readonly #meter: StreamMeter;
  readonly #passage: (meter: StreamMeter) => Passage;
  readonly #scanner = new SseScanner();
  readonly #watch: KeyWatch;
  readonly #commitTimer: Timer;
  #passing: Passage | undefined;
  #holdTimer: Timer | undefined;
  #silenceTimer: Timer | undefined;
  #timersOver = false;
  #status = 200;
  #headers: AnswerHeaders = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
  #held: (Uint8Array | string)[] = [];
  #heldBytes = 0;
  #sawBytes = false;
  #sawEvent = false;
  #sawOutput = false;
  /** The provider's error event, or its refusal, came before any output. */
  #failedEarly: (() => Outcome) | undefined;
  #refused: Outcome | undefined;

  /** `passage` is asked for when the stream begins. */
  constructor(context: AnswerContext, passage: (meter: StreamMeter) => Passage) {
    this.#context = context;
    this.#meter = context.spoken.streamMeter(context.quirks);
    this.#passage = passage;
    this.#watch = new KeyWatch(context.secrets);
    this.#commitTimer = context.timers.after(context.timing.commit, () => this.#commit());
  }

  accepted(status: number, headers: AnswerHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  data(chunk: Buffer): void {
    if (this.#refused) return;
    this.#sawBytes = true;
    if (this.#through().event === undefined) this.#passBytes(chunk);
    else this.#passEvents(chunk);
  }

  end(): Outcome {
    this.#stopTimers();
    if (this.#refused) return this.#refused;
    this.#keepOrWrite(this.#watch.rest());
    const tail = this.#readTail();
    const passage = this.#through();
    const { state } = this.#meter;
    switch (state.phase) {
      case 'finished':
        if (this.#failedEarly && !this.#context.answer.begun) return this.#failedEarly();
        return this.#finish(passage, tail);
      case 'failed':
        if (!this.#context.answer.begun) return this.#refuse(state);
        // Bytes that pass have shown the error; what is made anew has to be ended with one.
        if (passage.broken !== undefined)
          return this.#breakOff(passage.broken, 'error', false, { code: `upstream-${state.status}` });
        if (passage.event !== undefined) this.#write(tail);
        this.#context.answer.end();
        return { ...this.#outcome('error', `upstream-${state.status}`), failure: this.#failureOf(state) };
      case 'open':
        // Who ends politely without a word has not worked on it.
        return this.#breakOff(truncatedError(this.#context.provider), 'truncated', tail.length > 0, { billable: this.#sawBytes });
      default:
        return state satisfies never;
    }
  }

  breakOff(why: Break): Outcome {
    this.#stopTimers();
    if (this.#refused) return this.#refused;
    // The provider hung up rudely, but only after its last word: the answer is whole.
    if (this.#meter.state.phase === 'finished') return this.end();
    return this.#breakOff(why.error, why.settled(this.#sawEvent), !this.#scanner.atBoundary, { failure: why.failure });
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

  get refused(): Outcome | undefined {
    return this.#refused;
  }

  #through(): Passage {
    return (this.#passing ??= this.#passage(this.#meter));
  }

  #passBytes(chunk: Buffer): void {
    this.#scanner.push(chunk, this.#observe);
    const clean = this.#clean(chunk);
    if (this.#context.answer.begun) this.#write(clean);
    else this.#hold(clean);
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
    const code = state.phase === 'failed' ? `upstream-${state.status}` : broken.code;
    this.#refused = this.#breakOff(broken, 'error', false, { code });
  }

  readonly #passEvent = (event: SseEvent): void => {
    const made = this.#through().event?.(event) ?? NOTHING;
    this.#observe(event);
    const passed = typeof made === 'string' ? made : this.#clean(Buffer.from(made.buffer, made.byteOffset, made.length));
    if (passed.length === 0) return;
    if (this.#context.answer.begun) this.#write(passed);
    else this.#keep(passed);
  };

  /** Bytes of the provider. An error is what echoes a key in other forms than its own. */
  #clean(bytes: Buffer): Uint8Array {
    const watched = this.#watch.pass(bytes);
    return this.#meter.state.phase === 'failed' ? redact(watched, this.#context.secrets) : watched;
  }

  readonly #observe = (event: SseEvent): void => {
    this.#meter.observe(event);
    // Comments and blank lines are heartbeats (OpenRouter sends some for as long as it waits), not the beginning of an answer.
    if (this.#sawOutput || event.data === '') return;
    const { state } = this.#meter;
    // Judged event by event, whatever came in one chunk: how bytes were cut must not decide what the agent sees.
    if (state.phase === 'failed') this.#failedEarly ??= () => this.#refuse(state);
    else if (this.#failedEarly === undefined && !this.#context.spoken.isPreamble(event)) {
      if (this.#isRefusal(event)) {
        this.#failedEarly = () => this.#refuseContent();
      } else {
        this.#sawOutput = true;
        this.#context.onOutput();
      }
    }
    if (this.#sawEvent) return;
    this.#sawEvent = true;
    if (!this.#context.answer.begun) this.#holdTimer = this.#after(this.#context.timing.hold, () => this.#commit());
  };

  /** Nothing is sent before the provider has said something: if it fails until then, another may answer. */
  #hold(chunk: Uint8Array | undefined): void {
    if (chunk !== undefined) this.#keep(chunk);
    if (this.#failedEarly) this.#refused = this.#failedEarly();
    else if (this.#sawOutput || this.#heldBytes > MOST_HELD_BYTES) this.#begin();
  }

  #keepOrWrite(chunk: Uint8Array): void {
    if (this.#context.answer.begun) this.#write(chunk);
    else if (chunk.length > 0) this.#keep(chunk);
  }

  #keep(chunk: Uint8Array | string): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
  }

  #refuse(state: Extract<StreamState, { phase: 'failed' }>): Outcome {
    this.#stopTimers();
    // What the provider has counted by then it may bill.
    const known = { metered: this.#meter.total(), code: `upstream-${state.status}`, failure: this.#failureOf(state) };
    return untold(this.#context, errorOf(state), known);
  }

  #isRefusal(event: SseEvent): boolean {
    const { answer, refusalMoves, spoken } = this.#context;
    return refusalMoves && !answer.begun && spoken.isRefusal(event);
  }

  #refuseContent(): Outcome {
    this.#stopTimers();
    return refusedContent(this.#context, this.#meter.total());
  }

  /** Some say in words when to come again. */
  #failureOf(state: Extract<StreamState, { phase: 'failed' }>): Failure {
    return failureOfError(errorOf(state), readRetryHints({}, { message: state.message }, this.#context.now()));
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
    this.#commitTimer.cancel();
    this.#holdTimer?.cancel();
    const { 'content-length': _, ...headers } = this.#headers;
    answer.begin(this.#status, { ...headers, ...ownHeaders() });
    for (const chunk of this.#held) this.#write(chunk);
    this.#held = [];
    this.#silenceTimer = this.#after(this.#context.timing.silence, () => this.#bridgeSilence());
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
    this.#keep(passed);
    if (this.#context.answer.begun) for (const chunk of this.#held.splice(0)) this.#write(chunk);
    return NOTHING;
  }

  #breakOff(error: GatewayError, settled: Outcome['settled'], insideEvent: boolean, known: Known = {}): Outcome {
    const { answer, secrets } = this.#context;
    // Held bytes are no answer yet.
    if (!answer.begun) return untold(this.#context, error, { settled, metered: this.#meter.total(), billable: true, ...known });
    const told = { ...error, message: redactText(error.message, secrets) };
    // What passes one event at a time is never inside one.
    const passage = this.#through();
    const frame = passage.event !== undefined || !insideEvent ? passage.fail(told) : undefined;
    if (frame === undefined) {
      answer.destroy();
    } else {
      this.#context.write(frame);
      answer.end();
    }
    return {
      ...this.#outcome(settled, known.code ?? error.code),
      billable: known.billable ?? true,
      failure: known.failure ?? failureOfError(error, {}),
    };
  }

  #outcome(settled: Outcome['settled'], error?: string): Outcome {
    return { settled, status: this.#status, metered: this.#meter.total(), billable: true, error };
  }

  /** What a last event without its blank line sets off comes when all is over: a timer then would speak into another attempt's answer. */
  #after(milliseconds: number, run: () => void): Timer | undefined {
    return this.#timersOver ? undefined : this.#context.timers.after(milliseconds, run);
  }

  #stopTimers(): void {
    this.#timersOver = true;
    this.#commitTimer.cancel();
    this.#holdTimer?.cancel();
    this.#silenceTimer?.cancel();
  }
}

function errorOf({ status, code, message }: Extract<StreamState, { phase: 'failed' }>): GatewayError {
  return refusal({ status, code, type: undefined, message });
}

import type { Carry } from '../ir/carry.ts';
import { gatewayError, type GatewayError } from '../ir/error.ts';
import type { Block, Part, StopReason } from '../ir/parts.ts';
import { BlockSequence, type OpenBlock } from './block-sequence.ts';
import { isWholeObject } from './decoder.ts';
import type { StreamMeter } from './dialect.ts';

interface ToolCall {
  readonly open: OpenBlock;
  json: string;
}

/**
 * The half of a decoder that is the same in each dialect: one start, blocks in order, usage before the end, exactly one end,
 * nothing after it.
 */
export class AnswerParts {
  readonly blocks: BlockSequence;
  readonly #meter: StreamMeter;
  #ready: Part[] = [];
  #started = false;
  #ended = false;
  #prose: { readonly kind: 'text' | 'reasoning'; readonly open: OpenBlock } | undefined;
  readonly #calls = new Set<ToolCall>();
  #answerId = '';
  #made = 0;
  readonly #callIds = new Set<string>();
  readonly #usedCallIds: ReadonlySet<string>;

  constructor(meter: StreamMeter, usedCallIds: ReadonlySet<string> = new Set()) {
    this.#meter = meter;
    this.#usedCallIds = usedCallIds;
    this.blocks = new BlockSequence((part) => {
      if (!this.#ended) this.#ready.push(part);
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What came out since the last time. */
  take(): readonly Part[] {
    const parts = this.#ready;
    this.#ready = [];
    return parts;
  }

  /** Only the first start counts. */
  start(id: string, model: string): void {
    if (this.#started) return;
    this.#started = true;
    this.#answerId = id;
    this.#ready.push({ type: 'response-start', id, model });
  }

  /** Text or reasoning without block boundaries of its own: a block lasts until something else begins. */
  prose(block: Extract<Block, { kind: 'text' | 'reasoning' }>, text: string): void {
    if (text === '') return;
    if (this.#prose?.kind !== block.kind) {
      this.#closeWhatIsWhole();
      this.#prose = { kind: block.kind, open: this.blocks.open(block) };
    }
    this.blocks.add(this.#prose.open, text);
  }

  openCall(callId: string | undefined, name: string): ToolCall {
    this.#closeWhatIsWhole();
    // An id that came twice would give two calls one result.
    const taken = callId === undefined || this.#callIds.has(callId) || this.#usedCallIds.has(callId);
    const id = taken ? this.#makeCallId() : callId;
    this.#callIds.add(id);
    const open = this.blocks.open({ kind: 'tool-call', callId: id, name });
    const call = { open, json: '' };
    this.#calls.add(call);
    return call;
  }

  addToCall(call: ToolCall, json: string): void {
    if (!this.#calls.has(call)) {
      // Arguments that go on after their end: the call may have been acted on already.
      if (json.trim() !== '')
        this.fail(gatewayError('upstream-broken', 'The provider went on with a tool call that was complete. Try again.'));
      return;
    }
    call.json += json;
    this.blocks.add(call.open, json);
  }

  closeCall(call: ToolCall, carry?: Carry): void {
    if (!this.#calls.delete(call)) return;
    // A tool without parameters is often called with nothing at all, which is no JSON.
    if (call.json.trim() === '') this.blocks.add(call.open, '{}');
    this.blocks.close(call.open, carry);
  }

  /** `reason` as the dialect's table says; a stop together with tool calls is always for their sake. */
  end(reason: StopReason, raw: string): void {
    if (this.#ended) return;
    this.start('', '');
    this.#closeProse();
    for (const call of this.#calls) this.closeCall(call);
    this.#finish({
      type: 'response-end',
      stop: { reason: this.#callIds.size > 0 && callsExplain(reason) ? 'tool-use' : reason, raw },
    });
  }

  /** What is still open stays open: it is not whole. */
  fail(error: GatewayError): void {
    if (this.#ended) return;
    this.start('', '');
    this.#finish({ type: 'response-error', error });
  }

  #finish(last: Part): void {
    this.#ended = true;
    const metered = this.#meter.total();
    if (metered !== undefined) this.#ready.push({ type: 'usage', usage: metered.usage });
    this.#ready.push(last);
  }

  #closeProse(): void {
    if (this.#prose !== undefined) this.blocks.close(this.#prose.open);
    this.#prose = undefined;
  }

  /**
   * Something new begins. Prose is over then; a tool call is when its arguments are a whole object, since nothing can follow
   * one. Any other call stays open, and what is new waits for it.
   */
  #closeWhatIsWhole(): void {
    this.#closeProse();
    for (const call of this.#calls) if (isWholeObject(call.json)) this.closeCall(call);
  }

  /** Answer ids are unique, so ids made from them are unique over a conversation too. */
  #makeCallId(): string {
    for (;;) {
      this.#made += 1;
      const id = `call_${this.#answerId.replace(/[^a-zA-Z0-9]/g, '').slice(-24) || 'gatehouse'}_${this.#made}`;
      if (!this.#callIds.has(id) && !this.#usedCallIds.has(id)) return id;
    }
  }
}

function callsExplain(reason: StopReason): boolean {
  return reason === 'end' || reason === 'stop-sequence' || reason === 'unknown';
}

import type { ToolForm } from '../../ir/call.ts';
import type { Carry } from '../../ir/carry.ts';
import type { GatewayError } from '../../ir/error.ts';
import type { Block, Part, StopReason } from '../../ir/parts.ts';
import type { Usage } from '../../ir/usage.ts';
import type { AnswerFrame, Encoder } from '../codec.ts';
import { answerObject, endOf, usageObject } from './answer-object.ts';
import { failedCode } from './errors.ts';
import { sealed } from './carry-items.ts';
import { callWriter, proseWriter, type ItemWriter } from './item-writers.ts';

type Json = Record<string, unknown>;

export function encoder(frame: AnswerFrame): Encoder {
  const writer = new AnswerWriter(frame);
  return {
    push(part) {
      writer.write(part);
      return writer.take();
    },
    fail(error) {
      writer.fail(error);
      return writer.take();
    },
  };
}

/**
 * One answer as events. Full ones: the readers of OpenAI's SDK, OpenCode and Qwen Code fail on shorter streams that Codex would take. An
 * item is announced with the first that there is of it, so an empty block leaves no item that an agent would send back.
 */
export class AnswerWriter {
  readonly #frame: AnswerFrame;
  readonly #output: Json[] = [];
  readonly #forms: ReadonlyMap<string, ToolForm | undefined>;
  #events: string[] = [];
  #sequence = 0;
  #block: Block | undefined;
  #item: ItemWriter | undefined;
  #usage: Usage | undefined;
  /** Undefined until the end. */
  response: Json | undefined;

  constructor(frame: AnswerFrame) {
    this.#frame = frame;
    this.#forms = new Map(frame.call.tools.map((tool) => [tool.name, tool.form]));
  }

  take(): string {
    const events = this.#events.join('');
    this.#events = [];
    return events;
  }

  write(part: Part): void {
    switch (part.type) {
      case 'response-start':
        return this.#start();
      case 'block-start':
        this.#block = part.block;
        if (part.block.kind === 'tool-call') this.#open();
        return;
      case 'block-delta':
        return this.#open().delta(part.text);
      case 'block-end':
        return this.#end(part.carry);
      case 'usage':
        this.#usage = part.usage;
        return;
      case 'response-end':
        return this.#finish(part.stop.reason);
      case 'response-error':
        return this.fail(part.error);
      default:
        part satisfies never;
    }
  }

  fail(error: GatewayError): void {
    if (this.response !== undefined) return;
    this.#start();
    const end = { status: 'failed', error: { code: failedCode(error), message: error.message }, usage: usageObject(this.#usage) };
    this.response = answerObject(this.#frame, this.#output, end);
    this.#send('response.failed', { response: this.response });
  }

  #start(): void {
    // Readers refuse a stream whose first event is another one.
    if (this.#sequence > 0) return;
    const response = answerObject(this.#frame, [], {});
    this.#send('response.created', { response });
    this.#send('response.in_progress', { response });
  }

  #finish(reason: StopReason): void {
    const end = { ...endOf(reason), usage: usageObject(this.#usage) };
    this.response = answerObject(this.#frame, this.#output, end);
    this.#send(`response.${String(this.response['status'])}`, { response: this.response });
  }

  #open(): ItemWriter {
    if (this.#item !== undefined) return this.#item;
    const index = this.#output.length;
    const id = `${this.#frame.id}_${index}`;
    const send = (type: string, data: Json): void =>
      this.#send(type, { item_id: item.opening['id'], output_index: index, ...data });
    const item = this.#writer(id, send);
    this.#item = item;
    this.#send('response.output_item.added', { output_index: index, item: item.opening });
    return item;
  }

  #writer(id: string, send: (type: string, data: Json) => void): ItemWriter {
    const block = this.#block ?? { kind: 'text' };
    if (block.kind === 'tool-call') {
      const form = this.#forms.get(block.name) ?? { kind: 'function', name: block.name };
      return callWriter(block.callId, form, id, send);
    }
    return proseWriter(block.kind, `${block.kind === 'text' ? 'msg' : 'rs'}_${id}`, send);
  }

  #end(carry: Carry | undefined): void {
    const block = this.#block;
    if (block?.kind === 'reasoning' && carry !== undefined) this.#open();
    if (this.#item !== undefined) this.#add(this.#item.end(carry));
    this.#item = undefined;
    this.#block = undefined;
    if (carry === undefined || block === undefined || block.kind === 'reasoning') return;
    // A signed text, or a signed call: see carry-items.ts.
    const belongs = block.kind === 'text' ? ({ to: 'text' } as const) : ({ to: 'call', callId: block.callId } as const);
    const bearer = { id: `rs_${this.#frame.id}_${this.#output.length}`, type: 'reasoning', summary: [] };
    this.#send('response.output_item.added', { output_index: this.#output.length, item: bearer });
    this.#add({ ...bearer, encrypted_content: sealed(carry, belongs) });
  }

  #add(item: Json): void {
    this.#send('response.output_item.done', { output_index: this.#output.length, item });
    this.#output.push(item);
  }

  #send(type: string, data: Json): void {
    this.#events.push(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#sequence++, ...data })}\n\n`);
  }
}

import type { Carry } from '../../ir/carry.ts';
import type { Block, Part, StopReason } from '../../ir/parts.ts';
import type { Usage } from '../../ir/usage.ts';
import type { AnswerFrame, Encoder } from '../codec.ts';
import { isWholeObject } from '../decoder.ts';
import { answerId, callShape, FINISH, isCustom, showsThoughts, signedExtra, thoughtDetail, usageShape } from './answer-shape.ts';
import { renderStreamError } from './errors.ts';

type Json = Record<string, unknown>;

/** The chunks of one answer. Between them stands nothing; `[DONE]` ends them. */
export function encoder(frame: AnswerFrame): Encoder {
  const chunks = new Chunks(frame);
  return {
    push: (part) => chunks.push(part),
    fail: renderStreamError,
  };
}

interface OpenBlock {
  readonly block: Block;
  text: string;
  /** Tool calls: whether their id and name have gone out. */
  begun: boolean;
}

class Chunks {
  readonly #frame: AnswerFrame;
  readonly #thoughts: boolean;
  #open: OpenBlock | undefined;
  #calls = 0;
  #details = 0;
  /** The block before this one was a thought as well. */
  #afterThought = false;
  #usage: Usage | undefined;

  constructor(frame: AnswerFrame) {
    this.#frame = frame;
    this.#thoughts = showsThoughts(frame.call);
  }

  push(part: Part): string {
    switch (part.type) {
      case 'response-start':
        return this.#chunk({ role: 'assistant', content: '' });
      case 'block-start':
        this.#open = { block: part.block, text: '', begun: false };
        return '';
      case 'block-delta':
        return this.#open === undefined ? '' : this.#delta(this.#open, part.text);
      case 'block-end': {
        const open = this.#open;
        this.#open = undefined;
        return open === undefined ? '' : this.#end(open, part.carry);
      }
      case 'usage':
        this.#usage = part.usage;
        return '';
      case 'response-end':
        return this.#finish(part.stop.reason);
      case 'response-error':
        return '';
      default:
        return part satisfies never;
    }
  }

  #delta(open: OpenBlock, text: string): string {
    const { block } = open;
    switch (block.kind) {
      case 'text':
        this.#afterThought = false;
        return this.#chunk({ content: text });
      case 'reasoning': {
        if (!this.#thoughts) return '';
        // Two summaries in a row would run into each other: agents know no blocks here.
        const gap = open.text === '' && this.#afterThought ? '\n\n' : '';
        open.text += text;
        this.#afterThought = true;
        return this.#chunk({ reasoning_content: gap + text });
      }
      case 'tool-call':
        return this.#callDelta(open, block, text);
      default:
        return block satisfies never;
    }
  }

  /**
   * The AI SDK heeds a signature in a call's first delta only, and it comes with the block's end. So a first delta that may be all of
   * the call waits for it; Gemini, the only one who signs calls, sends them whole. Any other call streams.
   */
  #callDelta(open: OpenBlock, block: Extract<Block, { kind: 'tool-call' }>, text: string): string {
    if (open.begun) return this.#call({ function: { arguments: text } });
    open.text += text;
    if (isCustom(this.#frame.call, block.name) || isBlankOrWhole(open.text)) return '';
    open.begun = true;
    return this.#call({ id: block.callId, type: 'function', function: { name: block.name, arguments: open.text } });
  }

  #end(open: OpenBlock, carry: Carry | undefined): string {
    const { block } = open;
    if (block.kind === 'tool-call') {
      const { begun } = open;
      let out = '';
      if (!begun) out = this.#call(callShape(this.#frame.call, block.callId, block.name, open.text, carry));
      else if (carry !== undefined) out = this.#call({ function: { arguments: '' }, ...signedExtra(carry) });
      this.#calls += 1;
      this.#afterThought = false;
      return out;
    }
    if (block.kind !== 'reasoning' || carry === undefined || !this.#thoughts) return '';
    return this.#chunk({ reasoning_details: [thoughtDetail(open.text, carry, this.#details++)] });
  }

  #call(delta: Json): string {
    return this.#chunk({ tool_calls: [{ index: this.#calls, ...delta }] });
  }

  #finish(reason: StopReason): string {
    const usage =
      this.#frame.includeUsage && this.#usage !== undefined ? this.#event({ choices: [], usage: usageShape(this.#usage) }) : '';
    return `${this.#chunk({}, FINISH[reason])}${usage}data: [DONE]\n\n`;
  }

  #chunk(delta: Json, finish: string | null = null): string {
    return this.#event({
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(this.#frame.includeUsage ? { usage: null } : {}),
    });
  }

  #event(rest: Json): string {
    const { createdAt: created, model } = this.#frame;
    return `data: ${JSON.stringify({ id: answerId(this.#frame), object: 'chat.completion.chunk', created, model, ...rest })}\n\n`;
  }
}

function isBlankOrWhole(json: string): boolean {
  return json.trim() === '' || isWholeObject(json);
}

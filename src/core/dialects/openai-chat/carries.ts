import type { Carry } from '../../ir/carry.ts';
import type { Block, Part } from '../../ir/parts.ts';
import type { BlockSequence } from '../block-sequence.ts';
import type { DecodeOptions } from '../codec.ts';
import type { JsonRecord } from '../read-json.ts';
import { addDetails, type ReasoningDetail } from './reasoning-details.ts';

/**
 * What a provider wants to see again of its own answer. A carry's token is JSON: for a thought the fields of the assistant message
 * that repeat it, for a tool call its `extra_content`. Plain `reasoning_content` is carried for providers that ask for it only
 * (`replaysReasoning`), since others refuse the field; details are carried for everybody who sends them.
 */
export class Carries {
  readonly #issuer: string;
  readonly #plainToo: boolean;
  readonly #blocks: BlockSequence;
  /** Whether the block of prose that is open, if any, is a thought. */
  #thinking = false;
  #field = 'reasoning_content';
  #details: ReasoningDetail[] = [];
  /** The details of thoughts that are over, in their order; their blocks may still wait to go out. */
  readonly #ofThoughts: (readonly ReasoningDetail[])[] = [];
  readonly #extras = new Map<Block, JsonRecord>();
  /** The thought that is on its way out: its place and its text so far. */
  #at: number | undefined;
  #text = '';
  readonly #calls = new Map<number, Block>();

  constructor(options: DecodeOptions, blocks: BlockSequence) {
    this.#issuer = options.issuer ?? 'openai-chat';
    this.#plainToo = options.quirks?.replaysReasoning === true;
    this.#blocks = blocks;
  }

  addReasoning(field: string | undefined, details: readonly unknown[]): void {
    this.#field = field ?? this.#field;
    addDetails(this.#details, details);
  }

  beginThought(): void {
    this.#thinking = true;
  }

  endThought(): void {
    if (!this.#thinking) return;
    this.#thinking = false;
    this.#ofThoughts.push(this.#details);
    this.#details = [];
  }

  addExtra(call: Block, extra: JsonRecord | undefined): void {
    if (extra !== undefined) this.#extras.set(call, extra);
  }

  /** Prose is over. Details that came without a thought to read, or after it, are a block of their own. */
  endProse(): void {
    this.endThought();
    if (this.#details.length === 0) return;
    const rest = this.#blocks.open({ kind: 'reasoning', form: 'redacted' });
    this.#blocks.close(rest, this.#carryOf({ reasoning_details: this.#details }));
    this.#details = [];
  }

  attach(parts: readonly Part[]): readonly Part[] {
    return parts.map((part) => this.#attached(part));
  }

  #attached(part: Part): Part {
    if (part.type === 'block-start') {
      if (part.block.kind === 'tool-call') this.#calls.set(part.at, part.block);
      if (part.block.kind === 'reasoning' && part.block.form === 'full') {
        this.#at = part.at;
        this.#text = '';
      }
    } else if (part.type === 'block-delta' && part.at === this.#at && this.#plainToo) {
      this.#text += part.text;
    } else if (part.type === 'block-end' && part.carry === undefined) {
      const carry = part.at === this.#at ? this.#thoughtCarry() : this.#callCarry(part.at);
      return carry === undefined ? part : { ...part, carry };
    }
    return part;
  }

  #thoughtCarry(): Carry | undefined {
    const details = this.#ofThoughts.shift() ?? [];
    if (details.length > 0) return this.#carryOf({ reasoning_details: details });
    return this.#plainToo ? this.#carryOf({ [this.#field]: this.#text }) : undefined;
  }

  #callCarry(at: number): Carry | undefined {
    const call = this.#calls.get(at);
    const extra = call === undefined ? undefined : this.#extras.get(call);
    return extra === undefined ? undefined : this.#carryOf({ extra_content: extra });
  }

  #carryOf(fields: Record<string, unknown>): Carry {
    return { issuer: this.#issuer, token: JSON.stringify(fields) };
  }
}

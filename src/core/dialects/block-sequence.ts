import type { Carry } from '../ir/carry.ts';
import type { Block, Part } from '../ir/parts.ts';

/** One block of an answer. Only the sequence that made it changes it. */
export interface OpenBlock {
  readonly block: Block;
  /** Set once it is on its way out. */
  at: number | undefined;
  /** What came while another block was on its way out. */
  waiting: string;
  ended: boolean;
  carry: Carry | undefined;
}

/**
 * Puts blocks that providers send interleaved (parallel tool calls by index) one after the other: the oldest streams, the
 * others wait until it has ended. Parts go to `out`.
 */
export class BlockSequence {
  readonly #queue: OpenBlock[] = [];
  readonly #out: (part: Part) => void;
  #next = 0;

  constructor(out: (part: Part) => void) {
    this.#out = out;
  }

  open(block: Block): OpenBlock {
    const opened: OpenBlock = { block, at: undefined, waiting: '', ended: false, carry: undefined };
    this.#queue.push(opened);
    if (this.#queue[0] === opened) this.#start(opened);
    return opened;
  }

  add(block: OpenBlock, text: string): void {
    if (text === '' || block.ended) return;
    if (block.at === undefined) block.waiting += text;
    else this.#out({ type: 'block-delta', at: block.at, text });
  }

  close(block: OpenBlock, carry?: Carry): void {
    if (block.ended) return;
    block.ended = true;
    block.carry = carry;
    for (let head = this.#queue[0]; head?.ended === true && head.at !== undefined; head = this.#queue[0]) {
      this.#out(
        head.carry === undefined ? { type: 'block-end', at: head.at } : { type: 'block-end', at: head.at, carry: head.carry },
      );
      this.#queue.shift();
      const next = this.#queue[0];
      if (next !== undefined) this.#start(next);
    }
  }

  #start(block: OpenBlock): void {
    block.at = this.#next++;
    this.#out({ type: 'block-start', at: block.at, block: block.block });
    if (block.waiting !== '') this.#out({ type: 'block-delta', at: block.at, text: block.waiting });
    block.waiting = '';
  }
}

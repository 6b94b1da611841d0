import type { AssistantContent, Call, ReasoningContent, Turn } from '../ir/call.ts';
import type { Carry } from '../ir/carry.ts';
import type { Part } from '../ir/parts.ts';

/** What a model said about one of its tool calls that most agents do not send back: its signature, and the thoughts before it. */
interface Kept {
  readonly carry: Carry | undefined;
  readonly reasoning: readonly ReasoningContent[];
  readonly size: number;
}

const MOST_CALLS = 5000;
const MOST_CHARACTERS = 32 * 1024 * 1024;

/**
 * Opaque state by tool-call id, for the agents whose dialect has no room for it (a Chat message) and for those that drop it. In memory
 * only, bounded, the oldest go first: a model that misses its signature after a restart gets none, or the vendor's stand-in.
 */
export class CarryMemory {
  readonly #kept = new Map<string, Kept>();
  #size = 0;

  /** Watches the parts of one answer. */
  keeper(): (part: Part) => void {
    let block: Extract<Part, { type: 'block-start' }>['block'] | undefined;
    let text = '';
    let reasoning: ReasoningContent[] = [];
    return (part) => {
      if (part.type === 'block-start') {
        block = part.block;
        text = '';
      } else if (part.type === 'block-delta') {
        if (block?.kind === 'reasoning') text += part.text;
      } else if (part.type === 'block-end') {
        if (block?.kind === 'reasoning' && part.carry !== undefined) reasoning.push({ kind: 'reasoning', text, carry: part.carry });
        if (block?.kind === 'tool-call') {
          if (part.carry !== undefined || reasoning.length > 0) this.#keep(block.callId, part.carry, reasoning);
          // The thoughts stand before the first of several calls, and only there.
          reasoning = [];
        }
      }
    };
  }

  /** The call with what its agent left out, as far as `issuer` would know it again. */
  restore(call: Call, issuer: string): Call {
    const turns = call.turns.map((turn): Turn => {
      if (turn.role !== 'assistant') return turn;
      const thought = turn.content.some(
        ({ kind, carry }) => kind === 'reasoning' && carry?.issuer === issuer && carry.token !== '',
      );
      return { role: 'assistant', content: turn.content.flatMap((part) => this.#restored(part, issuer, thought)) };
    });
    return { ...call, turns };
  }

  #restored(part: AssistantContent, issuer: string, thought: boolean): AssistantContent[] {
    // Under the tag of an answer that nobody had signed.
    if (part.carry?.token === '') return part.kind === 'reasoning' ? [{ kind: 'reasoning', text: part.text }] : [part];
    const kept = part.kind === 'tool-call' ? this.#kept.get(part.callId) : undefined;
    if (part.kind !== 'tool-call' || kept === undefined) return [part];
    const own = part.carry === undefined && kept.carry?.issuer === issuer ? { ...part, carry: kept.carry } : part;
    return thought ? [own] : [...kept.reasoning.filter(({ carry }) => carry?.issuer === issuer), own];
  }

  #keep(callId: string, carry: Carry | undefined, reasoning: readonly ReasoningContent[]): void {
    const size = reasoning.reduce(
      (sum, { text, carry: own }) => sum + text.length + (own?.token.length ?? 0),
      carry?.token.length ?? 0,
    );
    this.#forget(callId);
    this.#kept.set(callId, { carry, reasoning, size });
    this.#size += size;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_CALLS && this.#size <= MOST_CHARACTERS) break;
      this.#forget(oldest);
    }
  }

  #forget(callId: string): void {
    this.#size -= this.#kept.get(callId)?.size ?? 0;
    this.#kept.delete(callId);
  }
}

import type { AssistantContent, Call, ReasoningContent, Turn } from '../../ir/call.ts';
import type { Carry } from '../../ir/carry.ts';
import type { Part } from '../../ir/parts.ts';

/** What a model said about one of its tool calls that most agents do not send back: its signature, and the thoughts before it. */
interface Kept {
  readonly carry: Carry | undefined;
  readonly reasoning: readonly ReasoningContent[];
  /** The model said something between the thoughts and the call. */
  readonly textBetween: boolean;
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
    let textBetween = false;
    return (part) => {
      if (part.type === 'block-start') {
        block = part.block;
        text = '';
        textBetween ||= block.kind === 'text' && reasoning.length > 0;
      } else if (part.type === 'block-delta') {
        if (block?.kind === 'reasoning') text += part.text;
      } else if (part.type === 'block-end') {
        if (block?.kind === 'reasoning' && part.carry !== undefined) reasoning.push({ kind: 'reasoning', text, carry: part.carry });
        if (block?.kind === 'tool-call') {
          if (part.carry !== undefined || reasoning.length > 0) this.#keep(block.callId, part.carry, reasoning, textBetween);
          // The thoughts stand before the first of several calls, and only there.
          reasoning = [];
          textBetween = false;
        }
      }
    };
  }

  /** The call with what its agent left out, as far as `issuer` would know it again. */
  restore(call: Call, issuer: string): Call {
    return { ...call, turns: call.turns.map((turn) => (turn.role === 'assistant' ? this.#restored(turn.content, issuer) : turn)) };
  }

  #restored(content: readonly AssistantContent[], issuer: string): Turn {
    const own = content.map(withoutEmptyCarry);
    const thought = own.some((part) => part.kind === 'reasoning' && part.carry?.issuer === issuer);
    const result: AssistantContent[] = [];
    /** Behind the last call: where the answer that made the next one began. */
    let began = 0;
    for (const part of own) {
      const kept = part.kind === 'tool-call' ? this.#kept.get(part.callId) : undefined;
      if (part.kind === 'tool-call' && kept !== undefined) {
        const thoughts = thought ? [] : kept.reasoning.filter(({ carry }) => carry?.issuer === issuer);
        // The agent's own copy of the same thoughts, which nobody signed.
        if (thoughts.length > 0) result.splice(began, result.length - began, ...result.slice(began).filter(isVouchedFor));
        // Claude refuses an answer whose text stands before its thoughts.
        result.splice(kept.textBetween ? began : result.length, 0, ...thoughts);
        result.push(part.carry === undefined && kept.carry?.issuer === issuer ? { ...part, carry: kept.carry } : part);
      } else {
        result.push(part);
      }
      if (part.kind === 'tool-call') began = result.length;
    }
    return { role: 'assistant', content: result };
  }

  #keep(callId: string, carry: Carry | undefined, reasoning: readonly ReasoningContent[], textBetween: boolean): void {
    const size = reasoning.reduce(
      (sum, { text, carry: own }) => sum + text.length + (own?.token.length ?? 0),
      carry?.token.length ?? 0,
    );
    this.#forget(callId);
    this.#kept.set(callId, { carry, reasoning, textBetween, size });
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

function isVouchedFor(part: AssistantContent): boolean {
  return part.kind !== 'reasoning' || part.carry !== undefined;
}

/** Under the tag of an answer that nobody had signed. */
function withoutEmptyCarry(part: AssistantContent): AssistantContent {
  return part.kind === 'reasoning' && part.carry?.token === '' ? { kind: 'reasoning', text: part.text } : part;
}

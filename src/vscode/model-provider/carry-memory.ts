import type { ReasoningContent } from '../../core/ir/call.ts';
import type { Carry } from '../../core/ir/carry.ts';

/** What a provider wants to see again with a tool call, and the editor's message parts have no room for. */
export interface Kept {
  /** The call's own signature (Gemini). */
  readonly carry?: Carry;
  /** What was thought since the call before, as far as somebody vouches for it (Anthropic, OpenAI, DeepSeek). */
  readonly thoughts: readonly ReasoningContent[];
}

/** By call id. In memory only: after a restart the writers' stand-ins take their place. The oldest go first. */
export class CarryMemory {
  readonly #limit: number;
  readonly #kept = new Map<string, Kept>();

  constructor(limit = 2000) {
    this.#limit = limit;
  }

  keep(callId: string, kept: Kept): void {
    this.#kept.delete(callId);
    if (kept.carry === undefined && kept.thoughts.length === 0) return;
    this.#kept.set(callId, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit) break;
      this.#kept.delete(oldest);
    }
  }

  get(callId: string): Kept | undefined {
    return this.#kept.get(callId);
  }
}

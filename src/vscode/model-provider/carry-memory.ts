import type { Carry } from '../../core/ir/carry.ts';

/**
 * Signatures of tool calls, by call id. Gemini wants them back with the next request, and the editor's message parts cannot
 * carry them. In memory only: after a restart the writer's stand-in takes their place. The oldest go first.
 */
export class CarryMemory {
  readonly #limit: number;
  readonly #carries = new Map<string, Carry>();

  constructor(limit = 2000) {
    this.#limit = limit;
  }

  keep(callId: string, carry: Carry): void {
    this.#carries.delete(callId);
    this.#carries.set(callId, carry);
    for (const oldest of this.#carries.keys()) {
      if (this.#carries.size <= this.#limit) break;
      this.#carries.delete(oldest);
    }
  }

  get(callId: string): Carry | undefined {
    return this.#carries.get(callId);
  }
}

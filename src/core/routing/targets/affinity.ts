import type { Clock } from '../../ports.ts';

interface Bond {
  readonly to: string;
  /** Monotonic milliseconds. */
  readonly since: number;
}

const MOST_BONDS = 5000;
/** The longest life of a provider's prompt cache without a hit. Whoever comes later finds nothing there to stay for. */
const SILENCE_MS = 60 * 60 * 1000;

/**
 * Who served a conversation last: the target of a pool and, with `provider`, the key. A prompt cache belongs to one model of one
 * account, so moving a long session means paying for its whole history once more. In memory only, bounded, oldest first out.
 */
export class Affinity {
  readonly #clock: Clock;
  /** Oldest first, since a bond that is set again goes to the end. */
  readonly #bonds = new Map<string, Bond>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(conversation: string, pool: string, provider?: string): string | undefined {
    const bond = this.#bonds.get(nameOf(conversation, pool, provider));
    return bond === undefined || this.#isOver(bond) ? undefined : bond.to;
  }

  set(conversation: string, pool: string, to: string, provider?: string): void {
    const name = nameOf(conversation, pool, provider);
    this.#bonds.delete(name);
    this.#bonds.set(name, { to, since: this.#clock.monotonic() });
    for (const [oldest, bond] of this.#bonds) {
      if (this.#bonds.size <= MOST_BONDS && !this.#isOver(bond)) break;
      this.#bonds.delete(oldest);
    }
  }

  /** Nothing, where the conversation has moved on from `from`: a sibling request may have left already and be well elsewhere. */
  drop(conversation: string, pool: string, from: string, provider?: string): void {
    const name = nameOf(conversation, pool, provider);
    if (this.#bonds.get(name)?.to === from) this.#bonds.delete(name);
  }

  #isOver({ since }: Bond): boolean {
    return this.#clock.monotonic() - since >= SILENCE_MS;
  }
}

/** Agents name conversations and models, so the parts are told apart by lengths: no separator is safe. */
function nameOf(conversation: string, pool: string, provider: string | undefined): string {
  return provider === undefined
    ? `${conversation.length} ${conversation}${pool}`
    : `${conversation.length},${pool.length} ${conversation}${pool}${provider}`;
}

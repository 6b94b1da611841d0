import { hash, timingSafeEqual } from 'node:crypto';

/**
 * Local tokens and the agents they stand for. An unknown token is compared by its digest, with every digest in full: neither the time
 * taken nor a prefix tells anything about a token.
 */
export class TokenTable {
  /** Tokens that were found valid, so never more than there are agents: hashing took 9 us of each request. */
  readonly #known = new Map<string, string>();
  readonly #entries: readonly { readonly digest: Buffer; readonly agent: string }[];

  constructor(tokens: Iterable<readonly [agent: string, token: string]>) {
    this.#entries = [...tokens].map(([agent, token]) => ({ agent, digest: digestOf(token) }));
  }

  /** The agent of the first valid token: agents may send several credentials at once (their own key beside our token). */
  agentOf(presented: readonly string[]): string | undefined {
    for (const token of presented) {
      const agent = this.#known.get(token) ?? this.#search(token);
      if (agent !== undefined) return agent;
    }
    return undefined;
  }

  #search(token: string): string | undefined {
    const digest = digestOf(token);
    let found: string | undefined;
    for (const entry of this.#entries) {
      if (timingSafeEqual(entry.digest, digest)) found ??= entry.agent;
    }
    if (found !== undefined) this.#known.set(token, found);
    return found;
  }
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

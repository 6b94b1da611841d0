import { hash, timingSafeEqual } from 'node:crypto';

/**
 * Local tokens and the agents they stand for. Only digests are kept, and every digest is compared in full: neither the time taken
 * nor a prefix tells anything about a token.
 */
export class TokenTable {
  readonly #entries: readonly { readonly digest: Buffer; readonly agent: string }[];

  constructor(tokens: Iterable<readonly [agent: string, token: string]>) {
    this.#entries = [...tokens].map(([agent, token]) => ({ agent, digest: digestOf(token) }));
  }

  /** The agent of the first valid token: agents may send several credentials at once (their own key beside our token). */
  agentOf(presented: readonly string[]): string | undefined {
    let found: string | undefined;
    for (const token of presented) {
      const digest = digestOf(token);
      for (const entry of this.#entries) {
        if (timingSafeEqual(entry.digest, digest)) found ??= entry.agent;
      }
    }
    return found;
  }
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

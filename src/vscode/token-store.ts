import type { SecretStorage } from 'vscode';
import { isLocalToken, newLocalToken } from '../host/local-token.ts';

/**
 * Local tokens, one for each agent and workspace. They stay the same across restarts, because terminals that are restored keep the
 * variables they were opened with. Kept as one secret a workspace.
 */
export class TokenStore {
  readonly #secrets: SecretStorage;
  readonly #name: string | undefined;
  /** Undefined until they were read. */
  #tokens: Map<string, string> | undefined;
  #unsaved = false;
  #change: Promise<unknown> = Promise.resolve();

  /** Without a workspace id (no folder is open) tokens live as long as the window. */
  constructor(secrets: SecretStorage, workspaceId: string | undefined) {
    this.#secrets = secrets;
    this.#name = workspaceId === undefined ? undefined : `gatehouse.tokens.${workspaceId}`;
  }

  /** The tokens of these agents; missing ones are made and kept. */
  tokensFor(agents: Iterable<string>): Promise<Readonly<Record<string, string>>> {
    const wanted = [...agents];
    const next = this.#change.then(() => this.#provide(wanted));
    this.#change = next.catch(() => {});
    return next;
  }

  async #provide(agents: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const known = this.#tokens;
    if (known !== undefined && !this.#unsaved && agents.every((agent) => known.has(agent))) return Object.fromEntries(known);
    // Read again before each change: a second window on the same folder makes tokens too. Those that were given out here stay.
    const tokens = new Map([...(await this.#read()), ...(known ?? [])]);
    this.#tokens = tokens;
    for (const agent of agents) {
      if (tokens.has(agent)) continue;
      tokens.set(agent, newLocalToken());
      this.#unsaved = true;
    }
    if (this.#unsaved) await this.#save(tokens);
    return Object.fromEntries(tokens);
  }

  async #read(): Promise<readonly (readonly [string, string])[]> {
    const text = this.#name === undefined ? undefined : await this.#secrets.get(this.#name);
    try {
      const entries = Object.entries((JSON.parse(text ?? '{}') ?? {}) as Record<string, unknown>);
      return entries.filter((entry): entry is [string, string] => isLocalToken(entry[1]));
    } catch {
      return [];
    }
  }

  async #save(tokens: ReadonlyMap<string, string>): Promise<void> {
    try {
      if (this.#name !== undefined) await this.#secrets.store(this.#name, JSON.stringify(Object.fromEntries(tokens)));
      this.#unsaved = false;
    } catch {
      // They serve until the window closes, and the next question tries again.
    }
  }
}

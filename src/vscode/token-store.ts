import type { SecretStorage } from 'vscode';
import { newLocalToken } from '../host/local-token.ts';

/**
 * Local tokens, one for each agent and workspace. They stay the same across restarts, because terminals that are restored keep the
 * variables they were opened with. Kept as one secret a workspace.
 */
export class TokenStore {
  readonly #secrets: SecretStorage;
  readonly #name: string | undefined;
  #tokens: Record<string, string> | undefined;
  #loading: Promise<Record<string, string>> | undefined;

  /** Without a workspace id (no folder is open) tokens live as long as the window. */
  constructor(secrets: SecretStorage, workspaceId: string | undefined) {
    this.#secrets = secrets;
    this.#name = workspaceId === undefined ? undefined : `gatehouse.tokens.${workspaceId}`;
  }

  /** The tokens of these agents; missing ones are made and kept. */
  async tokensFor(agents: Iterable<string>): Promise<Readonly<Record<string, string>>> {
    const tokens = await this.#load();
    let changed = false;
    for (const agent of agents) {
      if (Object.hasOwn(tokens, agent)) continue;
      tokens[agent] = newLocalToken();
      changed = true;
    }
    if (changed && this.#name !== undefined) await this.#secrets.store(this.#name, JSON.stringify(tokens));
    return { ...tokens };
  }

  #load(): Promise<Record<string, string>> {
    return (this.#loading ??= (async () => {
      const text = this.#name === undefined ? undefined : await this.#secrets.get(this.#name);
      return (this.#tokens ??= parse(text));
    })());
  }
}

function parse(text: string | undefined): Record<string, string> {
  try {
    return { ...(JSON.parse(text ?? '{}') as Record<string, string>) };
  } catch {
    return {};
  }
}

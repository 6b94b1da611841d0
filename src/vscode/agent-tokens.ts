import * as l10n from '@vscode/l10n';
import type { SecretStorage } from 'vscode';
import { TokenStore } from './token-store.ts';

/** What was done with the token of an agent. It resolves when the gateway knows. */
type Changed = (kind: 'token-rotated' | 'token-revoked', agent: string, stored: boolean) => Promise<void>;

/** The local tokens of this window's workspace, and what a person does with them. */
export class AgentTokens {
  readonly #make: () => TokenStore;
  readonly #changed: Changed;
  #store: TokenStore;
  #forgotten = false;

  constructor(secrets: SecretStorage, workspace: string | undefined, changed: Changed) {
    this.#make = () => new TokenStore(secrets, workspace);
    this.#store = this.#make();
    this.#changed = changed;
  }

  /** An agent that is not known yet is made known first. */
  async of(agent: string): Promise<string> {
    if (this.#forgotten) return '';
    const { [agent]: token } = await this.#store.tokensFor([agent]);
    if (token === undefined) {
      throw new Error(l10n.t('the token of "{0}" was revoked. Make a new one with "Gatehouse: Rotate Token of Agent"', agent));
    }
    return token;
  }

  all(agents: readonly string[]): Promise<Record<string, string>> {
    this.#forgotten = false;
    return this.#store.tokensFor(agents);
  }

  isRevoked(agent: string): boolean {
    return this.#store.isRevoked(agent);
  }

  /** Resolves with the old token when the gateway no longer takes it. */
  rotate(agent: string): Promise<string | undefined> {
    return this.#change('token-rotated', agent, () => this.#store.rotate(agent));
  }

  revoke(agent: string): Promise<string | undefined> {
    return this.#change('token-revoked', agent, () => this.#store.revoke(agent));
  }

  /** Whether a secret of this name is what tokens are kept in; it is read again then. */
  heard(name: string): boolean {
    return this.#store.changed(name);
  }

  /** Of what was erased nothing stays in memory, and nothing new is made until all are asked for again. */
  forget(): void {
    this.#forgotten = true;
    this.#store = this.#make();
  }

  async #change(
    kind: Parameters<Changed>[0],
    agent: string,
    change: () => Promise<string | undefined>,
  ): Promise<string | undefined> {
    let stored = false;
    try {
      const old = await change();
      stored = true;
      return old;
    } finally {
      // Also where the store failed: in this window the change counts.
      await this.#changed(kind, agent, stored);
    }
  }
}

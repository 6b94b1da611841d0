import * as l10n from '@vscode/l10n';
import type { SecretStorage } from 'vscode';
import { isLocalToken, newLocalToken } from '../host/local-token.ts';

/** `since`: when a person rotated or revoked it, in milliseconds since the epoch; 0: it was made by itself. */
interface Kept {
  /** Undefined: revoked, and none is made until a person wants one. */
  readonly token: string | undefined;
  readonly since: number;
}

/**
 * Local tokens, one for each agent and workspace. They stay the same across restarts, because terminals that are restored keep the
 * variables they were opened with. Kept as one secret a workspace.
 */
export class TokenStore {
  readonly #secrets: SecretStorage;
  readonly #name: string | undefined;
  /** Undefined until they were read. */
  #tokens: Map<string, Kept> | undefined;
  #unsaved = false;
  #stale = false;
  #change: Promise<unknown> = Promise.resolve();

  /** Without a workspace id (no folder is open) tokens live as long as the window. */
  constructor(secrets: SecretStorage, workspaceId: string | undefined) {
    this.#secrets = secrets;
    this.#name = workspaceId === undefined ? undefined : `gatehouse.tokens.${workspaceId}`;
  }

  /** The tokens of these agents; missing ones are made and kept, revoked ones are not among them. */
  tokensFor(agents: Iterable<string>): Promise<Readonly<Record<string, string>>> {
    const wanted = [...agents];
    return this.#inTurn(() => this.#provide(wanted));
  }

  /** A new token, also for an agent whose token was revoked. Returns the one that it had. */
  rotate(agent: string): Promise<string | undefined> {
    return this.#replace(agent, newLocalToken());
  }

  /** The agent has no token until it is rotated. Returns the one that it had. */
  revoke(agent: string): Promise<string | undefined> {
    return this.#replace(agent, undefined);
  }

  /** Of what was read last. */
  isRevoked(agent: string): boolean {
    const kept = this.#tokens?.get(agent);
    return kept !== undefined && kept.token === undefined;
  }

  /** Another window may have changed it: it is read again when the next one asks. */
  changed(name: string): boolean {
    if (name !== this.#name) return false;
    this.#stale = true;
    return true;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const next = this.#change.then(act);
    this.#change = next.catch(() => {});
    return next;
  }

  async #provide(agents: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const known = this.#tokens;
    const fresh = known !== undefined && !this.#unsaved && !this.#stale && agents.every((agent) => known.has(agent));
    const tokens = fresh ? known : await this.#readAgain();
    for (const agent of agents) {
      if (tokens.has(agent)) continue;
      tokens.set(agent, { token: newLocalToken(), since: 0 });
      this.#unsaved = true;
    }
    // They serve until the window closes, and the next question tries again.
    if (this.#unsaved) await this.#save(tokens).catch(() => {});
    return Object.fromEntries([...tokens].flatMap(([agent, { token }]) => (token === undefined ? [] : [[agent, token] as const])));
  }

  #replace(agent: string, token: string | undefined): Promise<string | undefined> {
    return this.#inTurn(async () => {
      const tokens = await this.#readAgain();
      const before = tokens.get(agent);
      // Later than what it replaces, whatever the clock says: the later one wins in every window.
      tokens.set(agent, { token, since: Math.max(Date.now(), (before?.since ?? 0) + 1) });
      this.#unsaved = true;
      await this.#save(tokens).catch((error: unknown) => {
        throw new Error(
          error instanceof Error
            ? l10n.t(
                'the token counts in this window, but SecretStorage did not keep it: {0}. Try again before you close the window',
                error.message,
              )
            : l10n.t('the token counts in this window, but SecretStorage did not keep it. Try again before you close the window'),
        );
      });
      return before?.token;
    });
  }

  /**
   * Before each change: a second window on the same folder makes tokens too. Those that were given out here stay, unless a person has
   * rotated or revoked them there.
   */
  async #readAgain(): Promise<Map<string, Kept>> {
    this.#stale = false;
    const tokens = new Map(await this.#read());
    for (const [agent, kept] of this.#tokens ?? []) {
      if (kept.since >= (tokens.get(agent)?.since ?? 0)) tokens.set(agent, kept);
    }
    return (this.#tokens = tokens);
  }

  async #read(): Promise<readonly (readonly [string, Kept])[]> {
    const text = this.#name === undefined ? undefined : await this.#secrets.get(this.#name);
    try {
      const entries = Object.entries((JSON.parse(text ?? '{}') ?? {}) as Record<string, unknown>);
      return entries.flatMap(([agent, value]) => {
        const kept = keptOf(value);
        return kept === undefined ? [] : [[agent, kept] as const];
      });
    } catch {
      return [];
    }
  }

  async #save(tokens: ReadonlyMap<string, Kept>): Promise<void> {
    const entries = [...tokens].map(([agent, kept]) => [agent, kept.since === 0 ? kept.token : kept] as const);
    if (this.#name !== undefined) await this.#secrets.store(this.#name, JSON.stringify(Object.fromEntries(entries)));
    this.#unsaved = false;
  }
}

/** What another version or a damaged store left there is passed over. */
function keptOf(value: unknown): Kept | undefined {
  if (isLocalToken(value)) return { token: value, since: 0 };
  const { token, since } = (value ?? {}) as { token?: unknown; since?: unknown };
  if (typeof since !== 'number' || !(since > 0) || (token !== undefined && !isLocalToken(token))) return undefined;
  return { token, since };
}

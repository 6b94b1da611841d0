import { originsOf, type Provider } from '../core/providers/provider.ts';
import { Secret } from '../core/providers/secret.ts';
import type { Snapshot } from '../core/routing/snapshot.ts';

export interface KeyAsked {
  readonly provider: string;
  /** A stored key by its id; the provider's first when not given. */
  readonly key?: string;
  /** A key that was just entered and is not stored. */
  readonly secret?: string;
}

/**
 * The provider, and the key that a call of our own to it may carry. A stored key goes only where it was entered for, here as on any
 * other way. Throws, with a sentence for the user, for a provider that is not there and for a named key that may not go.
 */
export function keyFor(snapshot: Snapshot, asked: KeyAsked): { readonly provider: Provider; readonly secret: Secret | undefined } {
  const provider = snapshot.providers.get(asked.provider);
  if (provider === undefined) throw new Error(`there is no provider "${asked.provider}"`);
  if (asked.secret !== undefined) return { provider, secret: new Secret(asked.secret) };
  const key = snapshot.keys.find(
    (other) => other.provider === asked.provider && (asked.key === undefined || other.id === asked.key),
  );
  const mayGo = key !== undefined && [...originsOf(provider)].every((origin) => key.origins.has(origin));
  if (asked.key !== undefined && !mayGo) {
    throw new Error(
      `the base URL of "${provider.id}" is not the one this key was entered for; rotate the key to enter it for the new one`,
    );
  }
  return { provider, secret: mayGo ? key.secret : undefined };
}

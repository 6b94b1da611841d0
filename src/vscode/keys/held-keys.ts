import type { HeldKey } from '../../core/routing/snapshot.ts';
import type { StoredKey } from './key-info.ts';

/** The keys as the gateway holds them. A disabled one stays in the editor. */
export function heldKeys(stored: readonly StoredKey[]): HeldKey[] {
  return stored.flatMap(({ info, secret, former }): HeldKey[] => {
    const { id, provider, origins, weight, priority, agents, models, environment, disabled } = info;
    if (disabled === true) return [];
    return [
      {
        id,
        provider,
        origins,
        secret,
        ...(former !== undefined && { former: { secret: former.secret, origins: former.origins } }),
        ...(weight !== undefined && { weight }),
        ...(priority !== undefined && { priority }),
        ...(agents !== undefined && { agents: [...agents] }),
        ...(models !== undefined && { models: [...models] }),
        ...(environment !== undefined && { environment }),
      },
    ];
  });
}

import type { AliasConfig } from '../config/schema-routing.ts';
import type { Provider } from '../providers/provider.ts';
import type { Target } from './resolve-target.ts';
import type { Choice, Pool } from './rules/route.ts';
import type { Snapshot } from './snapshot.ts';

/** What an alias stands for. Providers are known to be there: the configuration was checked. */
export function resolveAlias(reference: string, config: AliasConfig, providers: ReadonlyMap<string, Provider>): Pool {
  if (typeof config === 'string') return poolOfOne(reference, targetOf(providers, config));
  const choices = config.of.flatMap((entry): Choice[] => {
    const { model, weight } = typeof entry === 'string' ? { model: entry, weight: 1 } : entry;
    const target = targetOf(providers, model);
    return target === undefined ? [] : [{ target, weight }];
  });
  return { reference, choices, balance: config.balance, sticky: config.sticky };
}

/** What a reference leads to: an alias, or `provider/model`. Undefined where it is neither. */
export function poolOf(snapshot: Pick<Snapshot, 'aliases' | 'providers'>, reference: string): Pool | undefined {
  const alias = snapshot.aliases.get(reference);
  if (alias !== undefined) return alias;
  const target = targetOf(snapshot.providers, reference);
  return target === undefined ? undefined : poolOfOne(reference, target);
}

/** The session's key is kept all the same, see `Affinity`: its prompt cache is at one account. */
function poolOfOne(reference: string, target: Target | undefined): Pool {
  return { reference, choices: target === undefined ? [] : [{ target, weight: 1 }], balance: 'weighted', sticky: true };
}

/** Only the first slash parts provider and model: models may have slashes of their own. */
function targetOf(providers: ReadonlyMap<string, Provider>, reference: string): Target | undefined {
  const slash = reference.indexOf('/');
  const provider = slash < 0 ? undefined : providers.get(reference.slice(0, slash));
  const model = reference.slice(slash + 1);
  return provider === undefined || model === '' ? undefined : { provider, model };
}

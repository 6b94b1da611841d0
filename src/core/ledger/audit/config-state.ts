import type { Config } from '../../config/schema.ts';
import { budgetWords, resolveBudgets } from '../budgets/budget.ts';
import type { ConfigChange } from './audit-event.ts';
import type { AuditKey } from './chain.ts';

/** For each entry of the settings its fields, each with a digest of its value: it tells that a value is another one, and not what it is. */
type Digests = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Providers and budgets: where requests go with keys, and what may be spent. */
export interface ConfigState {
  readonly providers: Digests;
  readonly budgets: Digests;
}

/** Digests are made with the key: headers may hold what is secret, and a plain digest of a short value is soon guessed. */
export function configState(key: AuditKey, { providers, budgets }: Pick<Config, 'providers' | 'budgets'>): ConfigState {
  const words = resolveBudgets(budgets).map(budgetWords);
  return {
    providers: digestsOf(key, Object.entries(providers)),
    budgets: digestsOf(
      key,
      budgets.map((budget, at) => [words[at] ?? '', budget]),
    ),
  };
}

function digestsOf(key: AuditKey, entries: readonly (readonly [string, object])[]): Digests {
  const digests: Record<string, Record<string, string>> = Object.create(null) as Record<string, Record<string, string>>;
  for (const [name, fields] of entries) {
    // Two budgets may be of the same words.
    const free = name in digests ? `${name} (${Object.keys(digests).length})` : name;
    digests[free] = Object.fromEntries(
      Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([field, value]) => [field, key.hash(`config ${JSON.stringify([name, field, value])}`).slice(0, 12)]),
    );
  }
  return digests;
}

/** Undefined where nothing changed. */
export function changesBetween(
  before: ConfigState,
  after: ConfigState,
): { readonly providers: readonly ConfigChange[]; readonly budgets: readonly ConfigChange[] } | undefined {
  const [providers, budgets] = [changes(before.providers, after.providers), changes(before.budgets, after.budgets)];
  return providers.length === 0 && budgets.length === 0 ? undefined : { providers, budgets };
}

function changes(before: Digests, after: Digests): ConfigChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name): ConfigChange[] => {
    const [old, now] = [before[name], after[name]];
    if (old === undefined) return [{ name, change: 'added', fields: Object.keys(now ?? {}) }];
    if (now === undefined) return [{ name, change: 'removed', fields: [] }];
    const fields = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((field) => old[field] !== now[field]);
    return fields.length === 0 ? [] : [{ name, change: 'changed', fields }];
  });
}

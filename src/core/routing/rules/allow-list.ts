import type { Target } from '../resolve-target.ts';
import { compileGlob, matchesAny, type CompiledGlob } from './compiled-glob.ts';
import type { Pool } from './route.ts';

/** The only targets that an agent may reach, as patterns over `provider/model`. */
export type AllowList = readonly CompiledGlob[];

export function compileAllowList(patterns: readonly string[]): AllowList {
  return patterns.map(compileGlob);
}

/** The pool without what the list leaves out; without a list, or where all is on it, the pool itself. */
export function allowedOf(allow: AllowList | undefined, pool: Pool): Pool {
  if (allow === undefined) return pool;
  const choices = pool.choices.filter(({ target }) => isAllowed(allow, target));
  return choices.length === pool.choices.length ? pool : { ...pool, choices };
}

function isAllowed(allow: AllowList, { provider, model }: Target): boolean {
  return matchesAny(allow, `${provider.id}/${model}`);
}

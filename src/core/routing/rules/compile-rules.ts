import type { RouteConfig } from '../../config/schema-routing.ts';
import { compileGlob, type CompiledGlob } from './compiled-glob.ts';
import type { Complexity, RequestClass } from './request-features.ts';

/** One condition of a rule. Plain data, so that a snapshot can be printed and copied. */
export type Condition =
  | { readonly kind: 'model' | 'session'; readonly globs: readonly CompiledGlob[] }
  | { readonly kind: 'header'; readonly name: string; readonly globs: readonly CompiledGlob[] }
  | { readonly kind: 'tokens-over' | 'tokens-under'; readonly tokens: number }
  | { readonly kind: 'tools' | 'images' | 'thinking' | 'webSearch'; readonly wanted: boolean }
  | { readonly kind: 'class'; readonly classes: readonly RequestClass[] }
  | { readonly kind: 'complexity'; readonly complexities: readonly Complexity[] };

/** A route of an agent, ready to be matched. */
export interface Rule {
  readonly name: string | undefined;
  /** All must hold. The cheap ones stand first: the body is read only where what is known without it fits. */
  readonly conditions: readonly Condition[];
  /** `provider/model`, or an alias. */
  readonly to: string;
}

export function compileRules(routes: readonly RouteConfig[]): readonly Rule[] {
  return routes.map(({ name, when, to }) => ({ name, conditions: conditionsOf(when), to }));
}

function conditionsOf(when: RouteConfig['when']): readonly Condition[] {
  const conditions: Condition[] = [];
  if (when.model !== undefined) conditions.push({ kind: 'model', globs: listOf(when.model).map(compileGlob) });
  if (when.session !== undefined) conditions.push({ kind: 'session', globs: [compileGlob(when.session)] });
  for (const [name, pattern] of Object.entries(when.header ?? {})) {
    conditions.push({ kind: 'header', name, globs: [compileGlob(pattern)] });
  }
  for (const kind of ['tools', 'images', 'thinking', 'webSearch'] as const) {
    const wanted = when[kind];
    if (wanted !== undefined) conditions.push({ kind, wanted });
  }
  if (when.tokensOver !== undefined) conditions.push({ kind: 'tokens-over', tokens: when.tokensOver });
  if (when.tokensUnder !== undefined) conditions.push({ kind: 'tokens-under', tokens: when.tokensUnder });
  if (when.class !== undefined) conditions.push({ kind: 'class', classes: listOf(when.class) });
  if (when.complexity !== undefined) conditions.push({ kind: 'complexity', complexities: listOf(when.complexity) });
  return conditions;
}

function listOf<Item extends string>(oneOrMore: Item | readonly Item[]): readonly Item[] {
  return typeof oneOrMore === 'string' ? [oneOrMore] : oneOrMore;
}

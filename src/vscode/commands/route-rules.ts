import * as l10n from '@vscode/l10n';
import type { RouteConfig } from '../../core/config/schema-routing.ts';

/** `class: background, tokensOver: 150000`, as the settings have it; a rule without a condition takes all. */
export function conditionWords(when: RouteConfig['when'] | undefined): string {
  const parts = Object.entries(when ?? {}).map(([name, value]) => `${name}: ${valueWords(value)}`);
  return parts.length === 0 ? l10n.t('all requests') : parts.join(', ');
}

export function withRuleMoved(rules: readonly RouteConfig[], from: number, to: number): readonly RouteConfig[] {
  const rule = rules[from];
  return rule === undefined ? rules : withoutRule(rules, from).toSpliced(to, 0, rule);
}

export function withoutRule(rules: readonly RouteConfig[], at: number): readonly RouteConfig[] {
  return rules.toSpliced(at, 1);
}

function valueWords(value: unknown): string {
  if (Array.isArray(value)) return value.join(' / ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

import { isDeepStrictEqual } from 'node:util';
import * as l10n from '@vscode/l10n';
import type { AgentConfig } from '../core/config/schema.ts';
import { plainWords } from './plain-words.ts';

/** An agent as it stands in a settings file. It was not checked yet: anything may stand there. */
export type WishedAgent = Partial<AgentConfig>;

type Wished = Readonly<Record<string, unknown>>;

/**
 * What a workspace wants of agents, for the question whether it may: one line an agent, with all that would differ from the user's own.
 * Objects of the two files are merged, lists of the workspace stand in the place of the user's.
 */
export function wishesOf(wished: Wished, own: Readonly<Record<string, WishedAgent>>): readonly string[] {
  return Object.entries(wished).map(([agent, wish]) => {
    const parts = wishOf(asRecord(wish), own[agent] ?? {});
    return plainWords(`${agent}: ${parts.length === 0 ? l10n.t('nothing that differs from yours') : parts.join(', ')}`);
  });
}

/** What the answer holds for: another wish, or a change of the user's own for such an agent, is another question. */
export function questionOf(wished: readonly Wished[], own: Readonly<Record<string, WishedAgent>>): string {
  const agents = [...new Set(wished.flatMap((each) => Object.keys(asRecord(each))))].sort();
  return JSON.stringify([wished, agents.map((agent) => [agent, own[agent]])]);
}

function wishOf(wish: Wished, own: WishedAgent): string[] {
  const differs = (field: keyof AgentConfig): boolean => wish[field] !== undefined && !isDeepStrictEqual(wish[field], own[field]);
  const parts: string[] = [];
  if (differs('kind')) parts.push(kindText(wish['kind'], own.kind));
  if (differs('model')) parts.push(inPlaceOf(wish['model'], own.model));
  if (differs('provider')) {
    const text = wish['model'] === undefined ? servedText : providerText;
    parts.push(text(wish['provider'], own.provider));
  }
  if (differs('routes')) parts.push(rulesText(asList(wish['routes']), own.routes));
  if (differs('fallbacks')) parts.push(fallbacksText(asList(wish['fallbacks']), own.fallbacks));
  if (differs('allow')) parts.push(...allowed(asList(wish['allow']), own.allow));
  if (differs('limits')) parts.push(...limited(asRecord(wish['limits']), asRecord(own.limits)));
  if (differs('environment')) parts.push(environmentText(wish['environment'], own.environment));
  for (const field of Object.keys(wish)) {
    if (!KNOWN.has(field) && differs(field as keyof AgentConfig)) parts.push(`${field} ${valueText(wish[field])}`);
  }
  return parts;
}

const KNOWN: ReadonlySet<string> = new Set(['kind', 'model', 'provider', 'routes', 'fallbacks', 'allow', 'limits', 'environment']);

function inPlaceOf(wished: unknown, own: unknown): string {
  return own === undefined ? valueText(wished) : l10n.t('{0} in place of {1}', valueText(wished), valueText(own));
}

function kindText(wished: unknown, own: unknown): string {
  return own === undefined
    ? l10n.t('it counts as {0}', valueText(wished))
    : l10n.t('it counts as {0} in place of {1}', valueText(wished), valueText(own));
}

function servedText(wished: unknown, own: unknown): string {
  return own === undefined
    ? l10n.t('what it asks for, from {0}', valueText(wished))
    : l10n.t('what it asks for, from {0} in place of {1}', valueText(wished), valueText(own));
}

function providerText(wished: unknown, own: unknown): string {
  return own === undefined
    ? l10n.t('provider {0}', valueText(wished))
    : l10n.t('provider {0} in place of {1}', valueText(wished), valueText(own));
}

function environmentText(wished: unknown, own: unknown): string {
  return own === undefined
    ? l10n.t('keys of {0}', valueText(wished))
    : l10n.t('keys of {0} in place of {1}', valueText(wished), valueText(own));
}

function rulesText(wished: readonly unknown[], own: readonly unknown[] = []): string {
  const to = andText([...new Set(wished.map(ruleText))]);
  if (own.length === 0) return wished.length === 0 ? l10n.t('no rules') : l10n.t('rules to {0}', to);
  return wished.length === 0 ? l10n.t('no rules in place of yours') : l10n.t('rules to {0} in place of yours', to);
}

function fallbacksText(wished: readonly unknown[], own: readonly unknown[] = []): string {
  const to = andText([...new Set(wished.map(fallbackText))]);
  if (own.length === 0) return wished.length === 0 ? l10n.t('no fallbacks') : l10n.t('fallbacks to {0}', to);
  return wished.length === 0 ? l10n.t('no fallbacks in place of yours') : l10n.t('fallbacks to {0} in place of yours', to);
}

/** With no comma, which stands between the wishes. */
function andText([first = '', ...others]: readonly string[]): string {
  return others.reduce((before, name) => l10n.t('{0} and {1}', before, name), first);
}

function orText([first = '', ...others]: readonly string[]): string {
  return others.reduce((before, name) => l10n.t('{0} or {1}', before, name), first);
}

function ruleText(rule: unknown): string {
  const { to, when } = asRecord(rule);
  const conditions = Object.entries(asRecord(when)).map(([name, value]) => `${name} ${valueText(value)}`);
  return `${valueText(to)}${conditions.length === 0 ? '' : ` (${conditions.join(', ')})`}`;
}

function fallbackText(fallback: unknown): string {
  if (typeof fallback === 'string') return fallback;
  const { to, on } = asRecord(fallback);
  return `${valueText(to)}${on === undefined ? '' : ` (${valueText(on)})`}`;
}

function allowed(wished: readonly unknown[], own: readonly unknown[] | undefined): string[] {
  const list = (patterns: readonly unknown[]): string => andText(patterns.map(valueText));
  if (own === undefined)
    return [wished.length === 0 ? l10n.t('it may reach nothing') : l10n.t('it may reach only {0}', list(wished))];
  const more = wished.filter((pattern) => !own.includes(pattern));
  const less = own.filter((pattern) => !wished.includes(pattern));
  return [
    ...(more.length === 0 ? [] : [l10n.t('it may also reach {0}', list(more))]),
    ...(less.length === 0 ? [] : [l10n.t('it may no longer reach {0}', list(less))]),
  ];
}

function limited(wished: Wished, own: Wished): string[] {
  return Object.entries(wished)
    .filter(([name, value]) => !isDeepStrictEqual(value, own[name]))
    .map(([name, value]) =>
      own[name] === undefined
        ? l10n.t('limit {0} {1}', name, valueText(value))
        : l10n.t('limit {0} {1} in place of {2}', name, valueText(value), valueText(own[name])),
    );
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? orText(value.map(valueText)) : (JSON.stringify(value) ?? l10n.t('nothing'));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asRecord(value: unknown): Wished {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wished) : {};
}

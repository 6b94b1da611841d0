import { isDeepStrictEqual } from 'node:util';
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
    return plainWords(`${agent}: ${parts.length === 0 ? 'nothing that differs from yours' : parts.join(', ')}`);
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
  if (differs('kind')) parts.push(`it counts as ${inPlaceOf(wish['kind'], own.kind)}`);
  if (differs('model')) parts.push(inPlaceOf(wish['model'], own.model));
  if (differs('provider')) {
    const whom = inPlaceOf(wish['provider'], own.provider);
    parts.push(wish['model'] === undefined ? `what it asks for, from ${whom}` : `provider ${whom}`);
  }
  if (differs('routes')) parts.push(leading('rules', asList(wish['routes']).map(ruleText), own.routes));
  if (differs('fallbacks')) parts.push(leading('fallbacks', asList(wish['fallbacks']).map(fallbackText), own.fallbacks));
  if (differs('allow')) parts.push(...allowed(asList(wish['allow']), own.allow));
  if (differs('limits')) parts.push(...limited(asRecord(wish['limits']), asRecord(own.limits)));
  if (differs('environment')) parts.push(`keys of ${inPlaceOf(wish['environment'], own.environment)}`);
  for (const field of Object.keys(wish)) {
    if (!KNOWN.has(field) && differs(field as keyof AgentConfig)) parts.push(`${field} ${valueText(wish[field])}`);
  }
  return parts;
}

const KNOWN: ReadonlySet<string> = new Set(['kind', 'model', 'provider', 'routes', 'fallbacks', 'allow', 'limits', 'environment']);

function inPlaceOf(wished: unknown, own: unknown): string {
  return own === undefined ? valueText(wished) : `${valueText(wished)} in place of ${valueText(own)}`;
}

function leading(what: string, wished: readonly string[], own: readonly unknown[] = []): string {
  const to = wished.length === 0 ? `no ${what}` : `${what} to ${[...new Set(wished)].join(' and ')}`;
  return own.length === 0 ? to : `${to} in place of yours`;
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
  const list = (patterns: readonly unknown[]): string => patterns.map(valueText).join(' and ');
  if (own === undefined) return [wished.length === 0 ? 'it may reach nothing' : `it may reach only ${list(wished)}`];
  const more = wished.filter((pattern) => !own.includes(pattern));
  const less = own.filter((pattern) => !wished.includes(pattern));
  return [
    ...(more.length === 0 ? [] : [`it may also reach ${list(more)}`]),
    ...(less.length === 0 ? [] : [`it may no longer reach ${list(less)}`]),
  ];
}

function limited(wished: Wished, own: Wished): string[] {
  return Object.entries(wished)
    .filter(([name, value]) => !isDeepStrictEqual(value, own[name]))
    .map(([name, value]) => `limit ${name} ${inPlaceOf(value, own[name])}`);
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(valueText).join(' or ') : (JSON.stringify(value) ?? 'nothing');
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asRecord(value: unknown): Wished {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wished) : {};
}

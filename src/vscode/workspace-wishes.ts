import type { AgentConfig } from '../core/config/schema.ts';

/** An agent as a workspace wants it. It was not checked yet: anything may stand there. */
export type WishedAgent = Partial<
  Pick<AgentConfig, 'model' | 'provider' | 'routes' | 'fallbacks' | 'allow' | 'limits' | 'environment'>
>;

/**
 * What a workspace wants of agents, in one line for the question whether it may: everything that can send requests to a dearer model or
 * to another company, and what would take a bound of the user's away.
 */
export function wishesText(wished: Readonly<Record<string, unknown>>, own: Readonly<Record<string, WishedAgent>>): string {
  return Object.entries(wished)
    .map(([agent, wish]) => `${agent}: ${wishOf(asRecord(wish), own[agent] ?? {}).join(', ')}`)
    .join('; ');
}

function wishOf(wish: Readonly<Record<string, unknown>>, own: WishedAgent): string[] {
  const { model, provider } = wish;
  const routes = asList(wish['routes']).map((route) => targetText(asRecord(route)['to']));
  const fallbacks = asList(wish['fallbacks']).map((fallback) =>
    targetText(typeof fallback === 'string' ? fallback : asRecord(fallback)['to']),
  );
  const parts = [
    ...(model === undefined ? [] : [targetText(model)]),
    ...(model === undefined && provider !== undefined ? [`what it asks for, from ${targetText(provider)}`] : []),
    ...leading('rules', wish['routes'], routes, own.routes),
    ...leading('fallbacks', wish['fallbacks'], fallbacks, own.fallbacks),
    ...widened(wish['allow'], own.allow),
    ...(wish['limits'] === undefined ? [] : ['limits of its own']),
    ...environmentOf(wish['environment'], own.environment),
  ];
  return parts.length === 0 ? ['no model'] : parts;
}

/** Naming one where the user named none only narrows. */
function environmentOf(wished: unknown, own: string | undefined): string[] {
  return wished === undefined || own === undefined || wished === own ? [] : [`keys of ${targetText(wished)} in place of ${own}`];
}

/** A list of the workspace stands in the place of the user's, an empty one as well. */
function leading(what: string, wished: unknown, targets: readonly string[], own: readonly unknown[] = []): string[] {
  if (wished === undefined || (targets.length === 0 && own.length === 0)) return [];
  const to = targets.length === 0 ? `no ${what}` : `${what} to ${[...new Set(targets)].join(' and ')}`;
  return [own.length === 0 ? to : `${to} in place of yours`];
}

/** A list where the user has none only narrows. One in the place of the user's may let the agent go where it could not. */
function widened(wished: unknown, own: readonly string[] | undefined): string[] {
  if (wished === undefined || own === undefined) return [];
  const more = asList(wished).filter((pattern) => !own.includes(pattern as string));
  return more.length === 0 ? [] : [`it may also reach ${more.map(targetText).join(' and ')}`];
}

function targetText(value: unknown): string {
  return typeof value === 'string' ? value : 'something unreadable';
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

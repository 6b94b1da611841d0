import * as l10n from '@vscode/l10n';
import type { AgentConfig, Config } from '../core/config/schema.ts';

/** The `provider/model` that a reference can lead to, in the order of the configuration: those of an alias, or the reference itself. */
export function targetsOf(config: Pick<Config, 'models'>, reference: string): readonly string[] {
  const alias = Object.hasOwn(config.models, reference) ? config.models[reference] : undefined;
  if (alias === undefined) return [reference];
  return typeof alias === 'string' ? [alias] : alias.of.map((entry) => (typeof entry === 'string' ? entry : entry.model));
}

/** `fast (groq/llama-4)`, `pool (groq/llama-4 and 2 more)`; a `provider/model` stays as it is. */
export function referenceWords(config: Pick<Config, 'models'>, reference: string): string {
  const [first = '', ...others] = targetsOf(config, reference);
  if (first === reference) return reference;
  return others.length === 0 ? `${reference} (${first})` : l10n.t('{0} ({1} and {2} more)', reference, first, others.length);
}

/** What serves every request of an agent that no narrower rule takes: its model, or where a rule sends whatever comes. */
export function referenceOf(agent: Pick<AgentConfig, 'model' | 'routes'>): string | undefined {
  return agent.model ?? agent.routes?.find(({ when }) => Object.keys(when).length === 0)?.to;
}

/** Everything the agent's own settings lead to, each once. */
export function referencesOf(agent: Pick<AgentConfig, 'model' | 'routes' | 'fallbacks'>): readonly string[] {
  const fallbacks = (agent.fallbacks ?? []).map((fallback) => (typeof fallback === 'string' ? fallback : fallback.to));
  return [...new Set([agent.model ?? [], (agent.routes ?? []).map(({ to }) => to), fallbacks].flat())];
}

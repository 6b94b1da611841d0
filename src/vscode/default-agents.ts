import { AGENT_KINDS } from '../core/config/kinds.ts';
import type { AgentConfig, Config } from '../core/config/schema.ts';
import { resolveProvider } from '../core/providers/provider.ts';
import { AGENT_PROGRAMS } from '../core/routing/agent-kinds.ts';
import { CHAT_AGENT, EDITOR_AGENT } from './gateway-view.ts';

/**
 * The agents that exist in the editor without being configured: every known program, served by the first provider that speaks its
 * dialect and can be used; chat; the editor's own model requests; and the extensions that the user has allowed. What is configured
 * under the same name goes before.
 */
export function defaultAgents(
  config: Config,
  providersWithKeys: ReadonlySet<string>,
  extensions: readonly string[],
): Record<string, AgentConfig> {
  const providers = Object.entries(config.providers)
    .map(([id, provider]) => resolveProvider(id, provider))
    .filter((provider) => !provider.needsKey || providersWithKeys.has(provider.id));
  const agents: Record<string, AgentConfig> = {};
  for (const kind of AGENT_KINDS) {
    if (kind === 'generic') continue;
    const [dialect] = AGENT_PROGRAMS[kind].dialects;
    const provider = providers.find((candidate) => dialect !== undefined && candidate.endpoints.has(dialect));
    agents[kind] = { kind, ...(provider && { provider: provider.id }) };
  }
  const demo = providers.find((provider) => provider.kind === 'demo');
  agents[CHAT_AGENT] = demo === undefined ? {} : { model: `${demo.id}/echo` };
  agents[EDITOR_AGENT] = {};
  for (const extension of extensions) agents[extension] = {};
  return agents;
}

/**
 * Agents that stand for a caller inside the editor: nobody opens a terminal for them or picks one model for all they ask. One that the
 * user configured under such a name is an agent like any other.
 */
export function internalAgents(config: Config, extensions: readonly string[]): ReadonlySet<string> {
  return new Set([EDITOR_AGENT, ...extensions].filter((id) => !Object.hasOwn(config.agents, id)));
}

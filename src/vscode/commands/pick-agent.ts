import * as vscode from 'vscode';
import type { AgentConfig } from '../../core/config/schema.ts';
import type { EditorHost } from '../editor-host.ts';
import { referenceOf, referenceWords } from '../references.ts';

/** One of the agents, with what serves it. `only` narrows the list. */
export async function pickAgent(
  host: EditorHost,
  title: string,
  only: (id: string) => boolean = () => true,
): Promise<string | undefined> {
  const agents = Object.entries(host.state?.agents ?? {}).filter(([id]) => !host.state?.internalAgents.has(id) && only(id));
  const items = agents.map(([id, agent]) => ({
    label: id,
    description: `${host.tokens.isRevoked(id) ? 'token revoked; ' : ''}${host.pausedAgents.has(id) ? 'paused; ' : ''}${servedWords(host, agent)}`,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  return picked?.label;
}

function servedWords({ state }: EditorHost, agent: AgentConfig): string {
  const reference = referenceOf(agent);
  const rules = agent.routes?.length ?? 0;
  const ruled = rules === 0 ? '' : `, ${rules} ${rules === 1 ? 'rule' : 'rules'}`;
  if (reference !== undefined) return `${state === undefined ? reference : referenceWords(state.config, reference)}${ruled}`;
  return `${agent.provider === undefined ? 'no model yet' : `what it asks for, from ${agent.provider}`}${ruled}`;
}

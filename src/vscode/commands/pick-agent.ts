import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';

/** One of the agents, with what serves it. `only` narrows the list. */
export async function pickAgent(
  host: EditorHost,
  title: string,
  only: (id: string) => boolean = () => true,
): Promise<string | undefined> {
  const agents = Object.entries(host.state?.agents ?? {}).filter(([id]) => !host.state?.internalAgents.has(id) && only(id));
  const items = agents.map(([id, agent]) => ({
    label: id,
    description: agent.model ?? (agent.provider === undefined ? 'no model yet' : `what it asks for, from ${agent.provider}`),
  }));
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  return picked?.label;
}

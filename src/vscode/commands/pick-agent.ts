import * as l10n from '@vscode/l10n';
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
    description: [
      ...(host.tokens.isRevoked(id) ? [l10n.t('token revoked')] : []),
      ...(host.pausedAgents.has(id) ? [l10n.t('paused')] : []),
      servedWords(host, agent),
    ].join('; '),
  }));
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true, ignoreFocusOut: true });
  return picked?.label;
}

function servedWords({ state }: EditorHost, agent: AgentConfig): string {
  const reference = referenceOf(agent);
  const rules = agent.routes?.length ?? 0;
  const served =
    reference !== undefined
      ? state === undefined
        ? reference
        : referenceWords(state.config, reference)
      : agent.provider === undefined
        ? l10n.t('no model yet')
        : l10n.t('what it asks for, from {0}', agent.provider);
  if (rules === 0) return served;
  return rules === 1 ? l10n.t('{0}, 1 rule', served) : l10n.t('{0}, {1} rules', served, rules);
}

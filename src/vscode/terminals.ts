import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { AgentKind } from '../core/config/kinds.ts';
import { AGENT_PROGRAMS, noProxyWithLoopback } from '../core/routing/agent-kinds.ts';
import { resolveAgent } from '../core/routing/agent.ts';
import { SetUpStore } from './agent-setup/setup-store.ts';
import type { EditorHost } from './editor-host.ts';
import { CHAT_AGENT } from './gateway-view.ts';
import { editorSetting, workspaceId } from './settings.ts';

/** Variables that point one agent at the gateway. Never a provider's key. */
export async function agentEnvironment(host: EditorHost, agentId: string): Promise<Record<string, string>> {
  const gateway = host.gateway.state;
  if (gateway.phase !== 'running') throw new Error(l10n.t('The Gatehouse gateway is not running. "Gatehouse: Show Log" says why.'));
  const { kind } = resolveAgent(agentId, host.state?.agents[agentId] ?? {});
  return { ...AGENT_PROGRAMS[kind].environment(gateway.url, await host.tokens.of(agentId)), ...loopbackDirect() };
}

/** Opens a terminal that has them. A hint for what variables cannot say is printed first. */
export async function openAgentTerminal(host: EditorHost, agentId: string): Promise<vscode.Terminal> {
  const terminal = vscode.window.createTerminal(await terminalOptions(host, agentId));
  terminal.show();
  return terminal;
}

async function terminalOptions(host: EditorHost, agentId: string): Promise<vscode.TerminalOptions> {
  const env = await agentEnvironment(host, agentId);
  const { kind } = resolveAgent(agentId, host.state?.agents[agentId] ?? {});
  const program = AGENT_PROGRAMS[kind];
  const about = l10n.t('Gatehouse: this terminal belongs to the agent "{0}".', agentId);
  const hint = await hintFor(host, kind);
  return {
    name: kind === 'generic' ? agentId : program.label,
    env,
    iconPath: new vscode.ThemeIcon('key'),
    message: [about, hint].filter(Boolean).join('\r\n'),
    isTransient: true,
  };
}

/** What is in a program's own settings may go before the variables: whoever set it up for another workspace has to know. */
async function hintFor(host: EditorHost, kind: AgentKind): Promise<string | undefined> {
  const gateway = host.gateway.state;
  const record = await new SetUpStore(host.keys.shared).of(kind);
  if (record === undefined) return gateway.phase === 'running' ? AGENT_PROGRAMS[kind].hint?.(gateway.url) : undefined;
  // Its variables go before its files.
  if (record.workspace === workspaceId() || kind === 'gemini-cli') return undefined;
  return l10n.t(
    'Its own settings point at Gatehouse in "{0}" and go before this terminal. "Gatehouse: Set Up Agent" points them here.',
    record.workspaceName,
  );
}

/** Ids of the profiles in the manifest: `gatehouse.terminal.<agent>`. */
const PROFILES: readonly AgentKind[] = ['claude-code', 'codex', 'gemini-cli', 'opencode', 'qwen-code'];

/** A terminal of an agent from the terminal's own list. */
export function registerTerminalProfiles(host: EditorHost): vscode.Disposable {
  return vscode.Disposable.from(
    ...PROFILES.map((kind) =>
      vscode.window.registerTerminalProfileProvider(`gatehouse.terminal.${kind}`, {
        provideTerminalProfile: async () => new vscode.TerminalProfile(await terminalOptions(host, kind)),
      }),
    ),
  );
}

/** The names of open terminals whose agent has this token, as far as they were opened for one. */
export function terminalsHolding(token: string): readonly string[] {
  return vscode.window.terminals
    .filter(({ creationOptions }) => Object.values(('env' in creationOptions && creationOptions.env) || {}).includes(token))
    .map(({ name }) => name);
}

/**
 * Optionally every new terminal gets the variables of all agents. They hold tokens, so they are never persisted: VS Code would write
 * them to disk in clear text.
 */
export function registerTerminalInjection(context: vscode.ExtensionContext, host: EditorHost): vscode.Disposable {
  const collection = context.environmentVariableCollection;
  collection.persistent = false;
  collection.description = l10n.t('Points coding agents at the Gatehouse gateway of this workspace.');

  const apply = async (): Promise<void> => {
    const wanted = host.gateway.state.phase === 'running' && editorSetting('terminal.injectEnvironment', false);
    if (!wanted) return collection.clear();
    const agents = Object.keys(host.state?.agents ?? {}).filter((id) => !host.state?.internalAgents.has(id) && id !== CHAT_AGENT);
    // Two agents may read the same variable: the program it is made for goes last and wins.
    const order = [...agents.filter((id) => id !== 'claude-code' && id !== 'gemini-cli'), 'gemini-cli', 'claude-code'];
    const variables: Record<string, string> = {};
    for (const agent of order) if (!host.tokens.isRevoked(agent)) Object.assign(variables, await agentEnvironment(host, agent));
    collection.clear();
    for (const [name, value] of Object.entries(variables)) collection.replace(name, value);
  };
  const safely = (): void => void apply().catch(() => collection.clear());
  safely();
  return host.onChanged(safely);
}

function loopbackDirect(): Record<string, string> {
  const value = noProxyWithLoopback(process.env['NO_PROXY'] ?? process.env['no_proxy']);
  return { NO_PROXY: value, no_proxy: value };
}

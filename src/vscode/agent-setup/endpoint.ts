import os from 'node:os';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { resolveAgent } from '../../core/routing/agent.ts';
import type { Endpoint, Place, Program } from '../../host/agent-setup/program.ts';
import type { EditorHost } from '../editor-host.ts';
import { referenceOf, targetsOf } from '../references.ts';
import { writeEntry } from '../settings.ts';

/** What a program asks for by name where no model was chosen for it yet. */
const ANY_MODEL = 'gatehouse';

export function placeOf(context: vscode.ExtensionContext): Place {
  return { env: process.env, home: os.homedir(), profile: profileFolder(context) };
}

/** The folder of the profile in use, above our own storage; undefined in a remote window of a desktop, whose profile is on another machine. */
function profileFolder({ globalStorageUri }: vscode.ExtensionContext): string | undefined {
  const isElsewhere = vscode.env.remoteName !== undefined && vscode.env.uiKind === vscode.UIKind.Desktop;
  return isElsewhere ? undefined : path.dirname(path.dirname(globalStorageUri.fsPath));
}

/** The agent that stands for a program: the one of its kind, or one of several, or, for a program that is no kind of its own, a new one. */
export async function agentOf(host: EditorHost, program: Program): Promise<string | undefined> {
  const agents = Object.entries(host.state?.agents ?? {}).filter(
    ([id, agent]) => id === program.id || resolveAgent(id, agent).kind === program.id,
  );
  if (agents.length === 0) {
    await writeEntry('agents', program.id, {});
    await host.refresh();
    return program.id;
  }
  if (agents.length === 1) return agents[0]?.[0];
  return vscode.window.showQuickPick(
    agents.map(([id]) => id),
    { title: l10n.t('Which agent is {0}?', program.label) },
  );
}

/** Fails with a sentence where there is no gateway, or none that would be there tomorrow. */
export async function endpointFor(host: EditorHost, agent: string): Promise<Endpoint> {
  const gateway = host.gateway.state;
  if (gateway.phase !== 'running') throw new Error(l10n.t('The Gatehouse gateway is not running. "Gatehouse: Show Log" says why.'));
  return { url: gateway.url, token: await host.tokens.of(agent), model: modelName(host, agent) };
}

/** The gateway serves what was chosen for the agent, whatever it asks for; a familiar name lets the program know what it deals with. */
function modelName({ state }: EditorHost, agent: string): string {
  const reference = referenceOf(state?.agents[agent] ?? {});
  if (state === undefined || reference === undefined) return ANY_MODEL;
  const [target = reference, ...others] = targetsOf(state.config, reference);
  return others.length > 0 ? reference : target.slice(target.indexOf('/') + 1);
}

/** Whether somebody still has to say which model answers. */
export function lacksModel({ state }: EditorHost, agent: string, program: Program): boolean {
  const config = state?.agents[agent] ?? {};
  return referenceOf(config) === undefined && (program.needsModel || config.provider === undefined);
}

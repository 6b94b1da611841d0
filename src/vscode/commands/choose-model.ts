import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { referenceOf } from '../references.ts';
import { writeEntry } from '../settings.ts';
import { pickAgent } from './pick-agent.ts';
import { pickModel } from './pick-model.ts';

/** Which model serves an agent, in effect from its next request on. */
export async function chooseModel(host: EditorHost, wanted?: string): Promise<void> {
  const agent =
    wanted !== undefined && host.state?.agents[wanted] !== undefined
      ? wanted
      : await pickAgent(host, l10n.t('Choose the model of which agent?'));
  if (agent === undefined) return;
  const providers = Object.keys(host.state?.config.providers ?? {});
  if (providers.length === 0) return offerKey();
  const picked = await pickModel(host, {
    title: l10n.t('Model for {0}', agent),
    present: referenceOf(host.state?.agents[agent] ?? {}),
    others: providers.map((id) => ({ id, label: l10n.t('What the agent asks for, from {0}', id) })),
  });
  if (picked?.other !== undefined) await setAgent(agent, { model: undefined, provider: picked.other });
  else if (picked?.reference !== undefined) await setAgent(agent, { model: picked.reference, provider: undefined });
  else return;
  await host.refresh();
  const served = picked.reference ?? l10n.t('what it asks for, from {0}', picked.other ?? '');
  void vscode.window.setStatusBarMessage(l10n.t('Gatehouse: {0} → {1}', agent, served), 5000);
}

async function offerKey(): Promise<void> {
  const addKey = l10n.t('Add Key');
  const choice = await vscode.window.showInformationMessage(l10n.t('No provider is set up yet. Add a key first.'), addKey);
  if (choice !== undefined) await vscode.commands.executeCommand('gatehouse.addKey');
}

/** `undefined` takes a setting away: JSON leaves it out. */
async function setAgent(agent: string, entry: { model: string | undefined; provider: string | undefined }): Promise<void> {
  await writeEntry('agents', agent, JSON.parse(JSON.stringify(entry)) as object, ['model', 'provider']);
}

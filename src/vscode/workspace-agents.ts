import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { userAgents, workspaceAgents } from './settings.ts';
import { wishesOf } from './workspace-wishes.ts';

const ACCEPTED = 'gatehouse.acceptedWorkspaceAgents';

/** As much as a notification shows. */
const LONGEST_SUMMARY = 300;

export interface WorkspaceChoice {
  /** The user has accepted it; `choice` is what they were shown. */
  accepted(choice: string): void;
  /** There is an answer. */
  answered(): Promise<void>;
}

/**
 * A workspace may say which configured model its agents use, which can be a dearer one or one at another company. It counts once the
 * user has seen it; a change asks again. Until then the user's own settings serve.
 */
export async function mayUseWorkspaceAgents(memory: vscode.Memento, fingerprint: string, then: WorkspaceChoice): Promise<boolean> {
  const known = memory.get<{ fingerprint: string; answer: boolean }>(ACCEPTED);
  if (known?.fingerprint === fingerprint) return known.answer;
  const wishes = wishesOf(workspaceAgents(), userAgents());
  void ask(wishes).then(async (answer) => {
    if (answer === undefined) return;
    await memory.update(ACCEPTED, { fingerprint, answer });
    if (answer) then.accepted(wishes.join('; '));
    await then.answered();
  });
  return false;
}

/** What does not fit into a notification is accepted only where it is shown whole. */
async function ask(wishes: readonly string[]): Promise<boolean | undefined> {
  const summary = wishes.join('; ');
  const fits = summary.length <= LONGEST_SUMMARY;
  const shown = fits ? summary : `${summary.slice(0, LONGEST_SUMMARY)}…`;
  const question = l10n.t('This workspace chooses where requests of agents go ({0}). Use its choice?', shown);
  const use = l10n.t('Use');
  const ignore = l10n.t('Ignore');
  const difference = l10n.t('Show Difference');
  const choice = await vscode.window.showInformationMessage(question, ...(fits ? [use] : []), ignore, difference);
  if (choice !== difference) return choice === undefined ? undefined : choice === use;
  const detail = wishes.join('\n\n');
  const decided = await vscode.window.showInformationMessage(
    l10n.t('Use what this workspace chooses for your agents?'),
    { modal: true, detail },
    use,
    ignore,
  );
  return decided === undefined ? undefined : decided === use;
}

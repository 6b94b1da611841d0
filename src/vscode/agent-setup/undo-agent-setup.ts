import { readFileSync } from 'node:fs';
import os from 'node:os';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { PROGRAMS } from '../../host/agent-setup/programs.ts';
import type { KeptFile, SetUp } from '../../host/agent-setup/record.ts';
import { restoreBackup, undoSetUp } from '../../host/agent-setup/undo.ts';
import { shortPath } from '../../host/key-import/find-keys.ts';
import { maskedText } from '../../host/key-import/masked-text.ts';
import { withChangesShown } from '../changes-shown.ts';
import { dateLocale } from '../date-locale.ts';
import type { EditorHost } from '../editor-host.ts';
import { SetUpStore } from './setup-store.ts';
import { pointsAtWords } from './words.ts';

/** Puts a program's settings back to what they were. */
export async function undoAgentSetup(host: EditorHost, wanted?: string): Promise<void> {
  const store = new SetUpStore(host.keys.shared);
  const records = await store.list();
  if (records.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('No agent was set up on this machine.'));
    return;
  }
  const record = records.find(({ program }) => program === wanted) ?? (await pickRecord(records));
  if (record === undefined) return;
  const undone = undoSetUp(record);
  if ('fault' in undone) return offerBackup(host, record, undone.fault);
  await forget(host, record);
  const files = namesOf(record);
  const text = l10n.t('{0} is as it was before: {1}.', labelOf(record), files);
  if (undone.left.length === 0) void vscode.window.showInformationMessage(text);
  else
    void vscode.window.showWarningMessage(
      `${text} ${l10n.t('Left as they are, because they were changed since: {0}.', undone.left.join(', '))}`,
    );
}

async function pickRecord(records: readonly SetUp[]): Promise<SetUp | undefined> {
  const items = records.map((record) => ({
    label: labelOf(record),
    description: `${pointsAtWords(record)} · ${new Date(record.at).toLocaleString(dateLocale(vscode.env.language))}`,
    detail: namesOf(record),
    record,
  }));
  const title = l10n.t('Undo the setup of which agent?');
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true }))?.record;
}

/** Where our entries cannot be told apart any more, the whole former file is still there. */
async function offerBackup(host: EditorHost, record: SetUp, fault: string): Promise<void> {
  const kept = record.files.filter(({ before, existed }) => existed && before !== undefined);
  const show = l10n.t('Show Former File');
  const choice = await vscode.window.showWarningMessage(fault, ...(kept.length === record.files.length ? [show] : []));
  if (choice !== show) return;
  const restore = l10n.t('Restore');
  const answer = await withChangesShown(kept.map(shownBackup), () =>
    vscode.window.showWarningMessage(
      l10n.t('Put the whole former content back? What others have written there since is lost.'),
      restore,
      l10n.t('Cancel'),
    ),
  );
  if (answer !== restore) return;
  const faults = kept.flatMap((file) => restoreBackup(file) ?? []);
  if (faults[0] !== undefined) throw new Error(faults[0]);
  await forget(host, record);
  void vscode.window.showInformationMessage(l10n.t('{0} is as it was before: {1}.', labelOf(record), namesOf(record)));
}

async function forget(host: EditorHost, { agent, program, files }: SetUp): Promise<void> {
  await new SetUpStore(host.keys.shared).forget(program);
  host.audit({ kind: 'agent-setup-undone', agent, program, files: files.map(({ file }) => shortPath(file, os.homedir())) });
}

function shownBackup({ file, format, before = '' }: KeptFile) {
  const masked = (text: string): string => maskedText(format, text, '\0');
  const title = l10n.t('{0}, now and before (secrets are masked)', shortPath(file, os.homedir()));
  return { title, file, before: masked(readFileSync(file, 'latin1')), after: masked(before) };
}

function namesOf({ files }: SetUp): string {
  return files.map(({ file }) => shortPath(file, os.homedir())).join(', ');
}

export function labelOf({ program }: SetUp): string {
  return PROGRAMS.find(({ id }) => id === program)?.label ?? program;
}

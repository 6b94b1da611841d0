import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { allFiles, listLines, usedBy } from '../../host/purge/data-files.ts';
import { eraseFiles } from '../../host/purge/erase.ts';
import { SetUpStore } from '../agent-setup/setup-store.ts';
import { labelOf } from '../agent-setup/undo-agent-setup.ts';
import type { EditorHost } from '../editor-host.ts';
import { emptyLogs, eraseMementos, eraseSecrets, eraseSettings, logFiles, userSettings } from './erase-state.ts';
import { MARKER_FILE } from './purge-marker.ts';

/** How long other windows may take to let go of the ledger. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 100;

/** Erases everything that Gatehouse has kept on this machine, after showing what, and says what was done and what could not be. */
export async function purgeEverything(host: EditorHost, context: vscode.ExtensionContext): Promise<void> {
  const folder = context.globalStorageUri.fsPath;
  const withSettings = l10n.t('Erase, Settings Too');
  const choice = await vscode.window.showWarningMessage(
    l10n.t('Erase everything that Gatehouse has kept on this machine? It cannot be brought back.'),
    { modal: true, detail: await listText(host, context) },
    l10n.t('Erase Everything'),
    withSettings,
  );
  if (choice === undefined) return;
  const report = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: l10n.t('Gatehouse: erasing') },
    () => erase(host, context, folder, choice === withSettings),
  );
  if (report === undefined) return;
  const again = await vscode.window.showInformationMessage(
    report.title,
    { modal: true, detail: report.lines.join('\n') },
    l10n.t('Start Afresh'),
  );
  if (again !== undefined) await host.gateway.restart();
}

async function listText(host: EditorHost, context: vscode.ExtensionContext): Promise<string> {
  const folder = context.globalStorageUri.fsPath;
  const keys = await host.keys.list();
  const removals = await host.removals.list();
  const setUps = await new SetUpStore(host.keys.shared).list();
  const requests = await host.gateway.call('usage', { by: [] }).then(
    (rows) => rows.reduce((sum, row) => sum + row.requests, 0),
    () => undefined,
  );
  const settings = userSettings();
  const logs = logFiles(context.logUri.fsPath).length;
  const things = [
    ...keys.map(({ id, lastFour }) => l10n.t('key {0}, which ends in {1}', id, lastFour)),
    l10n.t('the local tokens of all agents, in all workspaces; terminals that are open lose theirs'),
    ...removals.map(({ removal }) =>
      l10n.t('the backup of {0}, which was removed from {1}', removal.name, path.basename(removal.file)),
    ),
    ...setUps.map((record) =>
      l10n.t('the way back for the settings of {0}, which stay as they are (undo its setup first)', labelOf(record)),
    ),
    ...listLines(allFiles(folder, MARKER_FILE), requests),
    l10n.t('consents of extensions and workspaces, and the port of this workspace'),
    logs === 1 ? l10n.t('logs of Gatehouse (1 file)') : l10n.t('logs of Gatehouse ({0} files)', logs),
  ];
  return [
    ...things.map((thing) => `• ${thing}`),
    '',
    settings.length === 0
      ? l10n.t('No Gatehouse settings are set.')
      : l10n.t('Only if you choose so, these settings: {0}.', settings.join(', ')),
    l10n.t('Keys stay valid at their providers: revoke there what may have leaked.'),
  ].join('\n');
}

interface Report {
  readonly title: string;
  readonly lines: readonly string[];
}

async function erase(
  host: EditorHost,
  context: vscode.ExtensionContext,
  folder: string,
  settingsToo: boolean,
): Promise<Report | undefined> {
  const keys = await host.keys.list();
  const purge = host.beginPurge();
  await host.hush();
  const users = await othersGone(folder);
  if (users.length > 0) {
    const who = users.map(({ pid }) => l10n.t('process {0}', pid)).join(', ');
    const anyway = await vscode.window.showWarningMessage(
      l10n.t('Another gateway uses the ledger and does not stop: {0}. What it still writes would be left over.', who),
      { modal: true },
      l10n.t('Erase Anyway'),
    );
    if (anyway === undefined) {
      await host.gateway.restart();
      return undefined;
    }
  }
  const groups = allFiles(folder, MARKER_FILE);
  const files = groups.flatMap((group) => group.files);
  eraseFiles(files, users.length > 0);
  // A gateway that has just closed its ledger still writes down what it knows of keys.
  await delay(PAUSE_MS * 5);
  const failed = eraseFiles(
    allFiles(folder, MARKER_FILE).flatMap((group) => group.files),
    users.length > 0,
  );
  const secrets = await eraseSecrets(context.secrets);
  await eraseMementos(context, purge);
  if (settingsToo) await eraseSettings();
  const settings = userSettings();
  // For the record, which is the same in every language.
  const what = [
    `${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`,
    'tokens',
    ...groups.map((group) => group.what),
    'logs',
    ...(settingsToo ? ['settings'] : []),
  ];
  const logs = emptyLogs(context.logUri.fsPath);
  host.auditLog.record({ kind: 'purged', what }, 'user');
  return {
    title: failed.length === 0 ? l10n.t('Everything was erased.') : l10n.t('Not everything could be erased.'),
    lines: [
      erasedText(keys.length, secrets.length, files.length - failed.length, logs),
      ...failed.map(({ file, code }) =>
        l10n.t('Could not be erased: {0} ({1}). Close other programs that use it and try again.', path.basename(file), code),
      ),
      ...(settings.length === 0 ? [] : [l10n.t('Left as you chose, these settings: {0}.', settings.join(', '))]),
      l10n.t(
        'Not in reach: what the editor itself keeps of its chat and of former versions of files, its settings among them; copies in backups; and states of workspaces that are closed, which are erased when they are opened.',
      ),
      l10n.t(
        'A marker with the time of this purge stays, so that no window writes anything back; so does one audit entry that says what was erased.',
      ),
      l10n.t('The gateway is stopped until you start it afresh or open a new window.'),
    ],
  };
}

function erasedText(keys: number, secrets: number, files: number, logs: number): string {
  const things = [
    keys === 1 ? l10n.t('1 key') : l10n.t('{0} keys', keys),
    secrets === 1 ? l10n.t('1 secret in all') : l10n.t('{0} secrets in all', secrets),
    files === 1 ? l10n.t('1 file') : l10n.t('{0} files', files),
    logs === 1 ? l10n.t('1 log') : l10n.t('{0} logs', logs),
    l10n.t('the states of this window and of all workspaces that are open'),
  ];
  return l10n.t('Erased: {0}.', things.join(', '));
}

async function othersGone(folder: string): Promise<ReturnType<typeof usedBy>> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const users = usedBy(folder);
    if (users.length === 0 || performance.now() > end) return users;
    await delay(PAUSE_MS);
  }
}

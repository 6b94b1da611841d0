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
  const choice = await vscode.window.showWarningMessage(
    'Erase everything that Gatehouse has kept on this machine? It cannot be brought back.',
    { modal: true, detail: await listText(host, context) },
    'Erase Everything',
    'Erase, Settings Too',
  );
  if (choice === undefined) return;
  const report = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Gatehouse: erasing' },
    () => erase(host, context, folder, choice === 'Erase, Settings Too'),
  );
  if (report === undefined) return;
  const again = await vscode.window.showInformationMessage(
    report.title,
    { modal: true, detail: report.lines.join('\n') },
    'Start Afresh',
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
  return [
    ...keys.map(({ id, lastFour }) => `• key ${id}, which ends in ${lastFour}`),
    '• the local tokens of all agents, in all workspaces; terminals that are open lose theirs',
    ...removals.map(({ removal }) => `• the way back for ${removal.name}, which was removed from ${path.basename(removal.file)}`),
    ...setUps.map(
      (record) =>
        `• ${l10n.t('the way back for the settings of {0}, which stay as they are (undo its setup first to have them back)', labelOf(record))}`,
    ),
    ...listLines(allFiles(folder, MARKER_FILE), requests).map((line) => `• ${line}`),
    '• consents of extensions and workspaces, and the port of this workspace',
    `• logs of Gatehouse (${logFiles(context.logUri.fsPath).length} files)`,
    '',
    settings.length === 0 ? 'No settings of Gatehouse are set.' : `Only if you choose so, the settings ${settings.join(', ')}.`,
    'Keys stay valid at their providers: revoke there what may have leaked.',
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
    const who = users.map(({ pid }) => `process ${pid}`).join(', ');
    const anyway = await vscode.window.showWarningMessage(
      `Another gateway uses the ledger and does not stop: ${who}. What it still writes would be left over.`,
      { modal: true },
      'Erase Anyway',
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
    title: failed.length === 0 ? 'Everything was erased.' : 'Not everything could be erased.',
    lines: [
      `Erased: ${keys.length} keys, ${secrets.length} secrets in all, ${files.length - failed.length} files, ${logs} logs, the states of this window and of all workspaces that are open.`,
      ...failed.map(
        ({ file, code }) =>
          `Could not be erased: ${path.basename(file)} (${code}). Close other programs that use it and try again.`,
      ),
      ...(settings.length === 0 ? [] : [`Left as you chose: the settings ${settings.join(', ')}.`]),
      'Not in reach: what the editor itself keeps of its chat and of former versions of files, its settings among them; copies in backups; and states of workspaces that are closed, which are erased when they are opened.',
      'A marker with the time of this purge stays, so that no window writes anything back; so does one audit entry that says what was erased.',
      'The gateway is stopped until you start it afresh or open a new window.',
    ],
  };
}

async function othersGone(folder: string): Promise<ReturnType<typeof usedBy>> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const users = usedBy(folder);
    if (users.length === 0 || performance.now() > end) return users;
    await delay(PAUSE_MS);
  }
}

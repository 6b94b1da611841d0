import { homedir } from 'node:os';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { exportPieces } from '../../core/ledger/export.ts';
import { exportSums } from '../../core/ledger/export-sums.ts';
import { writeBeside } from '../../host/write-beside.ts';
import { cancellation } from '../cancellation.ts';
import type { EditorHost } from '../editor-host.ts';
import { contentChoices, daysPeriod, periodChoices, type ExportContent, type Period, type PeriodChoice } from './choices.ts';

type Format = 'csv' | 'json';

/** Writes what was used into a file of the user's choice: what, of which days (unless they are known), in which form. */
export async function exportUsage(host: EditorHost, known?: PeriodChoice): Promise<void> {
  const content = await vscode.window.showQuickPick(contentChoices(), { title: l10n.t('Export what?') });
  if (content === undefined) return;
  const title = l10n.t('{0}: for which days?', content.label);
  const choice = known ?? (await vscode.window.showQuickPick(periodChoices(new Date()), { title }));
  if (choice === undefined) return;
  const period = choice.period ?? (await askDays());
  if (period === undefined) return;
  const format = await pickFormat(content, choice);
  if (format === undefined) return;
  const file = await pickFile(content, choice, format);
  if (file === undefined) return;
  if (file.scheme !== 'file') throw new Error(l10n.t('an export goes into a file on this machine; choose another place'));

  const outcome = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: l10n.t('Gatehouse: exporting usage'), cancellable: true },
    async (progress, token) => {
      const cancelled = cancellation(token);
      const { signal } = cancelled;
      try {
        await writeBeside(
          file.fsPath,
          texts(host, content, period, format, (message) => progress.report(message)),
          signal,
        );
        return 'done';
      } catch (error) {
        if (signal.aborted) return 'cancelled';
        throw told(error);
      } finally {
        cancelled.dispose();
      }
    },
  );
  // Not waited for: the command is over.
  if (outcome === 'done') void offerToOpen(file);
}

async function askDays(): Promise<Period | undefined> {
  const text = await vscode.window.showInputBox({
    title: l10n.t('Export which days?'),
    prompt: l10n.t('The first and the last day, or one day'),
    placeHolder: '2026-11-01 2026-11-15',
    validateInput: (typed) =>
      daysPeriod(typed) === undefined ? l10n.t('One or two days, the earlier one first, such as 2026-11-01 2026-11-15') : undefined,
  });
  return text === undefined ? undefined : daysPeriod(text);
}

async function pickFormat(content: ExportContent, { label }: PeriodChoice): Promise<Format | undefined> {
  const items: readonly (vscode.QuickPickItem & { readonly format: Format })[] = [
    { label: 'CSV', description: l10n.t('for spreadsheets'), format: 'csv' },
    content.by === undefined
      ? { label: 'JSON Lines', description: l10n.t('one object a line'), format: 'json' }
      : { label: 'JSON', description: l10n.t('one document'), format: 'json' },
  ];
  const title = l10n.t('{0} ({1}): in which format?', content.label, label);
  return (await vscode.window.showQuickPick(items, { title }))?.format;
}

function pickFile({ by }: ExportContent, { name }: PeriodChoice, format: Format): Thenable<vscode.Uri | undefined> {
  const ending = format === 'json' && by === undefined ? 'jsonl' : format;
  const file = ['gatehouse', by === undefined ? 'requests' : by.join('-'), name].join('-');
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
  return vscode.window.showSaveDialog({
    title: l10n.t('Export Usage'),
    saveLabel: l10n.t('Export'),
    defaultUri: vscode.Uri.joinPath(folder, `${file}.${ending}`),
    filters: { [ending.toUpperCase()]: [ending] },
  });
}

async function* texts(
  host: EditorHost,
  { by }: ExportContent,
  period: Period,
  format: Format,
  report: (progress: { message: string; increment?: number }) => void,
): AsyncGenerator<string> {
  if (by !== undefined) {
    yield exportSums(await host.gateway.call('usage', { ...period, by }), by, format);
    return;
  }
  const [total] = await host.gateway.call('usage', { ...period, by: [] });
  const all = Math.max(1, total?.requests ?? 0);
  const query = { ...period, format: format === 'json' ? 'jsonl' : 'csv' } as const;
  let written = 0;
  for await (const { text, rows } of exportPieces((after) => host.gateway.call('exportPiece', { query, after }))) {
    yield text;
    written += rows;
    const message = written === 1 ? l10n.t('1 request') : l10n.t('{0} requests', written.toLocaleString('en'));
    report({ message, increment: (100 * rows) / all });
  }
}

/** What the file system says has the path in it. */
function told(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error : new Error(l10n.t('the export could not be written ({0}); nothing was changed', code));
}

async function offerToOpen(file: vscode.Uri): Promise<void> {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const choice = await vscode.window.showInformationMessage(l10n.t('Usage was exported to {0}.', name), l10n.t('Open'));
  if (choice !== undefined) await vscode.commands.executeCommand('vscode.open', file);
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { jsonLines } from '../../core/ledger/audit/entries.ts';
import type { AuditEntry } from '../../core/ledger/audit/chain.ts';
import { verdictWords } from '../../core/ledger/audit/verdict-words.ts';
import type { AuditVerdict } from '../../core/ledger/audit/verify.ts';
import { auditDocument } from '../audit/audit-document.ts';
import type { EditorHost } from '../editor-host.ts';
import type { RouteDocuments } from '../routing/documents.ts';

const SHOWN = 500;
const PIECE = 100;

/** Says whether the log is as it was written, or names the first entry that is not. */
export async function verifyAuditLog(host: EditorHost): Promise<AuditVerdict> {
  const verdict = await host.auditLog.verify();
  const show = verdict.broken === undefined ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
  void show(verdictWords(verdict), l10n.t('Show Audit Log')).then((choice) => {
    if (choice !== undefined) void vscode.commands.executeCommand('gatehouse.showAuditLog');
  });
  return verdict;
}

export async function showAuditLog(host: EditorHost, documents: RouteDocuments): Promise<void> {
  await documents.show(l10n.t('Audit log'), auditDocument(await host.auditLog.latest(SHOWN), Date.now()));
}

/** Asks where to, unless it is told. */
export async function exportAuditLog(host: EditorHost, wanted?: vscode.Uri): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target =
    wanted ??
    (await vscode.window.showSaveDialog({
      title: l10n.t('Export the audit log'),
      filters: { 'JSON Lines': ['jsonl'] },
      ...(folder && { defaultUri: vscode.Uri.joinPath(folder, 'gatehouse-audit.jsonl') }),
    }));
  if (target === undefined) return;
  const entries: AuditEntry[] = [];
  for (;;) {
    const piece = await host.auditLog.entries(entries.length, PIECE);
    entries.push(...piece);
    if (piece.length < PIECE) break;
  }
  await vscode.workspace.fs.writeFile(target, Buffer.from(jsonLines(entries)));
  void vscode.window.showInformationMessage(
    entries.length === 1
      ? l10n.t('The audit log was exported: 1 entry.')
      : l10n.t('The audit log was exported: {0} entries.', entries.length),
  );
}

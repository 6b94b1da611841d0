import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { sourceLine } from '../../host/price-words.ts';
import type { EditorHost } from '../editor-host.ts';
import type { RouteDocuments } from '../routing/documents.ts';
import { pricesDocument } from './prices-document.ts';

/** Where prices come from, how old they are, and what the models in use cost. */
export async function showPrices(host: EditorHost, documents: RouteDocuments): Promise<void> {
  const status = await host.gateway.call('prices', undefined);
  await documents.show(l10n.t('Prices'), pricesDocument(status, [...(host.state?.models.values() ?? [])]));
}

/** Prices that were kept and cannot be read are told once: from then on others hold than the user chose. */
export function tellDamagedPrices(host: EditorHost): vscode.Disposable {
  let told = '';
  return host.onChanged(async () => {
    if (host.gateway.state.phase !== 'running') return;
    const status = await host.gateway.call('prices', undefined).catch(() => undefined);
    const faults = status?.faults.join(' ') ?? '';
    if (status === undefined || faults === told) return;
    told = faults;
    if (faults === '') return;
    const others = l10n.t('Meanwhile prices are looked up in this order: {0}.', status.sources.map(sourceLine).join('; '));
    const choice = await vscode.window.showWarningMessage(`${faults} ${others}`, l10n.t('Reset to Built-in Prices'));
    if (choice !== undefined) await vscode.commands.executeCommand('gatehouse.resetPrices');
  });
}

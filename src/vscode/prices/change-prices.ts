import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PricesAsked } from '../../host/messages.ts';
import { proposalLines } from '../../host/price-words.ts';
import type { EditorHost } from '../editor-host.ts';

const AGREED_ADDRESS = 'gatehouse.agreedPricesFrom';
const LARGEST_BYTES = 20_000_000;

/** Takes over prices from a file, after showing what they change. */
export async function importPrices(host: EditorHost): Promise<void> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: l10n.t('Import Prices'),
      openLabel: l10n.t('Import'),
      filters: { [l10n.t('Prices (Gatehouse, LiteLLM)')]: ['json'] },
    })) ?? [];
  if (file === undefined) return;
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if ((await vscode.workspace.fs.stat(file)).size > LARGEST_BYTES)
    throw new Error(l10n.t('"{0}" is too large for a list of prices', name));
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  await takeOver(host, { kind: 'imported', name, text }, l10n.t('Import the prices of {0}?', name));
}

/** Fetches the list of today. Whence is said, and asked, before the first time. */
export async function refreshPrices(host: EditorHost, memory: vscode.Memento): Promise<void> {
  const address = host.state?.config.pricesFrom;
  if (address === undefined) return;
  if (memory.get<string>(AGREED_ADDRESS) !== address) {
    const promise = l10n.t('Nothing but the request itself is sent. What the list changes is shown before it is taken over.');
    const choice = await vscode.window.showInformationMessage(
      l10n.t('Download today’s prices from this address?'),
      { modal: true, detail: `${address}\n\n${promise}` },
      l10n.t('Download'),
    );
    if (choice === undefined) return;
    await memory.update(AGREED_ADDRESS, address);
  }
  await takeOver(host, { kind: 'refreshed', address }, l10n.t('Take over today’s prices?'));
}

export async function resetPrices(host: EditorHost): Promise<void> {
  const had = await host.gateway.call('resetPrices', undefined);
  await host.refresh();
  void vscode.window.showInformationMessage(
    had ? l10n.t('The built-in prices apply again.') : l10n.t('The built-in prices apply already.'),
  );
}

async function takeOver(host: EditorHost, asked: PricesAsked, question: string): Promise<void> {
  const { proposal, ...proposed } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: l10n.t('Gatehouse: comparing prices') },
    () => host.gateway.call('proposePrices', asked),
  );
  const detail = [
    ...proposalLines(proposed),
    l10n.t('In US dollars per million tokens. What is already booked stays as it is.'),
  ].join('\n\n');
  const choice = await vscode.window.showInformationMessage(question, { modal: true, detail }, l10n.t('Take Over'));
  if (choice === undefined) return;
  await host.gateway.call('takePrices', { proposal });
  await host.refresh();
  const text = l10n.t('These prices apply to requests that begin from now on.');
  const show = l10n.t('Show Prices');
  void vscode.window.showInformationMessage(text, show, l10n.t('Undo: Built-in Prices')).then((next) => {
    if (next !== undefined) void vscode.commands.executeCommand(next === show ? 'gatehouse.showPrices' : 'gatehouse.resetPrices');
  });
}

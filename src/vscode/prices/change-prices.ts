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
      title: 'Import Prices',
      openLabel: 'Import',
      filters: { 'Prices (Gatehouse, LiteLLM)': ['json'] },
    })) ?? [];
  if (file === undefined) return;
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if ((await vscode.workspace.fs.stat(file)).size > LARGEST_BYTES) throw new Error(`"${name}" is too large for a list of prices`);
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  await takeOver(host, { kind: 'imported', name, text }, `Import the prices of ${name}?`);
}

/** Fetches the list of today. Whence is said, and asked, before the first time. */
export async function refreshPrices(host: EditorHost, memory: vscode.Memento): Promise<void> {
  const address = host.state?.config.pricesFrom;
  if (address === undefined) return;
  if (memory.get<string>(AGREED_ADDRESS) !== address) {
    const detail = `${address}\n\nNothing but the request itself is sent. What the list changes is shown before it is taken over.`;
    const choice = await vscode.window.showInformationMessage(
      'Download today’s prices from this address?',
      { modal: true, detail },
      'Download',
    );
    if (choice === undefined) return;
    await memory.update(AGREED_ADDRESS, address);
  }
  await takeOver(host, { kind: 'refreshed', address }, 'Take over today’s prices?');
}

export async function resetPrices(host: EditorHost): Promise<void> {
  const had = await host.gateway.call('resetPrices', undefined);
  await host.refresh();
  void vscode.window.showInformationMessage(had ? 'The built-in prices hold again.' : 'The built-in prices hold already.');
}

async function takeOver(host: EditorHost, asked: PricesAsked, question: string): Promise<void> {
  const { proposal, ...proposed } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Gatehouse: comparing prices' },
    () => host.gateway.call('proposePrices', asked),
  );
  const detail = `${proposalLines(proposed).join('\n\n')}\n\nIn US dollars per million tokens. What is booked already stays as it is.`;
  const choice = await vscode.window.showInformationMessage(question, { modal: true, detail }, 'Take Over');
  if (choice === undefined) return;
  await host.gateway.call('takePrices', { proposal });
  await host.refresh();
  void vscode.window
    .showInformationMessage('These prices hold for requests that begin from now on.', 'Show Prices', 'Undo: Built-in Prices')
    .then((next) => {
      if (next !== undefined)
        void vscode.commands.executeCommand(next === 'Show Prices' ? 'gatehouse.showPrices' : 'gatehouse.resetPrices');
    });
}

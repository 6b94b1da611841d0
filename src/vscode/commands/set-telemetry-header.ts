import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isHeaderValue, telemetryHeaderFault } from '../../core/config/telemetry-header.ts';
import type { EditorHost } from '../editor-host.ts';

/** Asks for a header that the collector wants to see, or for nothing in its place. In effect at once. */
export async function setTelemetryHeader(host: EditorHost): Promise<void> {
  const endpoint = host.state?.config.telemetry.endpoint;
  if (endpoint === undefined) {
    const choice = await vscode.window.showInformationMessage(
      l10n.t('Telemetry is off. The setting "gatehouse.telemetry" takes the endpoint of your collector.'),
      l10n.t('Open Settings'),
    );
    if (choice) await vscode.commands.executeCommand('workbench.action.openSettings', 'gatehouse.telemetry');
    return;
  }
  const { origin } = new URL(endpoint);
  const name = await enterName(host, origin);
  if (name === undefined) return;
  const value = await vscode.window.showInputBox({
    title: l10n.t('Value of "{0}" for {1}', name, origin),
    prompt: l10n.t(
      "It is kept in the editor's secret storage, sent to this address only and shown nowhere. Leave it empty to remove the header.",
    ),
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === '' || isHeaderValue(text.trim())
        ? undefined
        : l10n.t('A header has no line breaks and no characters beyond ASCII.'),
  });
  if (value === undefined) return;
  const given = value.trim();
  if (given === '') await host.telemetryHeaders.remove(name);
  else await host.telemetryHeaders.set({ name, value: given, origin });
  await host.refresh();
  void vscode.window.showInformationMessage(
    given === ''
      ? l10n.t('"{0}" is not sent to the collector any more.', name)
      : l10n.t('"{0}" is sent to {1} from now on.', name, origin),
  );
}

async function enterName(host: EditorHost, origin: string): Promise<string | undefined> {
  const set = (await host.telemetryHeaders.list()).filter((header) => header.origin === origin).map((header) => header.name);
  const entered = await vscode.window.showInputBox({
    title: l10n.t('Header for {0}', origin),
    prompt:
      set.length === 0 ? l10n.t('The name of the header') : l10n.t('The name of the header. Set already: {0}', set.join(', ')),
    value: set[0] ?? 'authorization',
    ignoreFocusOut: true,
    validateInput: (text) => {
      const fault = telemetryHeaderFault(nameIn(text));
      return fault && `"${text.trim()}" ${fault}`;
    },
  });
  return entered === undefined ? undefined : nameIn(entered);
}

function nameIn(text: string): string {
  return text.trim().toLowerCase();
}

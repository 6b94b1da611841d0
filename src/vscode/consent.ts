import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { EditorHost } from './editor-host.ts';

/**
 * Another extension wants to spend the user's money. Asked once for each extension and remembered; two questions at the same time
 * are one. `where` says what it would get.
 */
export function consentAsker(host: EditorHost): (extensionId: string) => Promise<boolean> {
  const asking = new Map<string, Promise<boolean>>();
  return (extensionId) => {
    const id = extensionId.toLowerCase();
    if (host.isExtensionAllowed(id)) return Promise.resolve(true);
    let question = asking.get(id);
    if (question === undefined) {
      question = ask(host, id).finally(() => asking.delete(id));
      asking.set(id, question);
    }
    return question;
  };
}

async function ask(host: EditorHost, id: string): Promise<boolean> {
  const name = vscode.extensions.getExtension(id)?.packageJSON?.displayName as string | undefined;
  const allow = l10n.t('Allow');
  const answer = await vscode.window.showInformationMessage(
    l10n.t(
      'The extension {0} wants to use your models through Gatehouse. What it uses is booked under its name.',
      name ? `"${name}" (${id})` : `"${id}"`,
    ),
    allow,
    l10n.t('Refuse'),
  );
  if (answer !== allow) return false;
  await host.allowExtension(id);
  return true;
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';

const SCHEME = 'gatehouse-route';
/** Documents that are still open keep their text; of the others the latest do. */
const REMEMBERED = 50;

/** Read-only Markdown documents about routes. Showing one under a name that is open already puts the new text in its place. */
export interface RouteDocuments extends vscode.Disposable {
  show(name: string, markdown: string): Promise<void>;
}

export function registerRouteDocuments(log: vscode.LogOutputChannel): RouteDocuments {
  const texts = new Map<string, string>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    onDidChange: changed.event,
    // The editor brings its tabs back after a restart, and their texts are gone: they were about a moment that is over.
    provideTextDocumentContent: (uri) =>
      texts.get(uri.toString()) ?? l10n.t('This was written before the editor was restarted. Run the command again.'),
  });
  return {
    async show(name, markdown) {
      const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${fileName(name)}.md` });
      const id = uri.toString();
      texts.delete(id);
      texts.set(id, markdown);
      forget(texts);
      changed.fire(uri);
      await open(uri, log);
    },
    dispose() {
      registration.dispose();
      changed.dispose();
    },
  };
}

/** The preview belongs to an extension of the editor's own, which can be switched off. */
async function open(uri: vscode.Uri, log: vscode.LogOutputChannel): Promise<void> {
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch (error) {
    log.debug(`no Markdown preview: ${error instanceof Error ? error.message : ''}`);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }
}

function forget(texts: Map<string, string>): void {
  const open = new Set(vscode.workspace.textDocuments.map(({ uri }) => uri.toString()));
  for (const id of [...texts.keys()].slice(0, -1)) {
    if (texts.size <= REMEMBERED) return;
    if (!open.has(id)) texts.delete(id);
  }
}

/** Names hold slashes and whatever else agents send; a tab shows the last part of a path. */
function fileName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}/\\?#%:]/gu, '-').slice(0, 120);
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { FoundKey } from '../../host/key-import/find-keys.ts';
import { maskedText } from '../../host/key-import/masked-text.ts';
import type { RemovalPlan } from '../../host/key-import/remove-entry.ts';

const SCHEME = 'gatehouse-change';

/** Shows what would become of a file, with all values masked, until the question that follows is answered. */
export async function withChangeShown<T>(plan: RemovalPlan, found: FoundKey, ask: () => PromiseLike<T>): Promise<T> {
  const format = found.entry?.file.format ?? 'dotenv';
  const texts = new Map(
    (['before', 'after'] as const).map((side) => [`/${side}`, maskedText(format, plan[side], found.secret.reveal())]),
  );
  const registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: (uri) => texts.get(uri.path.slice(0, uri.path.indexOf('/', 1))) ?? '',
  });
  // A new name each time: the editor keeps the text of one that it knows.
  const name = `${Date.now()}/${plan.file.split(/[\\/]/).at(-1)}`;
  const [before, after] = ['before', 'after'].map((side) => vscode.Uri.from({ scheme: SCHEME, path: `/${side}/${name}` }));
  try {
    const title = l10n.t('Remove {0} (values are masked)', plan.name);
    await vscode.commands.executeCommand('vscode.diff', before, after, title, { preview: true });
    return await ask();
  } finally {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    await vscode.window.tabGroups.close(
      tabs.filter(({ input }) => input instanceof vscode.TabInputTextDiff && input.original.scheme === SCHEME),
    );
    registration.dispose();
  }
}

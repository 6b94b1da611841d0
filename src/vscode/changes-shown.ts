import * as vscode from 'vscode';

/** A file as it is and as it would be, both fit to be seen: secrets are masked. */
export interface ShownChange {
  /** What is compared, in words: the title of the tab. */
  readonly title: string;
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

const SCHEME = 'gatehouse-change';

/** Shows what would become of files, each in a tab of its own with the first in front, until the question that follows is answered. */
export async function withChangesShown<T>(changes: readonly ShownChange[], ask: () => PromiseLike<T>): Promise<T> {
  // A new name each time: the editor keeps the text of one that it knows.
  const stamp = Date.now();
  const uris = changes.map(({ file }, index) =>
    (['before', 'after'] as const).map((side) =>
      vscode.Uri.from({ scheme: SCHEME, path: `/${side}/${stamp}-${index}/${file.split(/[\\/]/).at(-1)}` }),
    ),
  );
  const texts = new Map(
    changes.flatMap(({ before, after }, index) => [
      [uris[index]?.[0]?.path, before] as const,
      [uris[index]?.[1]?.path, after] as const,
    ]),
  );
  const registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: (uri) => texts.get(uri.path) ?? '',
  });
  try {
    for (const [index, { title }] of [...changes.entries()].toReversed()) {
      const [before, after] = uris[index] ?? [];
      await vscode.commands.executeCommand('vscode.diff', before, after, title, { preview: changes.length === 1 });
    }
    return await ask();
  } finally {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    await vscode.window.tabGroups.close(
      tabs.filter(({ input }) => input instanceof vscode.TabInputTextDiff && input.original.scheme === SCHEME),
    );
    registration.dispose();
  }
}

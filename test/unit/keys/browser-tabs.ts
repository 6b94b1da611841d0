import type { SecretStorage } from 'vscode';

/**
 * SecretStorage as code-server's browser tabs have it: a tab loads all secrets when it opens, hears nothing of the others, and each
 * write puts the tab's whole copy in the place of what is kept.
 */
export class BrowserStore {
  kept = new Map<string, string>();

  openTab(): SecretStorage {
    const copy = new Map(this.kept);
    const save = (): void => void (this.kept = new Map(copy));
    return {
      keys: () => Promise.resolve([...copy.keys()]),
      get: (name) => Promise.resolve(copy.get(name)),
      async store(name, value) {
        copy.set(name, value);
        save();
      },
      async delete(name) {
        copy.delete(name);
        save();
      },
      onDidChange: () => ({ dispose() {} }),
    };
  }
}

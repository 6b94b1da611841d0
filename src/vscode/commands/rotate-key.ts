import * as vscode from 'vscode';
import { originsOf, resolveProvider } from '../../core/providers/provider.ts';
import type { EditorHost } from '../editor-host.ts';
import { enterKey } from './add-key.ts';
import { pickKey } from './pick-key.ts';
import { testEntered } from './test-key.ts';

/** Replaces a key's value in one step. Requests under way finish with the old one: they live on the snapshot they began with. */
export async function rotateKey(host: EditorHost, wanted?: string): Promise<void> {
  const key = await pickKey(host, 'Rotate which key?', wanted);
  if (key === undefined) return;
  const config = host.state?.config.providers[key.provider];
  if (config === undefined) {
    void vscode.window.showErrorMessage(
      `The provider "${key.provider}" of this key is not configured any more. Remove the key, or add the provider again.`,
    );
    return;
  }
  const secret = await enterKey(key.provider, config.kind);
  if (secret === undefined || (await testEntered(host, key.provider, secret)) === 'discard') return;
  const origins = [...originsOf(resolveProvider(key.provider, config))];
  await host.keys.put({ ...key, origins, lastFour: secret.slice(-4), rotatedAt: Date.now() }, secret);
  host.audit({ kind: 'key-rotated', key: key.id, provider: key.provider, lastFour: secret.slice(-4), overlapMinutes: 0 });
  await host.refresh();
  void vscode.window.showInformationMessage(
    `"${key.label}" now is the key ending in ${secret.slice(-4)}. The old value was erased.`,
  );
}

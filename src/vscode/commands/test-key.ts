import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { pickKey } from './pick-key.ts';

/** Tests a stored key with a real call that spends nothing. */
export async function testKey(host: EditorHost, wanted?: string): Promise<void> {
  const key = await pickKey(host, 'Test which key?', wanted);
  if (key === undefined) return;
  const diagnosis = await withProgress(`Testing "${key.label}"`, () =>
    host.gateway.call('checkKey', { provider: key.provider, key: key.id }),
  );
  const show = diagnosis.verdict === 'good' ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  void show(diagnosis.sentence);
}

/** Tests a key that was just entered; where the test does not pass, the person decides whether it is kept all the same. */
export async function testEntered(host: EditorHost, provider: string, secret: string): Promise<'keep' | 'discard'> {
  if (host.gateway.state.phase !== 'running') return 'keep';
  const diagnosis = await withProgress(`Testing the key with ${provider}`, () =>
    host.gateway.call('checkKey', { provider, secret }),
  );
  if (diagnosis.verdict === 'good') return 'keep';
  const choice = await vscode.window.showWarningMessage(diagnosis.sentence, 'Keep Anyway', 'Discard');
  return choice === 'Keep Anyway' ? 'keep' : 'discard';
}

function withProgress<T>(title: string, work: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, work);
}

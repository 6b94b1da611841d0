import * as vscode from 'vscode';
import type { ProviderKind } from '../../core/config/kinds.ts';
import { PRESETS } from '../../core/providers/presets.ts';
import type { KeyDiagnosis } from '../../host/check-key.ts';
import type { EditorHost } from '../editor-host.ts';
import { pickKey } from './pick-key.ts';

/** What helps against what a test has shown; the last two stand for what a person can do in any case. */
const REMEDY: Readonly<Partial<Record<KeyDiagnosis['verdict'], string>>> = {
  'wrong-key': 'Enter Again',
  'no-credit': 'Open Account Page',
  'no-access': 'Open Account Page',
  'no-network': 'Try Again',
  unclear: 'Try Again',
};

/** Tests a stored key with a real call that spends nothing. */
export async function testKey(host: EditorHost, wanted?: string): Promise<void> {
  const key = await pickKey(host, 'Test which key?', wanted);
  if (key === undefined) return;
  if (key.disabled === true) {
    const choice = await vscode.window.showWarningMessage(`"${key.label}" is disabled, so it is not sent anywhere.`, 'Enable Key');
    if (choice !== undefined) await vscode.commands.executeCommand('gatehouse.enableKey', key.id);
    return;
  }
  const diagnosis = await withProgress(`Testing "${key.label}"`, () =>
    host.gateway.call('checkKey', { provider: key.provider, key: key.id }),
  );
  host.audit({ kind: 'key-tested', key: key.id, provider: key.provider, verdict: diagnosis.verdict });
  void tellDiagnosis(host, key.id, key.provider, diagnosis);
}

async function tellDiagnosis(host: EditorHost, key: string, provider: string, { verdict, sentence }: KeyDiagnosis): Promise<void> {
  if (verdict === 'good') return void (await vscode.window.showInformationMessage(sentence));
  const page = pageOf(host.state?.config.providers[provider]?.kind);
  const remedy = verdict === 'wrong-key' ? 'Rotate Key' : remedyFor(verdict, page);
  const choice = await vscode.window.showWarningMessage(sentence, ...(remedy === undefined ? [] : [remedy]), 'Edit Key');
  if (choice === 'Edit Key') await vscode.commands.executeCommand('gatehouse.editKey', key);
  if (choice === 'Rotate Key') await vscode.commands.executeCommand('gatehouse.rotateKey', key);
  if (choice === 'Try Again') await vscode.commands.executeCommand('gatehouse.testKey', key);
  if (choice === 'Open Account Page' && page !== undefined) await vscode.env.openExternal(vscode.Uri.parse(page));
}

export interface TestedEntry {
  readonly next: 'keep' | 'discard' | 'enter-again';
  readonly verdict: KeyDiagnosis['verdict'] | undefined;
}

/** Tests a key that was just entered; where the test does not pass, the person decides whether it is kept all the same. */
export async function testEntered(host: EditorHost, provider: string, kind: ProviderKind, secret: string): Promise<TestedEntry> {
  for (;;) {
    if (host.gateway.state.phase !== 'running') return { next: 'keep', verdict: undefined };
    const { verdict, sentence } = await withProgress(`Testing the key with ${provider}`, () =>
      host.gateway.call('checkKey', { provider, secret }),
    );
    if (verdict === 'good') return { next: 'keep', verdict };
    const page = pageOf(kind);
    const remedy = remedyFor(verdict, page);
    const choice = await vscode.window.showWarningMessage(
      sentence,
      ...(remedy === undefined ? [] : [remedy]),
      'Keep Anyway',
      'Discard',
    );
    if (choice === 'Keep Anyway') return { next: 'keep', verdict };
    if (choice === 'Enter Again') return { next: 'enter-again', verdict };
    if (choice === 'Open Account Page' && page !== undefined) await vscode.env.openExternal(vscode.Uri.parse(page));
    else if (choice !== 'Try Again') return { next: 'discard', verdict };
  }
}

function remedyFor(verdict: KeyDiagnosis['verdict'], page: string | undefined): string | undefined {
  const remedy = REMEDY[verdict];
  return remedy === 'Open Account Page' && page === undefined ? 'Try Again' : remedy;
}

function pageOf(kind: ProviderKind | undefined): string | undefined {
  return kind === undefined ? undefined : PRESETS[kind].keyPage;
}

function withProgress<T>(title: string, work: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, work);
}

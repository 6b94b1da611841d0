import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ProviderKind } from '../../core/config/kinds.ts';
import { PRESETS } from '../../core/providers/presets.ts';
import type { KeyDiagnosis } from '../../host/check-key.ts';
import type { EditorHost } from '../editor-host.ts';
import { pickKey } from './pick-key.ts';

type Remedy = 'enter-again' | 'open-page' | 'try-again';

/** What helps against what a test has shown; the last two stand for what a person can do in any case. */
const REMEDY: Readonly<Partial<Record<KeyDiagnosis['verdict'], Remedy>>> = {
  'wrong-key': 'enter-again',
  'no-credit': 'open-page',
  'no-access': 'open-page',
  'no-network': 'try-again',
  unclear: 'try-again',
};

/** Tests a stored key with a real call that spends nothing. */
export async function testKey(host: EditorHost, wanted?: string): Promise<void> {
  const key = await pickKey(host, l10n.t('Test which key?'), wanted);
  if (key === undefined) return;
  if (key.disabled === true) {
    const text = l10n.t('"{0}" is disabled, so it is not sent anywhere.', key.label);
    const choice = await vscode.window.showWarningMessage(text, l10n.t('Enable Key'));
    if (choice !== undefined) await vscode.commands.executeCommand('gatehouse.enableKey', key.id);
    return;
  }
  const diagnosis = await withProgress(l10n.t('Testing "{0}"', key.label), () =>
    host.gateway.call('checkKey', { provider: key.provider, key: key.id }),
  );
  host.audit({ kind: 'key-tested', key: key.id, provider: key.provider, verdict: diagnosis.verdict });
  void tellDiagnosis(host, key.id, key.provider, diagnosis);
}

async function tellDiagnosis(host: EditorHost, key: string, provider: string, { verdict, sentence }: KeyDiagnosis): Promise<void> {
  if (verdict === 'good') return void (await vscode.window.showInformationMessage(sentence));
  const page = pageOf(host.state?.config.providers[provider]?.kind);
  const remedy = remedyFor(verdict, page);
  // A key that is stored is entered again by rotating it.
  const button = remedy === 'enter-again' ? l10n.t('Rotate Key') : remedyWords(remedy);
  const edit = l10n.t('Edit Key');
  const choice = await vscode.window.showWarningMessage(sentence, ...(button === undefined ? [] : [button]), edit);
  if (choice === edit) await vscode.commands.executeCommand('gatehouse.editKey', key);
  if (choice === undefined || choice !== button) return;
  if (remedy === 'enter-again') await vscode.commands.executeCommand('gatehouse.rotateKey', key);
  if (remedy === 'try-again') await vscode.commands.executeCommand('gatehouse.testKey', key);
  if (remedy === 'open-page' && page !== undefined) await vscode.env.openExternal(vscode.Uri.parse(page));
}

export interface TestedEntry {
  readonly next: 'keep' | 'discard' | 'enter-again';
  readonly verdict: KeyDiagnosis['verdict'] | undefined;
}

/** Tests a key that was just entered; where the test does not pass, the person decides whether it is kept all the same. */
export async function testEntered(host: EditorHost, provider: string, kind: ProviderKind, secret: string): Promise<TestedEntry> {
  for (;;) {
    if (host.gateway.state.phase !== 'running') return { next: 'keep', verdict: undefined };
    const { verdict, sentence } = await withProgress(l10n.t('Testing the key with {0}', provider), () =>
      host.gateway.call('checkKey', { provider, secret }),
    );
    if (verdict === 'good') return { next: 'keep', verdict };
    const page = pageOf(kind);
    const remedy = remedyFor(verdict, page);
    const help = remedyWords(remedy);
    const keep = l10n.t('Keep Anyway');
    const buttons = [...(help === undefined ? [] : [help]), keep, l10n.t('Discard')];
    const choice = await vscode.window.showWarningMessage(sentence, ...buttons);
    if (choice === keep) return { next: 'keep', verdict };
    if (choice === undefined || choice !== help) return { next: 'discard', verdict };
    if (remedy === 'enter-again') return { next: 'enter-again', verdict };
    if (remedy === 'open-page' && page !== undefined) await vscode.env.openExternal(vscode.Uri.parse(page));
  }
}

function remedyFor(verdict: KeyDiagnosis['verdict'], page: string | undefined): Remedy | undefined {
  const remedy = REMEDY[verdict];
  return remedy === 'open-page' && page === undefined ? 'try-again' : remedy;
}

function remedyWords(remedy: Remedy | undefined): string | undefined {
  switch (remedy) {
    case 'enter-again':
      return l10n.t('Enter Again');
    case 'open-page':
      return l10n.t('Open Account Page');
    case 'try-again':
      return l10n.t('Try Again');
    case undefined:
      return undefined;
    default:
      return remedy satisfies never;
  }
}

function pageOf(kind: ProviderKind | undefined): string | undefined {
  return kind === undefined ? undefined : PRESETS[kind].keyPage;
}

function withProgress<T>(title: string, work: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, work);
}

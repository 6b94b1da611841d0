import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ProviderKind } from '../../core/config/kinds.ts';
import { PRESETS } from '../../core/providers/presets.ts';
import type { EditorHost } from '../editor-host.ts';
import { testEntered } from './test-key.ts';

/** A value that was entered and tested, or kept although the test did not pass. */
export interface Entered {
  readonly secret: string;
  /** What the test said; undefined: there was no gateway to make it. */
  readonly verdict: string | undefined;
}

/** Asks for a key until one is good or the person decides. `check` says what is wrong with one before it is tested. */
export async function enterTested(
  host: EditorHost,
  provider: string,
  kind: ProviderKind,
  check: (secret: string) => Promise<string | undefined> = () => Promise.resolve(undefined),
): Promise<Entered | undefined> {
  for (;;) {
    const secret = await enterKey(provider, kind);
    if (secret === undefined) return undefined;
    const fault = await check(secret);
    if (fault !== undefined) {
      void vscode.window.showWarningMessage(fault);
      return undefined;
    }
    const { next, verdict } = await testEntered(host, provider, kind, secret);
    if (next === 'keep') return { secret, verdict };
    if (next === 'discard') return undefined;
  }
}

/** Hidden input with a hint when what was pasted does not look like a key of this provider. */
async function enterKey(provider: string, kind: ProviderKind): Promise<string | undefined> {
  const { label, keyPage, keyPrefix } = PRESETS[kind];
  const entered = await vscode.window.showInputBox({
    title: l10n.t('{0} key for "{1}"', label, provider),
    prompt: [
      l10n.t("It is kept in the editor's secret storage and shown nowhere."),
      ...(keyPage ? [l10n.t('Get one at {0}', keyPage)] : []),
    ].join(' '),
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => {
      const value = text.trim();
      if (value === '') return undefined;
      if (/\s/.test(value)) return l10n.t('A key has no spaces or line breaks.');
      if (keyPrefix !== undefined && !value.startsWith(keyPrefix)) {
        return {
          message: l10n.t('Keys of {0} usually begin with "{1}".', label, keyPrefix),
          severity: vscode.InputBoxValidationSeverity.Warning,
        };
      }
      return undefined;
    },
  });
  return entered?.trim() || undefined;
}

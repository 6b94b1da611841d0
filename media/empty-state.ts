import * as l10n from '@vscode/l10n';
import type { PanelCommand } from '../src/vscode/usage-panel/messages.ts';
import { element, setHidden, setText } from './elements.ts';

export interface EmptyState {
  readonly root: HTMLElement;
  /** In trouble the ledger may not have been read, so nothing is claimed about it. */
  update(trouble: boolean): void;
}

export function emptyState(run: (command: PanelCommand) => void): EmptyState {
  const sentence = element('p', { class: 'empty-sentence' });
  const addKey = commandButton(l10n.t('Add Key'), 'button primary', () => run('addKey'));
  const openTerminal = commandButton(l10n.t('Open Terminal for Agent'), 'button', () => run('openTerminal'));
  const hint = element(
    'p',
    { class: 'quiet' },
    l10n.t('Add a provider key, then start an agent in a terminal. What its requests cost appears here as they run.'),
  );
  const root = element(
    'section',
    { class: 'empty', 'aria-label': l10n.t('No requests') },
    sentence,
    hint,
    element('div', { class: 'buttons' }, addKey, openTerminal),
  );
  return {
    root,
    update(trouble) {
      setText(sentence, trouble ? l10n.t('No requests to show.') : l10n.t('No requests yet.'));
      setHidden(hint, trouble);
    },
  };
}

export function commandButton(words: string, className: string, clicked: () => void): HTMLButtonElement {
  const button = element('button', { type: 'button', class: className }, words);
  button.addEventListener('click', clicked);
  return button;
}

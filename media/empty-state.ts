import type { FromPanel, PanelRange } from '../src/vscode/usage-panel/messages.ts';
import { element, setText } from './elements.ts';

type Command = Extract<FromPanel, { type: 'command' }>['command'];

const sentences: Readonly<Record<PanelRange, string>> = {
  today: 'No requests today.',
  '7d': 'No requests in the last 7 days.',
  '30d': 'No requests in the last 30 days.',
  '90d': 'No requests in the last 90 days.',
};

export interface EmptyState {
  readonly root: HTMLElement;
  /** In trouble the ledger may not have been read, so nothing is claimed about it. */
  update(range: PanelRange, trouble: boolean): void;
}

export function emptyState(run: (command: Command) => void): EmptyState {
  const sentence = element('p', { class: 'empty-sentence' });
  const addKey = commandButton('Add Key', 'button primary', () => run('addKey'));
  const openTerminal = commandButton('Open Terminal for Agent', 'button', () => run('openTerminal'));
  const root = element(
    'section',
    { class: 'empty', 'aria-label': 'No requests' },
    sentence,
    element(
      'p',
      { class: 'quiet' },
      'Add a provider key, then start an agent in a terminal. What its requests cost appears here as they run.',
    ),
    element('div', { class: 'buttons' }, addKey, openTerminal),
  );
  return { root, update: (range, trouble) => setText(sentence, trouble ? 'No requests to show.' : sentences[range]) };
}

export function commandButton(words: string, className: string, clicked: () => void): HTMLButtonElement {
  const button = element('button', { type: 'button', class: className }, words);
  button.addEventListener('click', clicked);
  return button;
}

import * as l10n from '@vscode/l10n';
import { formatIn } from './format.ts';

/** The editor's language, as the page was given it: before anything says a word. */
export function speakTheEditorsLanguage(): void {
  const words = document.getElementById('words')?.textContent ?? '';
  if (words !== '' && words !== 'null') l10n.config({ contents: words });
  formatIn(document.documentElement.lang);
}

import * as l10n from '@vscode/l10n';

const unseen = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A name as one visible line: names come from agents and providers and may hold escape sequences, line ends or text direction marks. */
export function visibleName(name: string): string {
  if (name.trim() === '') return l10n.t('(no name)');
  return name.replace(unseen, (mark) => (mark < ' ' ? String.fromCharCode(0x2400 + mark.charCodeAt(0)) : '\ufffd'));
}

import * as vscode from 'vscode';

/**
 * For `toLocaleString`: the editor's language, in the way of this machine where that is the same language (British English, Swiss German).
 * On a remote machine the system often knows no language at all.
 */
export function dateLocale(): string {
  const own = new Intl.DateTimeFormat().resolvedOptions().locale;
  return languageOf(own) === languageOf(vscode.env.language) ? own : vscode.env.language;
}

function languageOf(locale: string): string | undefined {
  return locale.toLowerCase().split('-')[0];
}

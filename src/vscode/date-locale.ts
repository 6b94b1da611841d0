/**
 * For `toLocaleString`: the editor's language, in the way of this machine where that is the same language (British English, Swiss German).
 * On a remote machine the system often knows no language but English.
 */
export function dateLocale(editor: string, system = new Intl.DateTimeFormat().resolvedOptions().locale): string {
  return languageOf(system) === languageOf(editor) ? system : editor;
}

function languageOf(locale: string): string | undefined {
  return locale.toLowerCase().split('-')[0];
}

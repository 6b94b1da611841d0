/**
 * For a notification or a line of the log, whatever names it quotes: agents and settings files choose them. Without line breaks, what a
 * terminal would obey, and marks that turn the direction of writing; and no `[words](command:…)`, which a notification makes a button of.
 */
export function plainWords(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').replaceAll('](', '] (');
}

import * as l10n from '@vscode/l10n';
import { skippedWords } from './words.ts';

/** `anthropic/claude-opus-5-5 with anthropic/work (cooldown)`, as a route trace has it, in words. `labelOf`: of a key, by its id. */
export function passedOverWords(entry: string, labelOf: (key: string) => string): string {
  const [, target, key, why] = /^(.+?)(?: with (.+))? \(([a-z-]+)\)$/.exec(entry) ?? [];
  if (target === undefined || why === undefined) return entry;
  return key === undefined
    ? l10n.t('{0}: {1}', target, skippedWords(why))
    : l10n.t('{0} with the key "{1}": {2}', target, labelOf(key), skippedWords(why));
}

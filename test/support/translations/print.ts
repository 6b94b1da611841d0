// Prints what is there to be translated, as JSON: `print.ts LANGUAGE` only what that language has not. The input of a translator.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { literals } from './literals.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const language = process.argv[2];

const sources = {
  'package.nls': read('package.nls.json'),
  bundle: Object.fromEntries(literals().texts.map((text) => [text, text])),
};
const done =
  language === undefined ? {} : { ...read(`package.nls.${language}.json`), ...read(`media/l10n/bundle.l10n.${language}.json`) };
for (const [name, texts] of Object.entries(sources))
  console.log(name, JSON.stringify(Object.fromEntries(Object.entries(texts).filter(([key]) => !(key in done))), null, 1));

function read(file: string): Record<string, string> {
  const whole = path.join(ROOT, file);
  return existsSync(whole) ? (JSON.parse(readFileSync(whole, 'utf8')) as Record<string, string>) : {};
}

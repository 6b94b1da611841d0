import { readFileSync } from 'node:fs';
import { parseConfig, type ParsedConfig } from '../core/config/parse.ts';

export function readConfig(file: string): ParsedConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { faults: [{ path: '', message: `the configuration file ${JSON.stringify(file)} cannot be read` }] };
  }
  try {
    return parseConfig(JSON.parse(text));
  } catch (error) {
    return { faults: [{ path: '', message: `the configuration is not valid JSON${placeOf(error)}` }] };
  }
}

/** What and where, and nothing else of the parser's words: they quote the file, in which somebody may have put a key after all. */
function placeOf(error: unknown): string {
  const words = error instanceof Error ? error.message : '';
  const what = /^Unexpected (?:token '.'|end of JSON input)/su.exec(words)?.[0];
  const where = /line \d+ column \d+/.exec(words)?.[0];
  return [what, where]
    .filter((part) => part !== undefined)
    .reduce((text, part) => `${text}${text === '' ? ': ' : ', '}${part}`, '');
}

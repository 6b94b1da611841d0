import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');

const CALL = /\bl10n\s*\.\s*t\(/g;
/** One plain literal, and then the end of the call or what stands in its places. */
const LITERAL = /^\s*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")\s*[,)]/;

export interface Literals {
  /** What the shell and the panel say, each once, sorted. */
  readonly texts: readonly string[];
  /** Calls whose words cannot be read off: `file:line`. */
  readonly unreadable: readonly string[];
}

/** The words that go through `l10n.t`, read from the source. */
export function literals(): Literals {
  const files = globSync(['src/**/*.ts', 'media/**/*.ts'], { cwd: ROOT });
  const texts = new Set<string>();
  const unreadable: string[] = [];
  for (const file of files) {
    const source = readFileSync(path.join(ROOT, file), 'utf8');
    for (const { index, 0: call } of source.matchAll(CALL)) {
      const literal = LITERAL.exec(source.slice(index + call.length))?.[1];
      if (literal === undefined) unreadable.push(`${file}:${source.slice(0, index).split('\n').length}`);
      else texts.add(valueOf(literal));
    }
  }
  return { texts: [...texts].sort(), unreadable };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function valueOf(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, character: string) =>
      code === undefined ? (ESCAPES[character] ?? character) : String.fromCodePoint(Number.parseInt(code, 16)),
    );
}

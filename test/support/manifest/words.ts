/**
 * The manifest's words stand in `package.nls.json`, and `package.json` names them by keys: so the editor can show them in its own
 * language. Nobody writes keys: plain English in `package.json` becomes one with `npm run manifest`.
 */
export interface Words {
  readonly manifest: unknown;
  /** Key to English. */
  readonly english: Readonly<Record<string, string>>;
}

const TEXTS = new Set(['title', 'description', 'contents', 'fullName', 'altText', 'enumDescriptions']);

/** Parts of the manifest that hold no words, and such that hold words like these for other ends. */
const PASSED_OVER = new Set(['menus', 'configurationDefaults', 'scripts', 'dependencies', 'devDependencies']);

/** Segments of a path that say nothing to a translator. */
const SILENT = new Set(['contributes', 'properties', 'additionalProperties', 'items', 'anyOf', 'title', 'name', 'contents']);

/** `manifest` with plain texts, with keys, or with both; `known` are the texts of its keys. */
export function withKeys(manifest: unknown, known: Readonly<Record<string, string>>): Words {
  const english: Record<string, string> = {};
  const byText = new Map<string, string>();

  const keyed = (text: string, path: readonly string[]): string => {
    const given = /^%(.+)%$/s.exec(text)?.[1];
    if (given !== undefined) {
      const words = known[given];
      if (words === undefined) throw new Error(`package.nls.json has no "${given}"`);
      english[given] = words;
      return text;
    }
    const settings = path.includes('configuration');
    const same = settings ? byText.get(text) : undefined;
    if (same !== undefined) return `%${same}%`;
    const key = freeKey(english, known, path, settings ? text : undefined);
    english[key] = text;
    if (settings) byText.set(text, key);
    return `%${key}%`;
  };

  const walk = (value: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((item: unknown, at) => walk(item, [...path, nameOf(item) ?? String(at)]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]: [string, unknown]) => {
        const here = [...path, name];
        if (path.length < 2 && PASSED_OVER.has(name)) return [name, part];
        if (typeof part === 'string' && isText(name, path) && part !== 'Gatehouse') return [name, keyed(part, here)];
        return [name, walk(part, here)];
      }),
    );
  };
  const withKeys = walk(manifest, []);
  return { manifest: withKeys, english: Object.fromEntries(Object.entries(english).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function isText(name: string, path: readonly string[]): boolean {
  return TEXTS.has(name) || (name === 'name' && path.includes('views'));
}

function nameOf(item: unknown): string | undefined {
  const { id, command, view, name } = (item ?? {}) as Record<string, unknown>;
  return [id, command, view, name].find((part): part is string => typeof part === 'string');
}

/** A key that is free, or that stands for `text` already. */
function freeKey(
  taken: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
  path: readonly string[],
  text: string | undefined,
): string {
  const segments = path.map((segment) => segment.replace(/^gatehouse\./, '')).filter((segment) => !SILENT.has(segment));
  const base = segments.filter((segment) => !/^\d+$/.test(segment)).join('.');
  for (let count = 1; ; count++) {
    const key = count === 1 ? base : `${base}.${count}`;
    if (taken[key] === undefined && (text !== undefined || known[key] === undefined)) return key;
  }
}

import { asRecord, textAt, type JsonRecord } from '../read-json.ts';

/** An array longer than this is an attack or an error, not an argument. */
const MAX_INDEX = 10_000;

type Container = Record<string, unknown> | unknown[];

/**
 * The arguments of one streamed function call, which Gemini sends as values at JSON paths (`$.steps[2].text`), strings in
 * several pieces. Partial values are no JSON text, so they can only be written out when the call is complete.
 */
export interface PartialArguments {
  /** False when a path makes no sense. */
  add(partialArgs: readonly unknown[]): boolean;
  /** JSON text. */
  text(): string;
}

export function partialArguments(): PartialArguments {
  const root = blank();
  return {
    add: (partialArgs) => partialArgs.every((each) => addOne(root, asRecord(each) ?? {})),
    text: () => JSON.stringify(root),
  };
}

function addOne(root: Container, argument: JsonRecord): boolean {
  const path = steps(textAt(argument, 'jsonPath') ?? '');
  const last = path?.at(-1);
  if (path === undefined || last === undefined) return false;
  let at = root;
  for (const [n, step] of path.slice(0, -1).entries()) {
    const next = child(at, step, typeof path[n + 1] === 'number');
    if (next === undefined) return false;
    at = next;
  }
  if (Array.isArray(at) !== (typeof last === 'number')) return false;
  const slot = at as Record<string | number, unknown>;
  if (typeof argument['stringValue'] === 'string') {
    const before = slot[last];
    slot[last] = (typeof before === 'string' ? before : '') + argument['stringValue'];
  } else if (argument['numberValue'] !== undefined) slot[last] = argument['numberValue'];
  else if (argument['boolValue'] !== undefined) slot[last] = argument['boolValue'];
  else if ('nullValue' in argument) slot[last] = null;
  return true;
}

function child(at: Container, step: string | number, isArray: boolean): Container | undefined {
  if (Array.isArray(at) !== (typeof step === 'number')) return undefined;
  const slot = at as Record<string | number, unknown>;
  const found = slot[step] ?? (isArray ? [] : blank());
  if (typeof found !== 'object' || Array.isArray(found) !== isArray) return undefined;
  slot[step] = found;
  return found as Container;
}

/** No prototype: a key named `__proto__` is a key like any other. */
function blank(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

/** `$.a.b[0]['c d']` as its steps; undefined when it is no such path. */
function steps(path: string): (string | number)[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const found: (string | number)[] = [];
  const step = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;
  step.lastIndex = 1;
  while (step.lastIndex < path.length) {
    const match = step.exec(path);
    if (match === null) return undefined;
    if (match[2] !== undefined) {
      const index = Number(match[2]);
      if (index > MAX_INDEX) return undefined;
      found.push(index);
    } else {
      found.push(match[1] ?? (match[3] ?? match[4] ?? '').replace(/\\(.)/g, '$1'));
    }
  }
  return found;
}

import { lastMember, scanElements, scanMembers } from '../wire/json-members.ts';

/** The line, from 1, on which the value at a path stands in a JSON text; of a key that is not there the line of what should hold it. */
export function lineOf(text: string, path: readonly (string | number)[]): number {
  const bytes = Buffer.from(text);
  let [start, end] = [0, bytes.length];
  for (const step of path) {
    const value = typeof step === 'number' ? scanElements(bytes, start, end)?.[step] : memberAt(bytes, start, end, step);
    if (value === undefined) break;
    ({ start, end } = value);
  }
  return countLines(bytes, start);
}

function memberAt(bytes: Buffer, start: number, end: number, key: string) {
  const object = scanMembers(bytes, start, end);
  return object && lastMember(object, key);
}

function countLines(bytes: Buffer, until: number): number {
  let lines = 1;
  for (let at = bytes.indexOf(0x0a); at !== -1 && at < until; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return lines;
}

/** White space, then a token: a mark, a string, a number or a word. */
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\n\r\t]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b))/y;

/**
 * The line, from 1, on which a text stops being JSON. Node tells the place of some faults only. What may follow is a state: a value (`v`),
 * a value or the end of a list (`V`), a key (`k`), a key or the end of an object (`K`), a colon (`:`), what follows a value (`,`).
 */
export function lineOfFault(text: string): number {
  const open: string[] = [];
  let state = 'v';
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const [all = '', mark = '', string] = TOKEN.exec(text) ?? [];
    const next = all === '' ? undefined : after(state, mark === '' ? (string === undefined ? 'scalar' : 'string') : mark, open);
    if (next === undefined) break;
    state = next;
    at = TOKEN.lastIndex;
  }
  const place = at + (/^[ \t\n\r]*/.exec(text.slice(at))?.[0].length ?? 0);
  return text.slice(0, place).split('\n').length;
}

/** The state after a token; undefined where the token may not stand. `open` holds the brackets that are open. */
function after(state: string, token: string, open: string[]): string | undefined {
  const value = state === 'v' || state === 'V';
  if (token === '{' || token === '[') {
    if (!value) return undefined;
    open.push(token);
    return token === '{' ? 'K' : 'V';
  }
  if (token === '}' || token === ']') {
    const fits =
      token === '}'
        ? state === 'K' || (state === ',' && open.at(-1) === '{')
        : state === 'V' || (state === ',' && open.at(-1) === '[');
    if (fits) open.pop();
    return fits ? ',' : undefined;
  }
  if (token === ':') return state === ':' ? 'v' : undefined;
  if (token === ',') return state !== ',' || open.length === 0 ? undefined : open.at(-1) === '{' ? 'k' : 'v';
  if (token === 'string' && (state === 'k' || state === 'K')) return ':';
  return value ? ',' : undefined;
}

import { BOM, decoded, type Format, type Member } from './tree.ts';

const HEAD = /[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*/y;
const LINE = /[^\r\n]*(?:\r\n|\r|\n|$)/y;
const REST = /[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|$)/y;

/** `.env` files as the common readers take them: `export`, three kinds of quotes, values over several lines, comments after a blank. */
export const dotenv: Format = {
  comment: '#',
  parse(text) {
    const members: Member[] = [];
    for (let at = text.startsWith(BOM) ? BOM.length : 0; at < text.length;) {
      const head = matchAt(HEAD, text, at);
      const value = head === undefined ? undefined : valueAt(text, at + head[0].length);
      if (head !== undefined && value !== undefined) {
        const start = at + (/^[ \t]*/.exec(head[0])?.[0].length ?? 0);
        members.push({
          name: head[1] ?? '',
          node: { kind: 'text', value: value.value },
          span: { start, end: value.end },
          valueStart: at + head[0].length,
        });
        at = value.end;
      }
      at += matchAt(LINE, text, at)?.[0].length ?? 1;
    }
    return { kind: 'map', between: 'lines', members };
  },
};

function valueAt(text: string, at: number): { readonly value: string; readonly end: number } | undefined {
  const quote = text[at];
  if (quote === '"' || quote === "'" || quote === '`') {
    let end = at + 1;
    while (end < text.length && text[end] !== quote) end += text[end] === '\\' && quote === '"' ? 2 : 1;
    if (end < text.length && matchAt(REST, text, end + 1) !== undefined) {
      const inside = text.slice(at + 1, end);
      return { value: decoded(quote === '"' ? inside.replaceAll(/\\(["\\$])/g, '$1') : inside), end: end + 1 };
    }
  }
  const line = /[^\r\n]*/y;
  const whole = matchAt(line, text, at)?.[0] ?? '';
  const value = whole.replace(/(^|[ \t])#.*$/, '').trimEnd();
  return { value: decoded(value), end: at + value.length };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

import { isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import { decoded, type Container, type Format, type Member, type Node, type Span } from './tree.ts';

/** YAML, one document. What an anchor is for stands twice in the tree and once in the file, so files with aliases are left alone. */
export const yaml: Format = {
  comment: '#',
  parse(text) {
    const document = parseDocument(text, { logLevel: 'silent', uniqueKeys: false });
    if (document.errors.length > 0) return undefined;
    let hasAlias = false;
    visit(document, { Alias: () => ((hasAlias = true), visit.BREAK) });
    if (hasAlias) return undefined;
    if (document.contents === null) return { kind: 'map', between: 'lines', members: [] };
    const root = read(document.contents, text);
    return root.kind === 'map' ? root : undefined;
  },
};

function read(node: unknown, text: string): Node {
  if (isMap(node)) {
    const members = node.items.flatMap(({ key, value }): Member[] => {
      const span = isScalar(key) ? spanOf(key, text) : undefined;
      if (span === undefined || !isScalar(key)) return [];
      const end = spanOf(value, text)?.end ?? span.end;
      return [
        { name: decoded(String(key.value)), node: read(value, text), span: { start: span.start, end: Math.max(span.end, end) } },
      ];
    });
    return container('map', node.flow, members);
  }
  if (isSeq(node)) {
    const members = node.items.flatMap((item, index): Member[] => {
      const span = spanOf(item, text);
      if (span === undefined) return [];
      const dash = node.flow === true ? span.start : text.lastIndexOf('-', span.start - 1);
      return [{ name: String(index), node: read(item, text), span: { start: dash, end: span.end } }];
    });
    return container('list', node.flow, members);
  }
  if (isScalar(node) && typeof node.value === 'string') return { kind: 'text', value: decoded(node.value) };
  return { kind: 'other', written: isScalar(node) ? String(node.value) : 'null' };
}

function container(kind: Container['kind'], flow: boolean | undefined, members: Member[]): Container {
  return { kind, between: flow === true ? 'commas' : 'lines', members };
}

/** A text over several lines ends with a line break of its own. */
function spanOf(node: unknown, text: string): Span | undefined {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
  if (range === undefined || range === null) return undefined;
  let [start, end] = range;
  while (end > start && /[\r\n]/.test(text[end - 1] ?? '')) end--;
  return { start, end };
}

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
      const valueSpan = spanOf(value, text);
      const end = Math.max(span.end, valueSpan?.end ?? span.end);
      return [
        {
          name: decoded(String(key.value)),
          node: read(value, text),
          span: { start: span.start, end },
          valueStart: valueSpan?.start ?? end,
        },
      ];
    });
    return container('map', node, members, text);
  }
  if (isSeq(node)) {
    const members = node.items.flatMap((item, index): Member[] => {
      const span = spanOf(item, text);
      if (span === undefined) return [];
      const dash = node.flow === true ? span.start : text.lastIndexOf('-', span.start - 1);
      return [{ name: String(index), node: read(item, text), span: { start: dash, end: span.end }, valueStart: span.start }];
    });
    return container('list', node, members, text);
  }
  if (isScalar(node) && typeof node.value === 'string') return { kind: 'text', value: decoded(node.value) };
  return { kind: 'other', written: isScalar(node) ? String(node.value) : 'null' };
}

function container(kind: Container['kind'], node: { readonly flow?: boolean }, members: Member[], text: string): Container {
  const span = node.flow === true ? spanOf(node, text) : undefined;
  if (span === undefined) return { kind, between: 'lines', members };
  return { kind, between: 'commas', members, inside: { start: span.start + 1, end: span.end - 1 } };
}

/** A text over several lines ends with a line break of its own. */
function spanOf(node: unknown, text: string): Span | undefined {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
  if (range === undefined || range === null) return undefined;
  let [start, end] = range;
  while (end > start && /[\r\n]/.test(text[end - 1] ?? '')) end--;
  return { start, end };
}

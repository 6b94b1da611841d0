import { isDeepStrictEqual } from 'node:util';
import { meaning, type Container, type Member, type Node } from './tree.ts';
import { isItems, isScalar, meaningOf, type Wish } from './wish.ts';

/** One thing that was put into a file. */
export interface Our {
  /** The names that lead to it; for an item of a list, to the list. */
  readonly path: readonly string[];
  readonly value: Wish;
  readonly isItem: boolean;
  /** As it was written there before, where something was; latin1. */
  readonly former?: string;
}

/** The last of a name is the one that counts for most readers. */
export function memberAt(root: Container, path: readonly string[]): Member | undefined {
  let container: Container | undefined = root;
  let member: Member | undefined;
  for (const name of path) {
    member = container?.members.findLast((known) => known.name === name);
    container = member === undefined ? undefined : containerIn(member.node);
  }
  return member;
}

export function containerIn(node: Node): Container | undefined {
  return node.kind === 'map' || node.kind === 'list' ? node : undefined;
}

export function containerAt(root: Container, path: readonly string[]): Container | undefined {
  if (path.length === 0) return root;
  const node = memberAt(root, path)?.node;
  return node && containerIn(node);
}

/** Where each of ours stands, and what became of it. An item is found by its content. */
export function stateOf(root: Container, { path, value, isItem }: Our): 'there' | 'changed' | 'gone' {
  if (isItem) return itemAt(root, path, value) === undefined ? 'gone' : 'there';
  const member = memberAt(root, path);
  if (member === undefined) return 'gone';
  return isDeepStrictEqual(meaning(member.node), meaningOf(value)) ? 'there' : 'changed';
}

function itemAt(root: Container, path: readonly string[], value: Wish): Member | undefined {
  const list = containerAt(root, path);
  if (list?.kind !== 'list') return undefined;
  return list.members.find(({ node }) => isDeepStrictEqual(meaning(node), meaningOf(value)));
}

/**
 * What a file says without some of ours, and without the tables and lists that were made for them, where nothing else is in those. With it two
 * texts are compared: unless they say the same, something else was touched.
 */
export function meaningWithout(root: Container, ours: readonly Our[], made: readonly (readonly string[])[]): unknown {
  return meaning(pruned(root, [], ours, made));
}

function pruned(
  container: Container,
  at: readonly string[],
  ours: readonly Our[],
  made: readonly (readonly string[])[],
): Container {
  const taken = new Set<Member>();
  for (const { path, value, isItem } of ours) {
    if (isItem && isSame(path, at)) {
      const item = container.members.find(
        (member) => !taken.has(member) && isDeepStrictEqual(meaning(member.node), meaningOf(value)),
      );
      if (item !== undefined) taken.add(item);
    }
  }
  const members = container.members.flatMap((member): readonly Member[] => {
    const path = [...at, member.name];
    const isOur = ours.some((our) => !our.isItem && isSame(our.path, path));
    if (isOur || taken.has(member)) return [];
    const inner = containerIn(member.node);
    if (inner === undefined) return [member];
    const rest = pruned(inner, path, ours, made);
    return rest.members.length === 0 && made.some((one) => isSame(one, path)) ? [] : [{ ...member, node: rest }];
  });
  return { ...container, members: renumbered(container, members) };
}

/** Items are named by their place. */
function renumbered({ kind }: Container, members: readonly Member[]): Member[] {
  return members.map((member, index) => (kind === 'list' ? { ...member, name: String(index) } : member));
}

export function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

/** Everything that a wish puts in place where nothing is yet, and the tables and lists that it makes for that. */
export function partsOf(
  wish: Wish,
  path: readonly string[],
): { readonly ours: readonly Our[]; readonly made: readonly (readonly string[])[] } {
  if (isScalar(wish)) return { ours: [{ path, value: wish, isItem: false }], made: [] };
  const own = path.length === 0 ? [] : [path];
  if (isItems(wish)) return { ours: wish.map((value) => ({ path, value, isItem: true })), made: own };
  const parts = Object.entries(wish).map(([name, inner]) => partsOf(inner, [...path, name]));
  return { ours: parts.flatMap(({ ours }) => ours), made: [...own, ...parts.flatMap(({ made }) => made)] };
}

import { baseUrlFault } from '../../core/config/base-url.ts';
import type { ProviderKind } from '../../core/config/kinds.ts';
import { PRESETS } from '../../core/providers/presets.ts';
import type { Location } from '../config-files/cut.ts';
import type { Container, Member } from '../config-files/tree.ts';
import { isLogin, kindByBaseUrlVariable, kindByForm, kindByVariable, kindByWord, mayBeKey, namesKey } from './recognise.ts';

/** A key in a tree, and what it is for. */
export interface Candidate {
  /** As it stands there, before the key was taken out of it. */
  readonly location: Location;
  readonly value: string;
  readonly kind: ProviderKind;
  /** Where it is sent there, if not where that provider is. */
  readonly baseUrl: string | undefined;
}

export interface Candidates {
  readonly keys: readonly Candidate[];
  /** Names of entries that look like a key and are left alone, and why. */
  readonly leftAlone: readonly { readonly name: string; readonly why: string }[];
}

const LOGIN = 'a login of a subscription, not an API key';
const UNKNOWN = 'its provider is not known here; add it with "Gatehouse: Add Key"';

/**
 * Keys by the names of variables, by what stands around them, and by their form. One set of rules serves all tools: what differs between
 * them is where their files are.
 */
export function candidatesIn(root: Container): Candidates {
  const keys: Candidate[] = [];
  const leftAlone: { name: string; why: string }[] = [];
  const walk = (container: Container, path: readonly string[]): void => {
    const texts = textsOf(container);
    const login =
      /^(oauth|wellknown)$/.test(texts.get('type') ?? '') || [...texts.keys()].some((name) => /^refresh_?token$/i.test(name));
    if (login) leftAlone.push({ name: path.join('.') || 'the file', why: LOGIN });
    for (const member of container.members) {
      const at = [...path, member.name];
      if (member.node.kind === 'map' || member.node.kind === 'list') walk(member.node, at);
      else if (member.node.kind === 'text' && !login) judge(member, member.node.value, container, at, texts);
    }
  };
  const judge = (
    member: Member,
    text: string,
    container: Container,
    path: readonly string[],
    texts: ReadonlyMap<string, string>,
  ) => {
    const { name, value } = assignment(member.name, text, container.kind);
    if (isLogin(value) && (namesKey(name) || kindByVariable(name) !== undefined)) {
      leftAlone.push({ name: path.join('.'), why: LOGIN });
      return;
    }
    const byName = kindByVariable(name) ?? (container.kind === 'list' ? kindByWord(name) : undefined);
    if (!mayBeKey(value) || (byName === undefined && !namesKey(name) && !/^authorization$/i.test(name))) return;
    const around = byName === undefined ? kindAround(texts, path) : undefined;
    // A form that is one provider's own says more than a name.
    const form = kindByForm(value);
    // Google's keys for maps and much else look the same.
    const kind = (form === 'google' ? undefined : form) ?? byName ?? around;
    const address = byName === undefined ? addressIn(root, path) : addressVariable(texts, byName);
    const elsewhere = address === undefined || kind === undefined ? undefined : addressElsewhere(kind, address);
    if (kind === undefined && address === undefined) {
      if (/^api_?-?key$/i.test(name)) leftAlone.push({ name: path.join('.'), why: UNKNOWN });
      return;
    }
    const baseUrl = kind === undefined ? address : elsewhere;
    if (baseUrl !== undefined && baseUrlFault(baseUrl) !== undefined) {
      leftAlone.push({ name: path.join('.'), why: 'the address it is for cannot be used; add it with "Gatehouse: Add Key"' });
      return;
    }
    keys.push({
      location: { path, value: text, depth: texts.get('type') === 'api' ? path.length - 1 : path.length },
      value,
      kind: baseUrl === undefined ? (kind ?? 'openai-compatible') : compatible(kind),
      baseUrl,
    });
  };
  walk(root, []);
  return { keys, leftAlone };
}

function textsOf({ members }: Container): ReadonlyMap<string, string> {
  return new Map(members.flatMap(({ name, node }) => (node.kind === 'text' ? [[name, node.value] as const] : [])));
}

/** `NAME=value` in a list; `Bearer value` in a header. */
function assignment(name: string, text: string, within: Container['kind']): { readonly name: string; readonly value: string } {
  const [, left, right] = within === 'list' ? (/^([\w-]+)=(.*)$/.exec(text) ?? []) : [];
  return { name: left ?? name, value: (right ?? text).replace(/^Bearer /, '').trim() };
}

/** `provider: openai` beside it, or the name of what it stands in: `provider.anthropic.options.apiKey`. */
function kindAround(texts: ReadonlyMap<string, string>, path: readonly string[]): ProviderKind | undefined {
  const named = texts.get('provider');
  if (named !== undefined) return kindByWord(named);
  return path
    .slice(0, -1)
    .toReversed()
    .map(kindByWord)
    .find((kind) => kind !== undefined);
}

function addressVariable(texts: ReadonlyMap<string, string>, kind: ProviderKind): string | undefined {
  return [...texts].find(([name, value]) => value !== '' && kindByBaseUrlVariable(name) === kind)?.[1];
}

/** A base URL beside it or around it; nearer ones first. */
function addressIn(root: Container, path: readonly string[]): string | undefined {
  const around: Container[] = [root];
  for (const name of path.slice(0, -1)) {
    const next = around[0]?.members.find((member) => member.name === name)?.node;
    if (next?.kind !== 'map' && next?.kind !== 'list') break;
    around.unshift(next);
  }
  return around
    .slice(0, -1)
    .map((container) => [...textsOf(container)].find(([name]) => /^(base_?url|api_?base(_?url)?)$/i.test(name))?.[1])
    .find((address) => address !== undefined && address !== '');
}

function addressElsewhere(kind: ProviderKind, address: string): string | undefined {
  const own = Object.values(PRESETS[kind].dialects).map(({ base }) => originOf(base ?? ''));
  return own.includes(originOf(address)) ? undefined : address;
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

function compatible(kind: ProviderKind | undefined): ProviderKind {
  if (kind === 'anthropic' || kind === 'anthropic-compatible') return 'anthropic-compatible';
  return kind === 'google' || kind === 'gemini-compatible' ? 'gemini-compatible' : 'openai-compatible';
}

import { createHash } from 'node:crypto';
import type {
  AssistantContent,
  Call,
  Media,
  TextContent,
  Tool,
  ToolCallContent,
  ToolChoice,
  ToolResult,
  ToolResultContent,
  Turn,
  UserContent,
} from '../ir/call.ts';
import type { Carry } from '../ir/carry.ts';
import type { Loss } from '../ir/loss.ts';

/**
 * A call's turns in the one form that every provider accepts, so that the writers only have to print it: user and assistant
 * alternate, a user turn comes first, each has content; no text is blank; call ids are unique over the conversation; every assistant
 * turn with tool calls is followed by a user turn that begins with all their results, in the order of the calls (Gemini pairs
 * results by name and order). Carries are the target's own; those of others, and the thoughts they vouch for, are left out.
 */
export interface Conversation {
  readonly turns: readonly CleanTurn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  /** See `WireRequest.toolNames`. */
  readonly toolNames: ReadonlyMap<string, string>;
  readonly losses: Set<Loss>;
}

export type CleanTurn =
  | { readonly role: 'user'; readonly results: readonly ToolResult[]; readonly content: readonly (TextContent | Media)[] }
  | { readonly role: 'assistant'; readonly content: readonly AssistantContent[] }
  /** Only with `systemTurns: 'keep'`. Never between calls and their results. */
  | { readonly role: 'system'; readonly content: readonly TextContent[] };

export interface ConversationRules {
  /** Whose carries stay; see `Carry.issuer`. */
  readonly issuer?: string | undefined;
  /** Longest name of a tool. */
  readonly longestToolName: number;
  /** `as-user`: where the target knows no system message inside a conversation. */
  readonly systemTurns: 'keep' | 'as-user';
  /** Mistral takes ids of nine letters and digits and nothing else. */
  readonly callIds?: 'nine' | undefined;
}

export function conversation(call: Call, rules: ConversationRules): Conversation {
  const losses = new Set<Loss>();
  const turns: CleanTurn[] = [];
  const usedIds = new Set<string>();
  const toWire = toolNamesOf(call, rules.longestToolName, losses);
  let open: readonly ToolCallContent[] = [];
  // The ids of the turn that waits for results: what the caller calls them, and what they are called here.
  let names = new Map<string, string>();
  let waiting: CleanTurn[] = [];
  // By the agent's own ids: what the results said.
  const answered = new Map<string, string>();

  const closeCalls = (content: readonly UserContent[]): void => {
    turns.push(userTurn(content, open, names, answered, losses), ...waiting);
    open = [];
    waiting = [];
  };
  for (const turn of merged(call.turns, rules, losses)) {
    if (turn.role === 'system') {
      (open.length > 0 ? waiting : turns).push(turn);
    } else if (turn.role === 'assistant') {
      if (open.length > 0) closeCalls([]);
      else if (!turns.some((each) => each.role === 'user'))
        turns.push({ role: 'user', results: [], content: [text('(The conversation begins with an answer.)')] });
      names = new Map();
      const content = turn.content.map((part) =>
        part.kind === 'tool-call' ? renamed(part, usedIds, names, toWire, rules, losses) : part,
      );
      turns.push({ role: 'assistant', content });
      open = content.filter((part) => part.kind === 'tool-call');
    } else {
      closeCalls(turn.content);
    }
  }
  if (open.length > 0) closeCalls([]);
  // Every provider refuses an empty list of messages, and a blank text (a single space too).
  if (!turns.some((turn) => turn.role === 'user')) turns.push({ role: 'user', results: [], content: [text('(empty message)')] });
  const wire = (name: string): string => toWire.get(name) ?? name;
  return {
    turns,
    tools: call.tools.map((tool) => (toWire.has(tool.name) ? { ...tool, name: wire(tool.name) } : tool)),
    toolChoice: typeof call.toolChoice === 'string' ? call.toolChoice : { name: wire(call.toolChoice.name) },
    toolNames: new Map([...toWire].map(([name, onWire]) => [onWire, name])),
    losses,
  };
}

/** The object that a tool call's arguments are; undefined when they are not one. Blank arguments are those of a tool without any. */
export function argumentsObject(json: string): Record<string, unknown> | undefined {
  if (isBlank(json)) return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** For dialects that must have an object: broken arguments stay readable to the model, which can then mend them. */
export function argumentsOrUnparsed(json: string, losses: Set<Loss>): Record<string, unknown> {
  const value = argumentsObject(json);
  if (value !== undefined) return value;
  losses.add('unparsed-arguments');
  return { unparsed_arguments: json };
}

export function isBlank(value: string): boolean {
  return value.trim() === '';
}

/** The text of a tool result. Media are told apart by the writer. */
export function resultText(content: readonly ToolResultContent[]): string {
  return content.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n');
}

export function systemText(call: Call): string {
  return call.system
    .map((part) => part.text)
    .filter((each) => !isBlank(each))
    .join('\n\n');
}

/** Every call id of the conversation, as the agent has them: an answer may not bring one of them again. */
export function callIdsOf(call: Call): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const turn of call.turns)
    if (turn.role === 'assistant') for (const part of turn.content) if (part.kind === 'tool-call') ids.add(part.callId);
  return ids;
}

function merged(turns: readonly Turn[], rules: ConversationRules, losses: Set<Loss>): Turn[] {
  type Growing =
    | { role: 'user'; content: UserContent[] }
    | { role: 'assistant'; content: AssistantContent[] }
    | { role: 'system'; content: TextContent[] };
  const result: Growing[] = [];
  const add = (turn: Growing): void => {
    const last = result.at(-1);
    if (turn.content.length === 0) return;
    if (last?.role === turn.role) (last.content as unknown[]).push(...turn.content);
    else result.push(turn);
  };
  for (const turn of turns) {
    if (turn.role === 'assistant') {
      const content = turn.content.flatMap((part) => withOwnCarry(part, rules.issuer, losses));
      add({ role: 'assistant', content: content.filter((part) => part.kind !== 'text' || !isBlank(part.text)) });
    } else if (turn.role === 'user') {
      add({ role: 'user', content: turn.content.filter((part) => part.kind !== 'text' || !isBlank(part.text)) });
    } else {
      const content = turn.content.filter((part) => !isBlank(part.text));
      if (content.length === 0) continue;
      if (rules.systemTurns === 'keep') {
        add({ role: 'system', content });
      } else {
        losses.add('system-as-user-text');
        add({ role: 'user', content: content.map((part) => ({ ...part, text: `<system>\n${part.text}\n</system>` })) });
      }
    }
  }
  return result;
}

function withOwnCarry(part: AssistantContent, issuer: string | undefined, losses: Set<Loss>): AssistantContent[] {
  if (part.carry !== undefined && part.carry.issuer === issuer) return [part];
  if (part.kind === 'reasoning') {
    losses.add('dropped-reasoning');
    return [];
  }
  if (part.carry === undefined) return [part];
  losses.add('dropped-reasoning');
  const { carry: _, ...rest } = part as AssistantContent & { carry: Carry };
  return [rest];
}

/** The agent's name of a tool, and the one on the wire, where they differ. */
function toolNamesOf(call: Call, longest: number, losses: Set<Loss>): ReadonlyMap<string, string> {
  const called = call.turns.flatMap((turn) =>
    turn.role === 'assistant' ? turn.content.flatMap((part) => (part.kind === 'tool-call' ? [part.name] : [])) : [],
  );
  const all = new Set([...call.tools.map((tool) => tool.name), ...called]);
  const toWire = new Map<string, string>();
  for (const name of all) {
    const plain = name.replace(/[^a-zA-Z0-9_-]/g, '_').replace(/^(?=[^a-zA-Z_])/, '_') || 'tool';
    if (plain === name && name.length <= longest) continue;
    let wire = plain.slice(0, longest);
    // Shortened names must stay apart, and the same in every request: prompt caches begin with the tools.
    if (wire !== plain || all.has(wire)) wire = `${plain.slice(0, longest - 7)}_${digest(name).slice(0, 6)}`;
    toWire.set(name, wire);
    losses.add('renamed-tool');
  }
  return toWire;
}

function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

function renamed(
  call: ToolCallContent,
  used: Set<string>,
  names: Map<string, string>,
  toWire: ReadonlyMap<string, string>,
  rules: ConversationRules,
  losses: Set<Loss>,
): ToolCallContent {
  // OpenAI takes ids of up to 40 characters, Anthropic letters, digits, dashes and underscores.
  const plain = rules.callIds === 'nine' ? nineOf(call.callId) : call.callId.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 36) || 'call';
  let callId = plain;
  for (let n = 2; used.has(callId); n++) callId = rules.callIds === 'nine' ? nineOf(`${call.callId} ${n}`) : `${plain}_${n}`;
  used.add(callId);
  if (callId !== call.callId) losses.add('renamed-call-id');
  // The same id twice in one turn cannot be told apart by its results: the first keeps it.
  if (!names.has(call.callId)) names.set(call.callId, callId);
  return { ...call, callId, name: toWire.get(call.name) ?? call.name };
}

function nineOf(callId: string): string {
  return /^[a-zA-Z0-9]{9}$/.test(callId) ? callId : digest(callId).slice(0, 9);
}

function userTurn(
  content: readonly UserContent[],
  open: readonly ToolCallContent[],
  names: ReadonlyMap<string, string>,
  answered: Map<string, string>,
  losses: Set<Loss>,
): CleanTurn {
  const given = new Map<string, ToolResult>();
  const rest: (TextContent | Media)[] = [];
  for (const part of content) {
    if (part.kind !== 'tool-result') {
      rest.push(clean(part));
      continue;
    }
    const callId = names.get(part.callId);
    if (callId !== undefined && !given.has(callId)) {
      given.set(callId, { ...part, callId, content: part.content.flatMap(cleanResultContent) });
      answered.set(part.callId, resultText(part.content));
    } else if (answered.get(part.callId) === resultText(part.content)) {
      // Gemini CLI says every result of a resumed session twice. Once is enough.
      losses.add('orphan-tool-result');
    } else {
      losses.add('orphan-tool-result');
      rest.push(text(`Result of an earlier call of the tool ${part.name}:\n${resultText(part.content)}`));
      rest.push(...part.content.filter((inner) => inner.kind !== 'text').map(clean));
    }
  }
  const results = open.map((call): ToolResult => {
    const result = given.get(call.callId);
    if (result !== undefined) return { ...result, name: call.name };
    losses.add('missing-tool-result');
    const content = [text('There is no result: the call was interrupted.')];
    return { kind: 'tool-result', callId: call.callId, name: call.name, content, isError: true };
  });
  return { role: 'user', results, content: rest };
}

function cleanResultContent(part: ToolResultContent): ToolResultContent[] {
  return part.kind === 'text' && isBlank(part.text) ? [] : [clean(part)];
}

/** `image/jpg` is no media type, but tools and editors send it; providers refuse it. */
function clean<Part extends TextContent | Media>(part: Part): Part {
  return part.kind === 'image' && part.mediaType === 'image/jpg' ? { ...part, mediaType: 'image/jpeg' } : part;
}

function text(value: string): TextContent {
  return { kind: 'text', text: value };
}

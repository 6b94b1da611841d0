import type { AssistantContent, ReasoningContent, TextContent, ToolCallContent, Turn } from '../../ir/call.ts';
import { readTag } from '../../ir/carry.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import { asRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import {
  listIn,
  missing,
  neededText,
  pathOf,
  recordIn,
  recordOf,
  refuse,
  said,
  saysNothing,
  textIn,
  wordIn,
  wrong,
} from './reading.ts';
import { cacheMark, readContent, readTexts, splitThoughts } from './read-content.ts';
import { addDetails, detailOpaque, detailText, type ReasoningDetail } from './reasoning-details.ts';

export interface ReadMessages {
  /** The instructions before the first message of anyone else. */
  readonly system: readonly TextContent[];
  readonly turns: readonly Turn[];
}

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

const KNOWN_FIELDS: Readonly<Record<(typeof ROLES)[number], readonly string[]>> = {
  system: [],
  developer: [],
  user: [],
  assistant: ['refusal', 'reasoning_content', 'reasoning', 'reasoning_details', 'tool_calls', 'function_call', 'audio'],
  tool: ['tool_call_id', 'name'],
  function: ['name'],
};

export function readMessages(body: JsonRecord, losses: Set<Loss>): ReadMessages {
  const { messages } = body;
  if (!Array.isArray(messages)) return wrong('messages', 'a list', messages);
  if (messages.length === 0) return refuse('"messages" is empty: there is nothing to answer.');
  const system: TextContent[] = [];
  const turns: Turn[] = [];
  const calls = new CallNames();
  for (const [at, value] of messages.entries()) {
    const where = `messages[${at}]`;
    const message = recordOf(value, where);
    const role = wordIn(message, 'role', ROLES, where) ?? missing(`${where}.role`);
    nameLosses(message, KNOWN_FIELDS[role], losses);
    switch (role) {
      case 'system':
      case 'developer': {
        const content = readTexts(message, where, losses);
        if (turns.length === 0) system.push(...content);
        else turns.push({ role: 'system', content });
        break;
      }
      case 'user':
        turns.push({ role: 'user', content: readContent(message, where, losses) ?? missing(`${where}.content`) });
        break;
      case 'assistant':
        turns.push({ role: 'assistant', content: readAssistant(message, at, calls, losses) });
        break;
      case 'tool':
      case 'function': {
        const told = textIn(message, 'name', where) ?? '';
        const callId = role === 'tool' ? neededText(message, 'tool_call_id', where) : calls.lastFunction(told, at);
        // The mark stands behind the whole result; on its parts it would say the same twice.
        const { cache_control: _, ...unmarked } = message;
        const content = readContent(unmarked, where, losses) ?? [];
        const mark = said({ cache: cacheMark(message, where) });
        const name = calls.nameOf(callId) ?? (told || 'tool');
        turns.push({ role: 'user', content: [{ kind: 'tool-result', callId, name, content, isError: false, ...mark }] });
        break;
      }
      default:
        role satisfies never;
    }
  }
  return { system, turns };
}

/** Which tool a call id belongs to: results name the id only. */
class CallNames {
  readonly #byId = new Map<string, string>();
  readonly #functions = new Map<string, string>();

  add(callId: string, name: string): void {
    this.#byId.set(callId, name);
  }

  /** The forerunner of tool calls had no ids: a result belongs to the last call of its function. */
  addFunction(name: string, at: number): string {
    const callId = `function_${at}`;
    this.#functions.set(name, callId);
    this.add(callId, name);
    return callId;
  }

  lastFunction(name: string, at: number): string {
    return this.#functions.get(name) ?? `function_${at}`;
  }

  nameOf(callId: string): string | undefined {
    return this.#byId.get(callId);
  }
}

function readAssistant(message: JsonRecord, at: number, calls: CallNames, losses: Set<Loss>): AssistantContent[] {
  const where = `messages[${at}]`;
  if (!saysNothing(message['audio'])) {
    return refuse(`"${where}.audio" names a recording that is stored at one provider. Send its transcript as "content" instead.`);
  }
  const { message: rest, thoughts } = splitThoughts(message, where);
  const content: AssistantContent[] = [
    ...readReasoning(message, where),
    ...thoughts.map((text) => ({ kind: 'reasoning', text }) as const),
  ];
  if (!saysNothing(rest['content'])) content.push(...readTexts(rest, where, losses));
  const refusal = textIn(message, 'refusal', where);
  if (refusal !== undefined) content.push({ kind: 'text', text: refusal });
  for (const [nth, value] of listIn(message, 'tool_calls', where).entries()) {
    const call = readToolCall(recordOf(value, `${where}.tool_calls[${nth}]`), `${where}.tool_calls[${nth}]`);
    calls.add(call.callId, call.name);
    content.push(call);
  }
  const legacy = recordIn(message, 'function_call', where);
  if (legacy !== undefined) {
    const path = `${where}.function_call`;
    const name = neededText(legacy, 'name', path);
    content.push({ kind: 'tool-call', callId: calls.addFunction(name, at), name, arguments: readArguments(legacy, path) });
  }
  return content;
}

function readToolCall(call: JsonRecord, where: string): ToolCallContent {
  const callId = neededText(call, 'id', where);
  const type = wordIn(call, 'type', ['function', 'custom'], where) ?? 'function';
  const told = recordIn(call, type, where) ?? missing(pathOf(where, type));
  const path = pathOf(where, type);
  const name = neededText(told, 'name', path);
  // A free-form call takes its text as the argument `input` wherever there are only functions.
  const json = type === 'custom' ? JSON.stringify({ input: textIn(told, 'input', path) ?? '' }) : readArguments(told, path);
  const signature = textAt(recordAt(recordAt(call, 'extra_content'), 'google'), 'thought_signature');
  const carry = signature === undefined ? undefined : readTag(signature);
  return { kind: 'tool-call', callId, name, arguments: json, ...said({ carry, cache: cacheMark(call, where) }) };
}

/** Ollama's clients send the arguments as an object, which can only mean one thing. */
function readArguments(told: JsonRecord, where: string): string {
  const object = asRecord(told['arguments']);
  return object === undefined ? (textIn(told, 'arguments', where) ?? '') : JSON.stringify(object);
}

/** The details say everything, text included; the other two fields repeat what can be read of them. */
function readReasoning(message: JsonRecord, where: string): ReasoningContent[] {
  const details: ReasoningDetail[] = [];
  addDetails(details, listIn(message, 'reasoning_details', where));
  if (details.length > 0) {
    return details.map((detail) => {
      const opaque = detailOpaque(detail);
      return {
        kind: 'reasoning',
        text: detailText(detail),
        ...said({ carry: opaque === undefined ? undefined : readTag(opaque) }),
      };
    });
  }
  const text = textIn(message, 'reasoning_content', where) ?? textIn(message, 'reasoning', where) ?? '';
  return text === '' ? [] : [{ kind: 'reasoning', text }];
}

function nameLosses(message: JsonRecord, known: readonly string[], losses: Set<Loss>): void {
  for (const [key, value] of Object.entries(message)) {
    if (key === 'role' || key === 'content' || key === 'cache_control' || known.includes(key) || saysNothing(value)) continue;
    losses.add(fieldLoss(`messages.${key}`));
  }
}

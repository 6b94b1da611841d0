import type { AssistantContent, TextContent, ToolCallContent, Turn, UserContent } from '../../ir/call.ts';
import type { Carry } from '../../ir/carry.ts';
import { fieldLoss, toolLoss } from '../../ir/loss.ts';
import { asRecord, listAt, textAt, type JsonRecord } from '../read-json.ts';
import { unsealed } from './carry-items.ts';
import { readContent } from './read-content.ts';
import { readTools, TOOL_SEARCH, type ToolTable } from './read-tools.ts';
import { kindOf, quoted, refuse, type Reading } from './reading.ts';

type Growing =
  | { readonly role: 'user'; readonly content: UserContent[] }
  | { readonly role: 'assistant'; readonly content: AssistantContent[] }
  | { readonly role: 'system'; readonly content: TextContent[] };

/** What the provider ran itself in an earlier answer. The words that came of it are in the messages. */
const RAN_AT_PROVIDER: ReadonlySet<string> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'computer_call',
  'computer_call_output',
  'mcp_list_tools',
  'mcp_call',
  'mcp_approval_request',
  'mcp_approval_response',
  'program',
  'program_output',
]);

/** Tools stand in the input, too, and calls before them: read before anything else. */
export function readToolItems(input: unknown, table: ToolTable, reading: Reading): void {
  if (!Array.isArray(input)) return;
  input.forEach((each: unknown, at) => {
    const item = asRecord(each);
    if (item?.['type'] === 'additional_tools' || item?.['type'] === 'tool_search_output')
      readTools(item['tools'], `input[${at}].tools`, table, reading);
  });
}

/** `input`: a string, or items. System messages before the first turn are the call's `system`. */
export function readInput(
  input: unknown,
  table: ToolTable,
  reading: Reading,
): { readonly system: readonly TextContent[]; readonly turns: readonly Turn[] } {
  const items = new ItemReader(table, reading);
  if (typeof input === 'string') items.read({ type: 'message', role: 'user', content: input }, 'input');
  else if (Array.isArray(input)) input.forEach((each: unknown, at) => items.read(asRecord(each), `input[${at}]`));
  else refuse(reading, `The request needs "input": a string or an array of items. It is ${kindOf(input)}.`);
  return items;
}

class ItemReader {
  readonly system: TextContent[] = [];
  readonly turns: Growing[] = [];
  readonly #table: ToolTable;
  readonly #reading: Reading;
  readonly #callNames = new Map<string, string>();

  constructor(table: ToolTable, reading: Reading) {
    this.#table = table;
    this.#reading = reading;
  }

  read(item: JsonRecord | undefined, where: string): void {
    if (item === undefined) return refuse(this.#reading, `The request's ${where} must be an object.`);
    const type = textAt(item, 'type') ?? (item['role'] === undefined ? 'item_reference' : 'message');
    switch (type) {
      case 'message':
        return this.#message(item, where);
      case 'reasoning':
        return this.#reasoning(item);
      case 'function_call':
        return this.#call(item, where, argumentsText(item['arguments']));
      case 'custom_tool_call':
        return this.#call(item, where, JSON.stringify({ input: typeof item['input'] === 'string' ? item['input'] : '' }));
      case 'local_shell_call':
        return this.#call({ ...item, name: 'local_shell' }, where, argumentsText(item['action']));
      case 'shell_call':
        return this.#call({ ...item, name: 'shell' }, where, argumentsText(item['action']));
      case 'apply_patch_call':
        return this.#call({ ...item, name: 'apply_patch' }, where, argumentsText(item['operation']));
      case 'function_call_output':
      case 'custom_tool_call_output':
      case 'local_shell_call_output':
      case 'apply_patch_call_output':
        return this.#result(item, where, item['output']);
      case 'shell_call_output':
        return this.#result(item, where, JSON.stringify(item['output'] ?? ''));
      case 'tool_search_call':
        if (ranAtProvider(item)) return void this.#reading.losses.add(toolLoss(TOOL_SEARCH));
        return this.#call({ ...item, name: TOOL_SEARCH }, where, argumentsText(item['arguments']));
      case 'tool_search_output':
        return ranAtProvider(item) ? undefined : this.#result(item, where, this.#found(item));
      case 'additional_tools':
        return; // Read before.
      case 'item_reference':
        return refuse(
          this.#reading,
          `The request's ${where} refers to the item ${quoted(item['id'])}, which is kept at OpenAI, or nowhere. ` +
            'Send the items themselves, with "store": false.',
        );
      case 'compaction':
      case 'compaction_trigger':
        return refuse(
          this.#reading,
          `The request's ${where} (${type}) is a conversation compacted by OpenAI, which no other provider can read or make. ` +
            'Go on with an OpenAI model, or begin a new conversation.',
        );
      default:
        // Agents learn new items weekly; what such an item does to the model is lost, but the conversation goes on.
        this.#reading.losses.add(RAN_AT_PROVIDER.has(type) ? toolLoss(type) : fieldLoss(`input.${type}`));
    }
  }

  #message(item: JsonRecord, where: string): void {
    const content = readContent(item['content'], `${where}.content`, this.#reading);
    const texts = content.filter((part) => part.kind === 'text');
    // OpenAI's own division of an answer into comments and result.
    if ((item['phase'] ?? undefined) !== undefined) this.#reading.losses.add(fieldLoss('phase'));
    switch (item['role']) {
      case 'user':
        return this.#add({ role: 'user', content });
      case 'assistant':
        if (texts.length < content.length) this.#reading.losses.add('dropped-media');
        return this.#add({ role: 'assistant', content: texts });
      case 'system':
      case 'developer':
        if (texts.length < content.length) this.#reading.losses.add('dropped-media');
        if (this.turns.length === 0) this.system.push(...texts);
        else this.#add({ role: 'system', content: texts });
        return;
      default:
        return refuse(
          this.#reading,
          `The request's ${where}.role is ${quoted(item['role'])}; it must be user, assistant, system or developer.`,
        );
    }
  }

  #reasoning(item: JsonRecord): void {
    const encrypted = textAt(item, 'encrypted_content');
    const tag = encrypted === undefined ? undefined : unsealed(encrypted);
    if (tag !== undefined && tag.belongs.to !== 'itself') {
      const { belongs, carry } = tag;
      return this.#attach(carry, (part) =>
        belongs.to === 'call' ? part.kind === 'tool-call' && part.callId === belongs.callId : part.kind === 'text',
      );
    }
    const thoughts = [...listAt(item, 'summary'), ...listAt(item, 'content')].map((each) => textAt(asRecord(each), 'text') ?? '');
    const text = thoughts.filter((each) => each !== '').join('\n\n');
    this.#add({
      role: 'assistant',
      content: [tag === undefined ? { kind: 'reasoning', text } : { kind: 'reasoning', text, carry: tag.carry }],
    });
  }

  /** Agents may have moved the item, but not out of its answer. */
  #attach(carry: Carry, isMeant: (part: AssistantContent) => boolean): void {
    const turn = this.turns.findLast((each) => each.role === 'assistant');
    const at = turn?.content.findLastIndex(isMeant) ?? -1;
    const part = turn?.content[at];
    if (turn === undefined || part === undefined) this.#reading.losses.add('dropped-reasoning');
    else turn.content[at] = { ...part, carry };
  }

  #call(item: JsonRecord, where: string, json: string): void {
    const [callId, name] = [textAt(item, 'call_id') ?? textAt(item, 'id'), textAt(item, 'name')];
    if (callId === undefined) return refuse(this.#reading, `The request's ${where} has no "call_id".`);
    if (name === undefined) return refuse(this.#reading, `The request's ${where} has no "name".`);
    const call: ToolCallContent = {
      kind: 'tool-call',
      callId,
      name: this.#table.nameOfCall(name, textAt(item, 'namespace')),
      arguments: json,
    };
    this.#callNames.set(callId, call.name);
    this.#add({ role: 'assistant', content: [call] });
  }

  #result(item: JsonRecord, where: string, output: unknown): void {
    // The output of a local shell has only an id in OpenAI's own types, and it is the call's.
    const callId = textAt(item, 'call_id') ?? textAt(item, 'id');
    if (callId === undefined) return refuse(this.#reading, `The request's ${where} has no "call_id".`);
    const name = this.#callNames.get(callId) ?? this.#table.nameOfCall(textAt(item, 'name') ?? 'tool', textAt(item, 'namespace'));
    const content = readContent(output, `${where}.output`, this.#reading);
    const isError = item['status'] === 'failed' || item['status'] === 'incomplete';
    this.#add({ role: 'user', content: [{ kind: 'tool-result', callId, name, content, isError }] });
  }

  /** The tools themselves are tools of the call from here on; the model is told which. */
  #found(item: JsonRecord): string {
    const names = listAt(item, 'tools').flatMap((each) => {
      const tool = asRecord(each);
      const name = textAt(tool, 'name') ?? '';
      if (tool?.['type'] !== 'namespace') return [this.#table.nameOfCall(name, undefined)];
      return listAt(tool, 'tools').map((inner) => this.#table.nameOfCall(textAt(asRecord(inner), 'name') ?? '', name));
    });
    return names.length === 0 ? 'No tools were found.' : `These tools can be called now: ${names.join(', ')}.`;
  }

  #add(turn: Growing): void {
    const last = this.turns.at(-1);
    if (last?.role === turn.role) (last.content as unknown[]).push(...turn.content);
    else this.turns.push(turn);
  }
}

function ranAtProvider(item: JsonRecord): boolean {
  return item['execution'] !== 'client' && (item['call_id'] ?? undefined) === undefined;
}

/** Text stays as it is, broken or not. */
function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value ?? {});
}

import type { Tool, ToolChoice } from '../../ir/call.ts';
import { toolLoss, type Loss } from '../../ir/loss.ts';
import { asRecord, textAt, type JsonRecord } from '../read-json.ts';
import {
  booleanIn,
  listIn,
  missing,
  neededText,
  pathOf,
  recordIn,
  recordOf,
  refuse,
  said,
  shown,
  textIn,
  wordIn,
} from './reading.ts';
import { cacheMark } from './read-content.ts';

export interface ReadTools {
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
}

export function readTools(body: JsonRecord, losses: Set<Loss>): ReadTools {
  const tools: Tool[] = [];
  // An empty object asks for a search, too.
  const elsewhere: string[] = recordIn(body, 'web_search_options') === undefined ? [] : ['web_search_options'];
  for (const [at, value] of listIn(body, 'tools').entries()) {
    const where = `tools[${at}]`;
    const tool = recordOf(value, where);
    const type = neededText(tool, 'type', where);
    if (type === 'function')
      tools.push(readFunction(recordIn(tool, 'function', where) ?? missing(`${where}.function`), tool, where));
    else if (type === 'custom')
      tools.push(readCustom(recordIn(tool, 'custom', where) ?? missing(`${where}.custom`), `${where}.custom`));
    else elsewhere.push(type);
  }
  for (const [at, value] of listIn(body, 'functions').entries()) {
    const where = `functions[${at}]`;
    const told = recordOf(value, where);
    tools.push(readFunction(told, told, where, where));
  }
  refuseTwins(tools);
  const choice = readChoice(body);
  const first = elsewhere[0];
  if (first !== undefined && tools.length === 0 && choice.choice !== 'none') return refuseElsewhere(first);
  for (const type of elsewhere) losses.add(toolLoss(type));
  const { allowed } = choice;
  if (allowed !== undefined) for (const name of allowed) needTool(tools, name);
  if (typeof choice.choice !== 'string') needTool(tools, choice.choice.name);
  if (choice.choice === 'required' && tools.length === 0)
    return refuse('"tool_choice" asks for a tool call, but "tools" has none.');
  return {
    tools: allowed === undefined ? tools : tools.filter((tool) => allowed.includes(tool.name)),
    toolChoice: choice.choice,
  };
}

function readFunction(told: JsonRecord, tool: JsonRecord, where: string, path = `${where}.function`): Tool {
  return {
    name: neededText(told, 'name', path),
    description: textIn(told, 'description', path) ?? '',
    parameters: recordIn(told, 'parameters', path) ?? { type: 'object', properties: {} },
    ...said({
      strict: booleanIn(told, 'strict', path),
      cache: cacheMark(tool, where) ?? cacheMark(told, path),
    }),
  };
}

/** A tool whose argument is any text, or a text of a grammar. */
function readCustom(told: JsonRecord, where: string): Tool {
  const name = neededText(told, 'name', where);
  const format = recordIn(told, 'format', where);
  const grammar = format === undefined ? undefined : (asRecord(format['grammar']) ?? format);
  const definition = textAt(grammar, 'definition');
  const lines = [textIn(told, 'description', where) ?? ''];
  if (definition !== undefined)
    lines.push(`The argument "input" follows this ${textAt(grammar, 'syntax') ?? ''} grammar:\n${definition}`);
  return {
    name,
    description: lines.filter((line) => line !== '').join('\n\n'),
    parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'], additionalProperties: false },
    form: { kind: 'custom', name },
  };
}

interface Choice {
  readonly choice: ToolChoice;
  /** Only these, where the agent narrowed its own list. */
  readonly allowed?: readonly string[];
}

function readChoice(body: JsonRecord): Choice {
  const legacy = body['tool_choice'] ?? body['function_call'] ?? 'auto';
  const key = (body['tool_choice'] ?? undefined) === undefined ? 'function_call' : 'tool_choice';
  if (typeof legacy === 'string') {
    const word = wordIn(body, key, ['auto', 'none', 'required', 'any'] as const) ?? 'auto';
    return { choice: word === 'any' ? 'required' : word };
  }
  const choice = recordOf(legacy, key);
  if (key === 'function_call') return { choice: { name: neededText(choice, 'name', key) } };
  const type = neededText(choice, 'type', key);
  if (type === 'function' || type === 'custom') return { choice: { name: chosenName(choice, type, key) } };
  if (type !== 'allowed_tools') return refuseElsewhere(type);
  const path = pathOf(key, type);
  const told = recordIn(choice, type, key) ?? missing(path);
  const allowed = listIn(told, 'tools', path).map((value, at) => {
    const where = `${path}.tools[${at}]`;
    const tool = recordOf(value, where);
    const each = neededText(tool, 'type', where);
    return each === 'function' || each === 'custom' ? chosenName(tool, each, where) : refuseElsewhere(each);
  });
  return { choice: wordIn(told, 'mode', ['auto', 'required'] as const, path) ?? 'auto', allowed };
}

function chosenName(choice: JsonRecord, type: 'function' | 'custom', where: string): string {
  return neededText(recordIn(choice, type, where) ?? missing(pathOf(where, type)), 'name', pathOf(where, type));
}

function needTool(tools: readonly Tool[], name: string): void {
  if (!tools.some((tool) => tool.name === name)) refuse(`"tool_choice" names the tool "${shown(name)}", which is not in "tools".`);
}

function refuseTwins(tools: readonly Tool[]): void {
  const names = new Set<string>();
  for (const { name } of tools) {
    if (names.has(name)) refuse(`Two of the "tools" have the name "${shown(name)}"; a call could not say which of them it means.`);
    names.add(name);
  }
}

function refuseElsewhere(type: string): never {
  return refuse(`"${shown(type)}" runs at its own provider and cannot be used through another one. Offer function tools instead.`);
}

import type { Tool, ToolForm } from '../../ir/call.ts';
import { fieldLoss, toolLoss } from '../../ir/loss.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { kindOf, quoted, refuse, type Reading } from './reading.ts';

/** The tools of a request under the names that they have in the call. Agents name them by a namespace and a name. */
export class ToolTable {
  readonly #byKey = new Map<string, Tool>();
  readonly #names = new Set<string>();
  /** Types of tools that only their own provider can run. */
  readonly serverTools = new Set<string>();

  get tools(): readonly Tool[] {
    return [...this.#byKey.values()];
  }

  /** Declared twice (a tool search finds what is there already), the later word counts, at the place of the first. */
  add(form: ToolForm, tool: Omit<Tool, 'name' | 'form'>): void {
    const key = keyOf(form.name, form.namespace);
    const name = this.#byKey.get(key)?.name ?? this.#free(flatName(form.name, form.namespace));
    this.#names.add(name);
    const isPlain = form.kind === 'function' && form.namespace === undefined && form.name === name;
    this.#byKey.set(key, { name, ...tool, ...(isPlain ? {} : { form }) });
  }

  nameOf(name: string, namespace: string | undefined): string | undefined {
    const tool =
      this.#byKey.get(keyOf(name, namespace)) ?? (namespace === name ? this.#byKey.get(keyOf(name, undefined)) : undefined);
    return tool?.name;
  }

  /** The name for a call of whatever tool, also of one that is offered no more. */
  nameOfCall(name: string, namespace: string | undefined): string {
    return this.nameOf(name, namespace) ?? flatName(name, namespace);
  }

  #free(name: string): string {
    let free = name;
    for (let n = 2; this.#names.has(free); n++) free = `${name}_${n}`;
    return free;
  }
}

export const TOOL_SEARCH = 'tool_search';

/**
 * How a namespace's tools are called where there is only one level of names. A deferred tool without a namespace comes back in one of
 * its own name when OpenAI's search has found it.
 */
export function flatName(name: string, namespace: string | undefined): string {
  return namespace === undefined || namespace === name ? name : `${namespace}__${name}`;
}

export function readTools(tools: unknown, where: string, table: ToolTable, reading: Reading): void {
  if ((tools ?? undefined) === undefined) return;
  if (!Array.isArray(tools)) return refuse(reading, `The request's ${where} must be an array, but is ${kindOf(tools)}.`);
  tools.forEach((each: unknown, at) => readTool(asRecord(each) ?? {}, `${where}[${at}]`, table, reading));
}

function readTool(tool: JsonRecord, where: string, table: ToolTable, reading: Reading, group?: JsonRecord): void {
  const type = tool['type'];
  const namespace = textAt(group, 'name');
  const inGroup = namespace === undefined ? {} : { namespace };
  if (type === 'namespace') {
    const inner = listAt(tool, 'tools').map((each) => asRecord(each) ?? {});
    inner.forEach((each, at) => readTool(at === 0 ? introduced(each, tool) : each, `${where}.tools[${at}]`, table, reading, tool));
  } else if (type === 'function' || type === 'custom') {
    const name = textAt(tool, 'name');
    if (name === undefined) {
      const isChat = recordAt(tool, 'function') !== undefined;
      const hint = isChat ? ' It stands beside "type" here, not inside "function" as in Chat Completions.' : '';
      return refuse(reading, `The request's ${where} has no "name".${hint}`);
    }
    if (type === 'custom') return addCustom(tool, { kind: 'custom', name, ...inGroup }, table, reading);
    table.add(
      { kind: 'function', name, ...inGroup },
      {
        description: textAt(tool, 'description') ?? '',
        parameters: recordAt(tool, 'parameters') ?? { type: 'object', properties: {} },
        ...(typeof tool['strict'] === 'boolean' ? { strict: tool['strict'] } : {}),
      },
    );
  } else if (type === TOOL_SEARCH && tool['execution'] === 'client') {
    table.add(
      { kind: 'tool-search', name: TOOL_SEARCH },
      {
        description: textAt(tool, 'description') ?? 'Finds tools that can be called afterwards.',
        parameters: recordAt(tool, 'parameters') ?? QUERY,
      },
    );
  } else if (typeof type === 'string' && type !== '') {
    // `local_shell`, `shell` and `apply_patch` without a name run at the agent, but only OpenAI's models were taught their calls.
    table.serverTools.add(type);
    reading.losses.add(toolLoss(type));
  } else {
    refuse(reading, `The request's ${where} has no "type".`);
  }
}

const QUERY = { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] };

/** The first tool of a namespace tells what the namespace is for; nobody else has a place for it. */
function introduced(tool: JsonRecord, namespace: JsonRecord): JsonRecord {
  const about = textAt(namespace, 'description');
  if (about === undefined) return tool;
  const own = textAt(tool, 'description');
  const group = `About the group ${quoted(namespace['name'])}: ${about}`;
  return { ...tool, description: own === undefined ? group : `${own}\n\n${group}` };
}

function addCustom(tool: JsonRecord, form: ToolForm, table: ToolTable, reading: Reading): void {
  reading.losses.add('custom-tool-as-function');
  const format = recordAt(tool, 'format');
  // Chat has the grammar one level down.
  const grammar = recordAt(format, 'grammar') ?? format;
  const definition = textAt(grammar, 'definition');
  const lines = [
    textAt(tool, 'description') ?? '',
    'Its argument "input" is the whole input of this tool as plain text, not as JSON.',
    definition === undefined ? '' : `The text must follow this grammar (${textAt(grammar, 'syntax') ?? 'lark'}):\n${definition}`,
  ];
  table.add(form, {
    description: lines.filter((line) => line !== '').join('\n\n'),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The input of the tool, as plain text.' } },
      required: ['input'],
      additionalProperties: false,
    },
  });
  if (format !== undefined && format['type'] !== 'text' && definition === undefined) reading.losses.add(fieldLoss('tools.format'));
}

function keyOf(name: string, namespace: string | undefined): string {
  return JSON.stringify([namespace ?? null, name]);
}

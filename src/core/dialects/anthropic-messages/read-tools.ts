import type { Call, Tool, ToolChoice } from '../../ir/call.ts';
import { fieldLoss, toolLoss } from '../../ir/loss.ts';
import { asRecord, listAt, textAt, type JsonRecord } from '../read-json.ts';
import { cacheMark, type Reading } from './reading.ts';

type Tools = Pick<Call, 'tools' | 'toolChoice' | 'parallelToolCalls'>;

/** What can be said of a tool here, and what a call holds of it. */
const READ = new Set([
  'type',
  'name',
  'description',
  'input_schema',
  'cache_control',
  'strict',
  'defer_loading',
  'allowed_callers',
]);

export function readTools(body: JsonRecord, reading: Reading): Tools {
  const list = body['tools'] ?? [];
  if (!Array.isArray(list)) reading.refuse('tools', 'it should be a list of tools');
  const tools = new Map<string, Tool>();
  /** Tools that run at their provider: type by name. */
  const distant = new Map<string, string>();
  for (const [at, each] of listAt(body, 'tools').entries()) {
    const where = `tools.${at}`;
    const tool = asRecord(each) ?? {};
    const name = textAt(tool, 'name');
    const type = textAt(tool, 'type') ?? 'custom';
    if (type !== 'custom') {
      distant.set(name ?? type, type);
      reading.losses.add(toolLoss(type));
    } else if (name === undefined) {
      reading.refuse(`${where}.name`, 'a tool needs a name');
    } else if (tools.has(name)) {
      reading.refuse(`${where}.name`, `there are two tools of the name "${name}"`);
    } else {
      const read = readTool(tool, name, where, reading);
      if (read !== undefined) tools.set(name, read);
    }
  }
  const [onlyType] = distant.values();
  if (tools.size === 0 && onlyType !== undefined) refuseDistant(onlyType, 'tools', reading);
  return { tools: [...tools.values()], ...readChoice(body['tool_choice'], tools, distant, reading) };
}

function refuseDistant(type: string, where: string, reading: Reading): void {
  reading.refuse(where, `"${type}" runs at its own provider and cannot be used through another one`);
}

function readTool(tool: JsonRecord, name: string, where: string, reading: Reading): Tool | undefined {
  const schema = asRecord(tool['input_schema']);
  if (schema === undefined) {
    reading.refuse(`${where}.input_schema`, 'it should be a JSON schema');
    return undefined;
  }
  if (tool['defer_loading'] === true) {
    // Claude Code's placeholder, which keeps a place for tools to come, takes no arguments. Other tools are simply offered at once.
    if (Object.keys(asRecord(schema['properties']) ?? {}).length === 0) {
      reading.losses.add(toolLoss(name));
      return undefined;
    }
    reading.losses.add(fieldLoss('defer_loading'));
  }
  const callers = listAt(tool, 'allowed_callers');
  if (callers.some((caller) => caller !== 'direct')) reading.losses.add(fieldLoss('allowed_callers'));
  for (const [key, value] of Object.entries(tool)) if (!READ.has(key) && value !== null) reading.losses.add(fieldLoss(key));
  const cache = cacheMark(tool['cache_control']);
  return {
    name,
    description: textAt(tool, 'description') ?? '',
    parameters: schema,
    ...(typeof tool['strict'] === 'boolean' ? { strict: tool['strict'] } : {}),
    ...(cache === undefined ? {} : { cache }),
  };
}

function readChoice(
  value: unknown,
  tools: ReadonlyMap<string, Tool>,
  distant: ReadonlyMap<string, string>,
  reading: Reading,
): Omit<Tools, 'tools'> {
  if (value === undefined || value === null) return { toolChoice: 'auto' };
  const choice = asRecord(value);
  const serial = choice?.['disable_parallel_tool_use'];
  return {
    toolChoice: choiceOf(choice, tools, distant, reading),
    ...(typeof serial === 'boolean' ? { parallelToolCalls: !serial } : {}),
  };
}

function choiceOf(
  choice: JsonRecord | undefined,
  tools: ReadonlyMap<string, Tool>,
  distant: ReadonlyMap<string, string>,
  reading: Reading,
): ToolChoice {
  switch (choice?.['type']) {
    case 'auto':
      return 'auto';
    case 'any':
      return 'required';
    case 'none':
      return 'none';
    case 'tool': {
      const name = textAt(choice, 'name') ?? '';
      const type = distant.get(name);
      if (type !== undefined && !tools.has(name)) refuseDistant(type, 'tool_choice', reading);
      else if (!tools.has(name)) reading.refuse('tool_choice.name', `there is no tool of the name "${name}" among the tools`);
      return { name };
    }
    default:
      reading.refuse('tool_choice.type', 'it should be "auto", "any", "tool" or "none"');
      return 'auto';
  }
}

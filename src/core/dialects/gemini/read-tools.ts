import type { Tool, ToolChoice } from '../../ir/call.ts';
import { toolLoss } from '../../ir/loss.ts';
import type { JsonRecord } from '../read-json.ts';
import { readSchema } from './read-schema.ts';
import { field, type Reading } from './reading.ts';

export interface Tools {
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
}

const NO_ARGUMENTS = { type: 'object', properties: {} };

export function readTools(body: JsonRecord, reading: Reading): Tools {
  const declared: Tool[] = [];
  let own: string | undefined;
  for (const [t, tool] of reading.records(body, 'tools', '').entries()) {
    for (const name of Object.keys(tool)) {
      if (name === 'functionDeclarations' || name === 'function_declarations' || tool[name] === null) continue;
      own ??= name;
      reading.lose(toolLoss(name));
    }
    const where = `tools[${t}].`;
    for (const [d, each] of reading.records(tool, 'functionDeclarations', where).entries()) {
      const read = readDeclaration(each, `${where}functionDeclarations[${d}].`, reading);
      if (read === undefined) continue;
      if (declared.some(({ name }) => name === read.name)) reading.refuse(`The function ${read.name} is declared twice in tools.`);
      declared.push(read);
    }
  }
  const { mode, allowed } = readCalling(body, reading);
  if (own !== undefined && declared.length === 0 && mode !== 'NONE') {
    reading.refuse(
      `The tool "${own}" runs at its own provider and cannot be used through another one. Offer functions, or choose a Gemini model.`,
    );
  }
  return chosen(declared, mode, allowed, reading);
}

/** Several allowed functions are said by offering no others: no other dialect can name more than one. */
function chosen(tools: readonly Tool[], mode: string, allowed: readonly string[], reading: Reading): Tools {
  if (mode === 'NONE') return { tools, toolChoice: 'none' };
  const forced = mode === 'ANY';
  if (allowed.length === 0) return { tools, toolChoice: forced ? 'required' : 'auto' };
  const stranger = allowed.find((name) => !tools.some((tool) => tool.name === name));
  if (stranger !== undefined) reading.refuse(`toolConfig allows the function "${stranger}", which tools do not declare.`);
  if (forced && allowed.length === 1) return { tools, toolChoice: { name: allowed[0]! } };
  return { tools: tools.filter((tool) => allowed.includes(tool.name)), toolChoice: forced ? 'required' : 'auto' };
}

function readCalling(body: JsonRecord, reading: Reading): { readonly mode: string; readonly allowed: readonly string[] } {
  const config = reading.record(body, 'toolConfig', '') ?? {};
  reading.loseUnknown(config, ['functionCallingConfig'], 'toolConfig.');
  const calling = reading.record(config, 'functionCallingConfig', 'toolConfig.') ?? {};
  const where = 'toolConfig.functionCallingConfig.';
  reading.loseUnknown(calling, ['mode', 'allowedFunctionNames'], 'functionCallingConfig.');
  const mode = (reading.text(calling, 'mode', where) ?? 'AUTO').toUpperCase();
  if (!['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'].includes(mode))
    reading.refuse(`${where}mode is "${mode}": it must be AUTO, ANY, NONE or VALIDATED.`);
  const allowed = reading.texts(calling, 'allowedFunctionNames', where) ?? [];
  return { mode, allowed: mode === 'ANY' || mode === 'VALIDATED' ? allowed : [] };
}

function readDeclaration(declaration: JsonRecord, where: string, reading: Reading): Tool | undefined {
  const name = reading.text(declaration, 'name', where);
  if (name === undefined || name === '') return reading.refuse(`${where}name is missing: a function needs a name.`);
  reading.loseUnknown(declaration, ['name', 'description', 'parameters', 'parametersJsonSchema'], 'functionDeclarations.');
  const key = field(declaration, 'parametersJsonSchema') === undefined ? 'parameters' : 'parametersJsonSchema';
  const schema = reading.record(declaration, key, where);
  return {
    name,
    description: reading.text(declaration, 'description', where) ?? '',
    parameters: schema === undefined ? NO_ARGUMENTS : readSchema(schema),
  };
}

import type { AnswerFormat, Call, Effort, ReasoningWish, Sampling, ToolChoice } from '../../ir/call.ts';
import type { GatewayError } from '../../ir/error.ts';
import { fieldLoss } from '../../ir/loss.ts';
import type { Asked, ReadCall } from '../codec.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { readInput, readToolItems } from './read-items.ts';
import { readTools, TOOL_SEARCH, ToolTable } from './read-tools.ts';
import { kindOf, quoted, refuse, type Reading } from './reading.ts';

/** Fields that a call holds, or that change nothing about the answer. `user` and `stream_options` are among them. */
const READ: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'reasoning',
  'text',
  'temperature',
  'top_p',
  'include',
  'prompt_cache_key',
  'service_tier',
  'user',
  'safety_identifier',
  'stream',
  'stream_options',
  'background',
  'conversation',
  'prompt',
  'previous_response_id',
]);

/** Values that ask for nothing. */
const NOTHING: Readonly<Record<string, unknown>> = { store: false, truncation: 'disabled', top_logprobs: 0 };

export function readCall(body: JsonRecord, asked: Asked): ReadCall | GatewayError {
  const reading: Reading = { losses: new Set(), fault: undefined };
  refuseKeptState(body, reading);
  for (const [name, value] of Object.entries(body)) {
    if (READ.has(name) || (value ?? undefined) === undefined || NOTHING[name] === value || isEmpty(value)) continue;
    reading.losses.add(fieldLoss(name));
  }
  const table = new ToolTable();
  readTools(body['tools'], 'tools', table, reading);
  readToolItems(body['input'], table, reading);
  const { system, turns } = readInput(body['input'], table, reading);
  const { choice, allowed } = readToolChoice(body['tool_choice'] ?? 'auto', table, reading);
  refuseServerToolsAlone(table, reading);

  const instructions = optional(body, 'instructions', 'string', reading);
  const sampling = readSampling(body, reading);
  const reasoning = readReasoning(body, reading);
  const parallel = optional(body, 'parallel_tool_calls', 'boolean', reading);
  const user = optional(body, 'safety_identifier', 'string', reading) ?? optional(body, 'user', 'string', reading);
  const cacheKey = optional(body, 'prompt_cache_key', 'string', reading);
  const serviceTier = optional(body, 'service_tier', 'string', reading);
  const answer = readText(body, reading);
  for (const each of listAt(body, 'include'))
    if (each !== 'reasoning.encrypted_content') reading.losses.add(fieldLoss(`include.${String(each)}`));

  const call: Call = {
    model: asked.model,
    system: instructions === undefined ? system : [{ kind: 'text', text: instructions }, ...system],
    turns,
    tools: allowed === undefined ? table.tools : table.tools.filter((tool) => allowed.has(tool.name)),
    toolChoice: choice,
    maxOutputTokens: readLimit(body, reading),
    ...answer,
    ...(parallel === undefined ? {} : { parallelToolCalls: parallel }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(user === undefined ? {} : { user }),
    ...(cacheKey === undefined ? {} : { cacheKey }),
  };
  return reading.fault ?? { call, losses: [...reading.losses] };
}

function refuseKeptState(body: JsonRecord, reading: Reading): void {
  const asked = (name: string): boolean => (body[name] ?? undefined) !== undefined;
  if (asked('previous_response_id')) {
    refuse(
      reading,
      'The request goes on from "previous_response_id", but that conversation is kept at OpenAI, or nowhere. ' +
        'Send the whole conversation as "input", with "store": false.',
    );
  }
  if (asked('conversation')) {
    refuse(reading, 'The request names a "conversation" that is kept at OpenAI. Send the whole conversation as "input" instead.');
  }
  if (asked('prompt')) {
    refuse(reading, 'The request names a "prompt" template that is kept at OpenAI. Send its text as "instructions" and "input".');
  }
  if (body['background'] === true) {
    refuse(reading, 'The request asks for a "background" answer, which only OpenAI can keep until it is called for. Leave it out.');
  }
}

function refuseServerToolsAlone(table: ToolTable, reading: Reading): void {
  const [type] = table.serverTools;
  if (type !== undefined && table.tools.length === 0) refuse(reading, runsElsewhere(type));
}

function runsElsewhere(type: string): string {
  return (
    `The tool "${type.slice(0, 40)}" runs at its own provider and cannot be used through another one. ` +
    'Ask a model of that provider, or offer other tools.'
  );
}

interface ReadChoice {
  readonly choice: ToolChoice;
  /** The only tools that may be called, where the request says so. */
  readonly allowed?: ReadonlySet<string>;
}

function readToolChoice(value: unknown, table: ToolTable, reading: Reading): ReadChoice {
  const auto: ReadChoice = { choice: 'auto' };
  if (value === 'auto' || value === 'none' || value === 'required') return { choice: value };
  const choice = asRecord(value);
  const type = textAt(choice, 'type');
  if (type === 'function' || type === 'custom' || type === TOOL_SEARCH) {
    const named = type === TOOL_SEARCH ? TOOL_SEARCH : textAt(choice, 'name');
    const name = named === undefined ? undefined : table.nameOf(named, textAt(choice, 'namespace'));
    if (name !== undefined) return { choice: { name } };
    refuse(reading, `The request's tool_choice names the tool ${quoted(named)}, which is not among its tools.`);
  } else if (type === 'allowed_tools') {
    const names = listAt(choice, 'tools').flatMap((each) => {
      const tool = asRecord(each);
      const name = table.nameOf(textAt(tool, 'name') ?? textAt(tool, 'type') ?? '', textAt(tool, 'namespace'));
      return name === undefined ? [] : [name];
    });
    const mode = choice?.['mode'] === 'required' ? 'required' : 'auto';
    if (mode === 'auto' || names.length > 0) return { choice: mode, allowed: new Set(names) };
    refuse(reading, "The request's tool_choice requires one of its allowed tools, but none of them is among its tools.");
  } else if (type !== undefined) {
    refuse(reading, runsElsewhere(type));
  } else {
    refuse(reading, `The request's tool_choice is ${quoted(value)}; it must be auto, none, required, or an object with a type.`);
  }
  return auto;
}

const EFFORTS: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] satisfies Effort[];

function readReasoning(body: JsonRecord, reading: Reading): ReasoningWish | undefined {
  const wish = recordAt(body, 'reasoning');
  if (wish === undefined) return undefined;
  const known = ['effort', 'summary', 'generate_summary'];
  for (const [name, value] of Object.entries(wish))
    if (!known.includes(name) && (value ?? undefined) !== undefined && value !== 'auto' && value !== 'standard')
      reading.losses.add(fieldLoss(`reasoning.${name}`));
  const effort = textAt(wish, 'effort');
  const shown = (textAt(wish, 'summary') ?? textAt(wish, 'generate_summary')) !== undefined;
  if (effort === undefined) return shown ? { mode: 'adaptive', shown } : undefined;
  if (!EFFORTS.includes(effort)) {
    return refuse(reading, `The request's reasoning.effort is ${quoted(effort)}; it must be one of ${EFFORTS.join(', ')}.`);
  }
  return { mode: effort === 'none' ? 'off' : 'on', effort: effort as Effort, shown };
}

function readText(body: JsonRecord, reading: Reading): { format?: AnswerFormat; verbosity?: 'low' | 'medium' | 'high' } {
  const text = recordAt(body, 'text');
  const verbosity = text?.['verbosity'];
  const format = readFormat(recordAt(text, 'format'), reading);
  return {
    ...(verbosity === 'low' || verbosity === 'medium' || verbosity === 'high' ? { verbosity } : {}),
    ...(format === undefined ? {} : { format }),
  };
}

function readFormat(format: JsonRecord | undefined, reading: Reading): AnswerFormat | undefined {
  switch (format?.['type']) {
    case undefined:
    case 'text':
      return undefined;
    case 'json_object':
      return { kind: 'json' };
    case 'json_schema': {
      const schema = recordAt(format, 'schema');
      if (schema === undefined) return refuse(reading, 'The request\'s text.format needs "schema".');
      if (textAt(format, 'description') !== undefined) reading.losses.add(fieldLoss('text.format.description'));
      return { kind: 'schema', name: textAt(format, 'name') ?? 'answer', schema, strict: format?.['strict'] === true };
    }
    default:
      return refuse(
        reading,
        `The request's text.format has the type ${quoted(format?.['type'])}; it must be text, json_object or json_schema.`,
      );
  }
}

function readSampling(body: JsonRecord, reading: Reading): Sampling | undefined {
  const [temperature, topP] = [optional(body, 'temperature', 'number', reading), optional(body, 'top_p', 'number', reading)];
  if (temperature === undefined && topP === undefined) return undefined;
  return { ...(temperature === undefined ? {} : { temperature }), ...(topP === undefined ? {} : { topP }) };
}

interface Kinds {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
}

/** Null stands for nothing, as the SDKs send it; an empty text, too. */
function readLimit(body: JsonRecord, reading: Reading): number | undefined {
  const limit = optional(body, 'max_output_tokens', 'number', reading);
  if (limit === undefined || (Number.isSafeInteger(limit) && limit > 0)) return limit;
  return refuse(reading, `The request's max_output_tokens must be a whole number above 0, but is ${limit}.`);
}

function optional<Kind extends keyof Kinds>(body: JsonRecord, name: string, kind: Kind, reading: Reading): Kinds[Kind] | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value === kind) return value as Kinds[Kind];
  return refuse(reading, `The request's ${name} must be a ${kind}, but is ${kindOf(value)}.`);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

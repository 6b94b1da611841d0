import { type Fields, fieldsOf, isObject, listOf, type Memory, refuse, textOf, words } from './dialect.ts';
import { checkSchema } from './gemini-schema.ts';

/** The rules of `:generateContent`, `:streamGenerateContent` and `:countTokens`, in the vendor's words where they are known. */
export function checkContents(request: Fields, model: string, memory: Memory): void {
  unknownFields(request, TOP_LEVEL, '');
  const contents = request['contents'];
  if (!Array.isArray(contents) || contents.length === 0) refuse('* GenerateContentRequest.contents: contents is not specified\n');
  const turns = contents.map((each, at) => checkContent(each, `contents[${at}]`));
  checkOrder(turns);
  checkSignatures(turns, model, memory);
  const system = field(request, 'systemInstruction');
  if (system !== undefined) checkContent(system, 'system_instruction');
  const names = checkTools(request['tools']);
  checkToolConfig(fieldsOf(field(request, 'toolConfig')), names);
  checkGenerationConfig(fieldsOf(field(request, 'generationConfig')));
}

const TOP_LEVEL = [
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'safetySettings',
  'generationConfig',
  'cachedContent',
  'model',
  'serviceTier',
  'store',
  'labels',
];
const PART = words(`
  text thought thoughtSignature inlineData fileData functionCall functionResponse executableCode codeExecutionResult
  videoMetadata mediaResolution partMetadata toolCall toolResponse
`);
const PART_DATA = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
];
const CONFIG = words(`
  temperature topP topK candidateCount maxOutputTokens stopSequences responseMimeType responseSchema responseJsonSchema
  responseModalities thinkingConfig seed presencePenalty frequencyPenalty responseLogprobs logprobs speechConfig
  mediaResolution enableEnhancedCivicAnswers imageConfig responseFormat
`);
const TOOL = [
  'functionDeclarations',
  'googleSearch',
  'googleSearchRetrieval',
  'codeExecution',
  'urlContext',
  'computerUse',
  'fileSearch',
  'googleMaps',
];
const DECLARATION = ['name', 'description', 'parameters', 'parametersJsonSchema', 'response', 'responseJsonSchema', 'behavior'];

/** Published by the vendor for calls that another model made: they pass where a signature is wanted. */
const DUMMIES = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'];

const NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/;

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The API takes both spellings of a field. */
function field(value: Fields, name: string): unknown {
  return value[name] ?? value[snake(name)];
}

function unknownFields(value: Fields, known: readonly string[], where: string): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name) || known.some((each) => snake(each) === name)) continue;
    refuse(`Invalid JSON payload received. Unknown name "${name}"${where === '' ? '' : ` at '${where}'`}: Cannot find field.`);
  }
}

interface Turn {
  readonly where: string;
  readonly role: string;
  readonly parts: readonly Fields[];
}

const callsIn = (turn: Turn | undefined): readonly Fields[] => valuesIn(turn, 'functionCall');
const responsesIn = (turn: Turn | undefined): readonly Fields[] => valuesIn(turn, 'functionResponse');
const valuesIn = (turn: Turn | undefined, name: string): readonly Fields[] =>
  (turn?.parts ?? []).flatMap((part) => (field(part, name) === undefined ? [] : [fieldsOf(field(part, name))]));

function checkContent(value: unknown, where: string): Turn {
  const content = fieldsOf(value);
  unknownFields(content, ['role', 'parts'], where);
  const role = textOf(content['role'] ?? 'user');
  if (!['user', 'model', 'function', 'system'].includes(role) || (role === 'system' && where !== 'system_instruction')) {
    refuse('Please use a valid role: user, model.');
  }
  const parts = content['parts'];
  if (!Array.isArray(parts) || parts.length === 0)
    refuse(`* GenerateContentRequest.${where}.parts: contents.parts must not be empty.\n`);
  const fields = parts.map(fieldsOf);
  fields.forEach((part, at) => checkPart(part, `${where}.parts[${at}]`));
  return { where, role: role === 'function' ? 'user' : role, parts: fields };
}

function checkPart(part: Fields, where: string): void {
  unknownFields(part, PART, where);
  const data = PART_DATA.filter((name) => field(part, name) !== undefined);
  if (data.length === 0)
    refuse(`* GenerateContentRequest.${where}.data: required oneof field 'data' must have one initialized field\n`);
  if (data.length > 1)
    refuse(`Invalid value at '${where}' (oneof), oneof field 'data' is already set. Cannot set '${snake(data[1] ?? '')}'`);
  const call = field(part, 'functionCall');
  if (call !== undefined) {
    unknownFields(fieldsOf(call), ['id', 'name', 'args', 'partialArgs', 'willContinue'], `${where}.function_call`);
    if (textOf(fieldsOf(call)['name']) === '')
      refuse(`* GenerateContentRequest.${where}.function_call.name: Name cannot be empty.\n`);
    needStruct(fieldsOf(call)['args'] ?? {}, `${where}.function_call.args`);
  }
  const response = field(part, 'functionResponse');
  if (response !== undefined) {
    unknownFields(
      fieldsOf(response),
      ['id', 'name', 'response', 'parts', 'willContinue', 'scheduling'],
      `${where}.function_response`,
    );
    if (textOf(fieldsOf(response)['name']) === '')
      refuse(`* GenerateContentRequest.${where}.function_response.name: Name cannot be empty.\n`);
    needStruct(fieldsOf(response)['response'], `${where}.function_response.response`);
  }
  const inline = field(part, 'inlineData');
  if (inline !== undefined && textOf(field(fieldsOf(inline), 'mimeType')) === '') {
    refuse(`* GenerateContentRequest.${where}.inline_data.mime_type: mime_type is not specified\n`);
  }
}

function needStruct(value: unknown, where: string): void {
  if (!isObject(value))
    refuse(`Invalid value at '${where}' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(value) ?? 'null'}`);
}

function checkOrder(turns: readonly Turn[]): void {
  if (turns[0]?.role !== 'user') refuse('Please ensure that multiturn requests start with a user turn.');
  turns.forEach((turn, at) => {
    const before = turns[at - 1];
    if (before?.role === turn.role) refuse('Please ensure that multiturn requests alternate between user and model.');
    const asked = callsIn(before).map((call) => textOf(call['name']));
    const answered = responsesIn(turn).map((response) => textOf(response['name']));
    if (answered.length > 0 && asked.length === 0) {
      refuse('Please ensure that function response turn comes immediately after a function call turn.');
    }
    if (asked.length !== answered.length) {
      refuse(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    }
    const stranger = answered.find((name) => !asked.includes(name));
    if (stranger !== undefined)
      refuse(`Please ensure that function response "${stranger}" answers a function call of the same name.`);
  });
}

/**
 * Gemini 3 wants back the signature of the first call of each step, but only of the steps since the last text of the user.
 * A signature that is there must be one of its own, in every turn.
 */
function checkSignatures(turns: readonly Turn[], model: string, memory: Memory): void {
  for (const part of turns.flatMap((turn) => turn.parts)) {
    const signature = field(part, 'thoughtSignature');
    if (signature !== undefined && !memory.issued.has(textOf(signature)) && !DUMMIES.includes(textOf(signature)))
      refuse('Corrupted thought signature.');
  }
  if (!model.startsWith('gemini-3')) return;
  const start = turns.findLastIndex((turn) => turn.role === 'user' && responsesIn(turn).length === 0);
  turns.slice(start + 1).forEach((turn) => {
    const first = turn.parts.findIndex((part) => field(part, 'functionCall') !== undefined);
    const part = turn.parts[first];
    if (part === undefined || field(part, 'thoughtSignature') !== undefined) return;
    refuse(
      'Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing ' +
        `thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${textOf(fieldsOf(field(part, 'functionCall'))['name'])}\`, position ${first + 1}.`,
    );
  });
}

function checkTools(value: unknown): readonly string[] {
  const names: string[] = [];
  listOf(value).forEach((each, t) => {
    const tool = fieldsOf(each);
    unknownFields(tool, TOOL, `tools[${t}]`);
    listOf(field(tool, 'functionDeclarations')).forEach((one, d) => {
      const declaration = fieldsOf(one);
      const where = `tools[${t}].function_declarations[${d}]`;
      unknownFields(declaration, DECLARATION, where);
      const name = textOf(declaration['name']);
      if (!NAME.test(name)) {
        refuse(
          `* GenerateContentRequest.${where}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric ` +
            '(a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.\n',
        );
      }
      if (names.includes(name)) refuse(`Duplicate function declaration found: ${name}`);
      names.push(name);
      const free = field(declaration, 'parametersJsonSchema');
      if (declaration['parameters'] !== undefined && free !== undefined) {
        refuse(`* GenerateContentRequest.${where}: only one of parameters and parameters_json_schema may be set\n`);
      }
      if (free !== undefined && !isObject(free)) refuse(`Invalid value at '${where}.parameters_json_schema'`);
      if (declaration['parameters'] !== undefined) checkSchema(declaration['parameters'], `${where}.parameters`);
    });
  });
  return names;
}

function checkToolConfig(config: Fields, names: readonly string[]): void {
  const calling = fieldsOf(field(config, 'functionCallingConfig'));
  const mode = textOf(calling['mode'] ?? 'AUTO').toUpperCase();
  if (!['AUTO', 'ANY', 'NONE', 'VALIDATED', 'MODE_UNSPECIFIED'].includes(mode)) {
    refuse(
      `Invalid value at 'tool_config.function_calling_config.mode' (type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode), "${mode}"`,
    );
  }
  const allowed = listOf(field(calling, 'allowedFunctionNames')).map(textOf);
  if (allowed.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED') {
    refuse('Function calling config is set without function calling mode ANY: allowed_function_names needs it.');
  }
  const stranger = allowed.find((name) => !names.includes(name));
  if (stranger !== undefined) refuse(`allowed_function_names: "${stranger}" is not among the declared functions.`);
}

function checkGenerationConfig(config: Fields): void {
  unknownFields(config, CONFIG, 'generation_config');
  const thinking = fieldsOf(field(config, 'thinkingConfig'));
  unknownFields(thinking, ['includeThoughts', 'thinkingBudget', 'thinkingLevel'], 'generation_config.thinking_config');
  if (field(thinking, 'thinkingBudget') !== undefined && field(thinking, 'thinkingLevel') !== undefined) {
    refuse('You can only set only one of thinking budget and thinking level.');
  }
  const temperature = config['temperature'];
  if (temperature !== undefined && (typeof temperature !== 'number' || temperature < 0 || temperature > 2)) {
    refuse('* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n');
  }
  const maximum = field(config, 'maxOutputTokens');
  if (maximum !== undefined && (typeof maximum !== 'number' || maximum < 1)) {
    refuse('* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.\n');
  }
  if (listOf(field(config, 'stopSequences')).length > 5) {
    refuse('* GenerateContentRequest.generation_config.stop_sequences: too many stop sequences, at most 5.\n');
  }
  const schema = field(config, 'responseSchema');
  if (schema !== undefined) checkSchema(schema, 'generation_config.response_schema');
}

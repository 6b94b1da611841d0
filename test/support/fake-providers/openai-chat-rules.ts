import { type Fields, fieldsOf, isObject, listOf, refuse, textOf, wordOf, words } from './dialect.ts';
import { badPattern, belowMinimum, empty, invalidValue, missing, tooLong, unknownParameter, wrongType } from './openai-faults.ts';

/** The rules of `POST /v1/chat/completions`, in the vendor's words where they are known. */
export function checkChat(body: Fields): void {
  if (body['model'] === undefined) refuse('you must provide a model parameter');
  if (typeof body['model'] !== 'string') wrongType('model', 'a string', body['model']);
  for (const name of Object.keys(body)) if (!TOP_LEVEL.has(name)) refuse(`Unrecognized request argument supplied: ${name}`);
  const messages = body['messages'];
  if (messages === undefined) missing('messages');
  if (!Array.isArray(messages)) wrongType('messages', 'an array of objects', messages);
  if (messages.length === 0) empty('messages');
  messages.forEach((message, at) => checkMessage(message, `messages[${at}]`));
  checkPairing(messages.map(fieldsOf));
  checkTools(body);
  checkLimits(body);
}

export const isReasoningModel = (model: unknown): boolean =>
  /^(?:o\d|gpt-[5-9])/.test(textOf(model)) && !/-chat/.test(textOf(model));

const TOP_LEVEL = new Set(
  words(`
  messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens
  metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options
  prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream
  stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options
`),
);

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];
const PARTS: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
};
// Not in the vendor's schema but let through: agents replay it to every compatible provider.
const MESSAGE_KEYS = [
  'role',
  'content',
  'name',
  'refusal',
  'audio',
  'tool_calls',
  'function_call',
  'tool_call_id',
  'reasoning_content',
  'annotations',
];
const PART_KEYS = ['type', 'text', 'image_url', 'input_audio', 'file', 'refusal'];
const NAME = /^[a-zA-Z0-9_-]+$/;

function checkMessage(value: unknown, where: string): void {
  if (!isObject(value)) wrongType(where, 'an object', value);
  const { role, content, tool_calls: calls } = value;
  if (role === undefined) missing(`${where}.role`);
  if (!ROLES.includes(textOf(role))) invalidValue(`${where}.role`, role, ROLES);
  for (const name of Object.keys(value)) if (!MESSAGE_KEYS.includes(name)) unknownParameter(`${where}.${name}`);
  if (content === null || content === undefined) {
    if (role !== 'assistant' || (calls === undefined && value['refusal'] === undefined && value['function_call'] === undefined)) {
      refuse(`Invalid value for 'content': expected a string, got null.`, { param: `${where.replace('[', '.[')}.content` });
    }
  } else if (Array.isArray(content)) {
    if (content.length === 0) empty(`${where}.content`);
    content.forEach((part, at) => checkPart(fieldsOf(part), `${where}.content[${at}]`, textOf(role)));
  } else if (typeof content !== 'string') {
    wrongType(`${where}.content`, 'one of a string or array of objects', content);
  }
  if (role === 'tool' && typeof value['tool_call_id'] !== 'string') missing(`${where}.tool_call_id`);
  if (calls !== undefined) checkCalls(calls, `${where}.tool_calls`);
}

function checkPart(part: Fields, where: string, role: string): void {
  const allowed = PARTS[role] ?? ['text'];
  if (part['type'] === undefined) missing(`${where}.type`);
  if (!allowed.includes(textOf(part['type']))) invalidValue(where, part['type'], allowed);
  for (const name of Object.keys(part)) if (!PART_KEYS.includes(name)) unknownParameter(`${where}.${name}`);
  if (part['type'] === 'text' && typeof part['text'] !== 'string') wrongType(`${where}.text`, 'a string', part['text']);
  if (part['type'] === 'image_url' && typeof fieldsOf(part['image_url'])['url'] !== 'string') missing(`${where}.image_url.url`);
}

function checkCalls(calls: unknown, where: string): void {
  if (!Array.isArray(calls)) wrongType(where, 'an array of objects', calls);
  if (calls.length === 0) empty(where);
  calls.map(fieldsOf).forEach((call, at) => {
    const here = `${where}[${at}]`;
    if (typeof call['id'] !== 'string') missing(`${here}.id`);
    if (call['id'].length > 40) tooLong(`${here}.id`, 40, call['id'].length);
    if (call['type'] !== 'function' && call['type'] !== 'custom')
      invalidValue(`${here}.type`, call['type'], ['function', 'custom']);
    const inner = fieldsOf(call[call['type']]);
    if (!NAME.test(textOf(inner['name']))) badPattern(`${here}.${call['type']}.name`);
    const input = call['type'] === 'function' ? 'arguments' : 'input';
    if (inner[input] === undefined) missing(`${here}.${call['type']}.${input}`);
    if (typeof inner[input] !== 'string') wrongType(`${here}.${call['type']}.${input}`, 'a string', inner[input]);
  });
}

function checkPairing(messages: readonly Fields[]): void {
  messages.forEach((message, at) => {
    const calls = listOf(message['tool_calls']).map((call) => textOf(fieldsOf(call)['id']));
    if (calls.length > 0) {
      const after = messages.slice(at + 1);
      const end = after.findIndex((each) => each['role'] !== 'tool');
      const answered = after.slice(0, end === -1 ? after.length : end).map((each) => each['tool_call_id']);
      const open = calls.filter((id) => !answered.includes(id));
      if (open.length > 0) {
        refuse(
          "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
            `The following tool_call_ids did not have response messages: ${open.join(', ')}`,
          { param: 'messages' },
        );
      }
    }
    if (message['role'] !== 'tool') return;
    const asked = messages.slice(0, at).findLast((each) => each['role'] !== 'tool');
    if (!listOf(asked?.['tool_calls']).some((call) => fieldsOf(call)['id'] === message['tool_call_id'])) {
      refuse("Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", {
        param: `messages.[${at}].role`,
      });
    }
  });
}

function checkTools(body: Fields): void {
  const { tools, tool_choice: choice } = body;
  if (tools === undefined) {
    for (const name of ['tool_choice', 'parallel_tool_calls']) {
      if (body[name] !== undefined) refuse(`'${name}' is only allowed when 'tools' are specified.`, { param: name });
    }
    return;
  }
  if (!Array.isArray(tools)) wrongType('tools', 'an array of objects', tools);
  if (tools.length === 0) empty('tools');
  const names = tools.map((each, at) => {
    const tool = fieldsOf(each);
    const type = tool['type'];
    if (type !== 'function' && type !== 'custom') invalidValue(`tools[${at}].type`, type, ['function', 'custom']);
    const inner = fieldsOf(tool[type]);
    if (inner['name'] === undefined) missing(`tools[${at}].${type}.name`);
    checkFunctionName(inner['name'], `tools[${at}].${type}.name`);
    if (type === 'function')
      checkParameters(textOf(inner['name']), inner['parameters'], inner['strict'] === true, `tools[${at}].function.parameters`);
    return inner['name'];
  });
  const named = fieldsOf(fieldsOf(choice)['function'])['name'];
  if (named !== undefined && !names.includes(named)) {
    refuse(`Tool choice '${wordOf(named)}' not found in 'tools' parameter.`, { param: 'tool_choice' });
  }
  if (typeof choice === 'string' && !['none', 'auto', 'required'].includes(choice))
    invalidValue('tool_choice', choice, ['none', 'auto', 'required']);
  if (isObject(choice) && !['function', 'custom', 'allowed_tools'].includes(textOf(choice['type']))) {
    invalidValue('tool_choice.type', choice['type'], ['function', 'allowed_tools', 'custom']);
  }
}

export function checkFunctionName(name: unknown, where: string): void {
  if (!NAME.test(textOf(name))) badPattern(where);
  if (textOf(name).length > 64) tooLong(where, 64, textOf(name).length);
}

/** Shared with Responses. */
export function checkParameters(name: string, schema: unknown, strict: boolean, param: string): void {
  if (schema === undefined || schema === null) return;
  const bad = (why: string): never =>
    refuse(`Invalid schema for function '${name}': ${why}`, { code: 'invalid_function_parameters', param });
  if (!isObject(schema)) wrongType(param, 'an object', schema);
  // An empty schema stands for "no arguments".
  if (Object.keys(schema).length > 0 && schema['type'] !== 'object') {
    bad(`schema must be a JSON Schema of 'type: "object"', got 'type: "${wordOf(schema['type'] ?? 'None')}"'.`);
  }
  if (strict) checkStrict(schema, '', bad);
}

function checkStrict(schema: Fields, path: string, bad: (why: string) => never): void {
  const context = `In context=(${path}), `;
  if (schema['type'] === 'object') {
    if (schema['additionalProperties'] !== false)
      bad(`${context}'additionalProperties' is required to be supplied and to be false.`);
    const required = listOf(schema['required']);
    for (const [key, inner] of Object.entries(fieldsOf(schema['properties']))) {
      if (!required.includes(key)) {
        bad(
          `${context}'required' is required to be supplied and to be an array including every key in properties. Missing '${key}'.`,
        );
      }
      checkStrict(fieldsOf(inner), `${path}'properties', '${key}', `, bad);
    }
  }
  if (schema['type'] === 'array') {
    if (schema['items'] === undefined) bad(`${context}array schema missing items.`);
    checkStrict(fieldsOf(schema['items']), `${path}'items', `, bad);
  }
}

function checkLimits(body: Fields): void {
  const { stream, stream_options: options, max_tokens: old, max_completion_tokens: maximum, temperature, stop, n } = body;
  if (options !== undefined && options !== null && stream !== true) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", { param: 'stream_options' });
  }
  if (old !== undefined && maximum !== undefined) {
    refuse("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", {
      code: 'invalid_parameter_combination',
    });
  }
  if (isReasoningModel(body['model'])) {
    if (old !== undefined && old !== null) {
      refuse("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", {
        param: 'max_tokens',
        code: 'unsupported_parameter',
      });
    }
    if (temperature !== undefined && temperature !== null && temperature !== 1) {
      refuse(
        `Unsupported value: 'temperature' does not support ${wordOf(temperature)} with this model. Only the default (1) value is supported.`,
        { param: 'temperature', code: 'unsupported_value' },
      );
    }
    for (const name of ['top_p', 'presence_penalty', 'frequency_penalty', 'stop', 'logprobs']) {
      if (body[name] !== undefined && body[name] !== null) {
        refuse(`Unsupported parameter: '${name}' is not supported with this model.`, {
          param: name,
          code: 'unsupported_parameter',
        });
      }
    }
  }
  for (const [name, value] of [
    ['max_tokens', old],
    ['max_completion_tokens', maximum],
    ['n', n],
  ] as const) {
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number' || !Number.isInteger(value)) wrongType(name, 'an integer', value);
    if (value < 1) belowMinimum(name, 1, value);
  }
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 2)) {
    refuse(`Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got ${temperature} instead.`, {
      param: 'temperature',
      code: 'decimal_above_max_value',
    });
  }
  if (Array.isArray(stop) && stop.length > 4) {
    refuse(
      `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${stop.length} instead.`,
      {
        param: 'stop',
        code: 'array_above_max_length',
      },
    );
  }
}

import { type Fields, type Memory, fieldsOf, isObject, listOf, refuse, textOf, wordOf, words } from './dialect.ts';
import { checkFunctionName, checkParameters, isReasoningModel } from './openai-chat-rules.ts';
import { belowMinimum, invalidValue, missing, unknownParameter, wrongType } from './openai-faults.ts';
import { checkItem } from './openai-responses-items.ts';

/** The rules of `POST /v1/responses`, in the vendor's words where they are known. */
export function checkResponses(body: Fields, memory: Memory): void {
  checkTopLevel(body);
  const previous = body['previous_response_id'];
  const stored = typeof previous === 'string' ? memory.stored.get(previous) : undefined;
  if (typeof previous === 'string' && stored === undefined) {
    refuse(`Previous response with id '${previous}' not found.`, {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    });
  }
  const input = body['input'];
  if (input === undefined && stored === undefined && body['prompt'] === undefined) missing('input');
  if (input !== undefined && typeof input !== 'string') {
    if (!Array.isArray(input)) wrongType('input', 'one of a string or array of objects', input);
    input.forEach((item, at) => checkItem(item, `input[${at}]`, memory));
    checkPairing(input.map(fieldsOf), stored?.openCalls ?? []);
    checkReasoning(input.map(fieldsOf), memory);
  } else if ((stored?.openCalls.length ?? 0) > 0) {
    refuse(`No tool output found for function call ${stored?.openCalls[0] ?? ''}.`, { param: 'input' });
  }
  checkTools(body);
}

const TOP_LEVEL = new Set(
  words(`
  model input instructions background context_management conversation include max_output_tokens max_tool_calls metadata
  moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention
  reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs
  top_p truncation user client_metadata
`),
);

const MOVED: Readonly<Record<string, string>> = {
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
  verbosity: 'text.verbosity',
  functions: 'tools',
};

const TOOLS = words(`
  function custom namespace tool_search web_search web_search_preview file_search code_interpreter image_generation
  local_shell shell apply_patch computer computer_use_preview mcp
`);

function checkTopLevel(body: Fields): void {
  if (body['model'] === undefined) missing('model');
  for (const name of Object.keys(body)) {
    const home = MOVED[name];
    if (home !== undefined) {
      refuse(
        `Unsupported parameter: '${name}'. In the Responses API, this parameter has moved to '${home}'. Try again with the new parameter.`,
        {
          param: name,
          code: 'unsupported_parameter',
        },
      );
    }
    if (!TOP_LEVEL.has(name)) unknownParameter(name);
  }
  for (const name of Object.keys(fieldsOf(body['stream_options']))) {
    if (name !== 'include_obfuscation') unknownParameter(`stream_options.${name}`);
  }
  const maximum = body['max_output_tokens'];
  if (maximum !== undefined && maximum !== null) {
    if (typeof maximum !== 'number' || !Number.isInteger(maximum)) wrongType('max_output_tokens', 'an integer', maximum);
    if (maximum < 16) belowMinimum('max_output_tokens', 16, maximum);
  }
  if (isReasoningModel(body['model'])) {
    for (const name of ['temperature', 'top_p']) {
      if (body[name] !== undefined && body[name] !== null && body[name] !== 1) {
        refuse(`Unsupported parameter: '${name}' is not supported with this model.`, { param: name });
      }
    }
  } else if (fieldsOf(body['reasoning'])['effort'] !== undefined && fieldsOf(body['reasoning'])['effort'] !== null) {
    refuse("Unsupported parameter: 'reasoning.effort' is not supported with this model.", {
      param: 'reasoning.effort',
      code: 'unsupported_parameter',
    });
  }
}

function checkPairing(items: readonly Fields[], openBefore: readonly string[]): void {
  for (const [call, output, name] of [
    ['function_call', 'function_call_output', 'function call'],
    ['custom_tool_call', 'custom_tool_call_output', 'custom tool call'],
  ] as const) {
    const known = new Set(openBefore);
    for (const item of items) {
      const id = textOf(item['call_id']);
      if (item['type'] === call) known.add(id);
      if (item['type'] === output && !known.has(id))
        refuse(`No tool call found for ${name} output with call_id ${id}.`, { param: 'input' });
    }
    const answered = new Set(items.filter((item) => item['type'] === output).map((item) => item['call_id']));
    const waiting = items.filter((item) => item['type'] === call).map((item) => textOf(item['call_id']));
    const stillOpen = (call === 'function_call' ? [...openBefore, ...waiting] : waiting).find((id) => !answered.has(id));
    if (stillOpen !== undefined) refuse(`No tool output found for ${name} ${stillOpen}.`, { param: 'input' });
  }
}

/** A stored reasoning item and the item that it led to belong together: neither may come back alone. */
function checkReasoning(items: readonly Fields[], memory: Memory): void {
  items.forEach((item, at) => {
    if (item['type'] === 'reasoning') {
      const next = items[at + 1];
      const led = next !== undefined && next['role'] !== 'user' && !textOf(next['type']).endsWith('_output');
      if (!led)
        refuse(`Item '${textOf(item['id'])}' of type 'reasoning' was provided without its required following item.`, {
          param: 'input',
        });
    }
    if (item['type'] !== 'function_call' || typeof item['id'] !== 'string') return;
    for (const { body } of memory.stored.values()) {
      const output = listOf(body['output']).map(fieldsOf);
      const reasoning = output.find((each) => each['type'] === 'reasoning')?.['id'];
      if (reasoning === undefined || !output.some((each) => each['id'] === item['id'])) continue;
      if (!items.some((each) => each['id'] === reasoning)) {
        refuse(
          `Item '${item['id']}' of type 'function_call' was provided without its required 'reasoning' item: '${wordOf(reasoning)}'.`,
          {
            param: 'input',
          },
        );
      }
    }
  });
}

function checkTools(body: Fields): void {
  const { tools, tool_choice: choice } = body;
  if (tools !== undefined && !Array.isArray(tools)) wrongType('tools', 'an array of objects', tools);
  listOf(tools).forEach((each, at) => checkTool(fieldsOf(each), `tools[${at}]`));
  if (choice === 'required' && listOf(tools).length === 0) {
    refuse("Tool choice 'required' must be specified with 'tools' parameter.", { param: 'tool_choice' });
  }
  const named = isObject(choice) && choice['type'] === 'function' ? textOf(choice['name']) : undefined;
  if (named !== undefined && !listOf(tools).some((tool) => fieldsOf(tool)['name'] === named)) {
    refuse(`Tool choice 'function' not found in 'tools' parameter.`, { param: 'tool_choice' });
  }
}

function checkTool(tool: Fields, where: string): void {
  const type = textOf(tool['type']);
  if (!TOOLS.includes(type) && !type.startsWith('web_search')) invalidValue(`${where}.type`, tool['type'], TOOLS);
  if (type === 'namespace') listOf(tool['tools']).forEach((inner, at) => checkTool(fieldsOf(inner), `${where}.tools[${at}]`));
  if (type !== 'function' && type !== 'custom' && type !== 'namespace') return;
  // A tool in chat's shape, with its name one level down, ends here.
  if (tool['name'] === undefined) missing(`${where}.name`);
  checkFunctionName(tool['name'], `${where}.name`);
  if (type === 'function')
    checkParameters(textOf(tool['name']), tool['parameters'], tool['strict'] === true, `${where}.parameters`);
}

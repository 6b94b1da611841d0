import { type Fields, type Memory, fieldsOf, isObject, listOf, refuse, textOf, words } from './dialect.ts';
import { checkFunctionName } from './openai-chat-rules.ts';
import { invalidValue, missing, tooLong, unknownParameter, wrongType } from './openai-faults.ts';

const ITEMS = words(`
  message reasoning function_call function_call_output custom_tool_call custom_tool_call_output item_reference
  additional_tools tool_search_call tool_search_output web_search_call file_search_call computer_call computer_call_output
  code_interpreter_call image_generation_call local_shell_call local_shell_call_output shell_call shell_call_output
  apply_patch_call apply_patch_call_output mcp_list_tools mcp_approval_request mcp_approval_response mcp_call compaction
  compaction_trigger configuration_update program program_output
`);

/** What the id of an item must begin with; the real API refuses ids of another kind. */
const PREFIX: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fc',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctc',
};

const INPUT_PARTS = ['input_text', 'input_image', 'input_file', 'input_audio'];
const OUTPUT_PARTS = ['output_text', 'refusal'];
/** One item of `input`, apart from its fellows. */
export function checkItem(value: unknown, where: string, memory: Memory): void {
  if (!isObject(value)) wrongType(where, 'an object', value);
  const type = value['type'] ?? (value['role'] === undefined ? undefined : 'message');
  if (type === undefined) missing(`${where}.type`);
  if (!ITEMS.includes(textOf(type))) invalidValue(where, type, ITEMS);
  const prefix = PREFIX[textOf(type)];
  const id = value['id'];
  if (prefix !== undefined && typeof id === 'string' && !id.startsWith(prefix)) {
    refuse(`Invalid '${where}.id': '${id}'. Expected an ID that begins with '${prefix}'.`, {
      param: `${where}.id`,
      code: 'invalid_value',
    });
  }
  switch (type) {
    case 'message':
      return checkMessage(value, where);
    case 'function_call':
      for (const name of ['call_id', 'name', 'arguments']) {
        if (value[name] === undefined) missing(`${where}.${name}`);
        if (typeof value[name] !== 'string') wrongType(`${where}.${name}`, 'a string', value[name]);
      }
      checkFunctionName(value['name'], `${where}.name`);
      return checkCallId(value, where);
    case 'function_call_output':
    case 'custom_tool_call_output':
      if (value['output'] === undefined) missing(`${where}.output`);
      if (typeof value['output'] !== 'string' && !Array.isArray(value['output']))
        wrongType(`${where}.output`, 'one of a string or array', value['output']);
      for (const [at, part] of listOf(value['output']).entries()) {
        const kind = fieldsOf(part)['type'];
        if (!INPUT_PARTS.includes(textOf(kind))) invalidValue(`${where}.output[${at}]`, kind, INPUT_PARTS);
      }
      return checkCallId(value, where);
    case 'custom_tool_call':
      if (typeof value['input'] !== 'string') missing(`${where}.input`);
      return checkCallId(value, where);
    case 'reasoning':
      return checkReasoningItem(value, where, memory);
    default:
      return undefined;
  }
}

function checkCallId(item: Fields, where: string): void {
  const id = item['call_id'];
  if (typeof id !== 'string') missing(`${where}.call_id`);
  if (id.length > 64) tooLong(`${where}.call_id`, 64, id.length);
}

function checkMessage(item: Fields, where: string): void {
  const { role, content } = item;
  const roles = ['assistant', 'system', 'developer', 'user'];
  if (!roles.includes(textOf(role))) invalidValue(`${where}.role`, role, roles);
  if (content === undefined) missing(`${where}.content`);
  if (typeof content === 'string') return;
  if (!Array.isArray(content)) wrongType(`${where}.content`, 'one of an array of objects or string', content);
  const allowed = role === 'assistant' ? OUTPUT_PARTS : INPUT_PARTS;
  content.forEach((each, at) => {
    const part = fieldsOf(each);
    if (part['type'] === undefined) missing(`${where}.content[${at}].type`);
    if (!allowed.includes(textOf(part['type']))) invalidValue(`${where}.content[${at}]`, part['type'], allowed);
    for (const name of ['cache_control', 'signature'])
      if (part[name] !== undefined) unknownParameter(`${where}.content[${at}].${name}`);
    if (part['type'] === 'input_text' && typeof part['text'] !== 'string') missing(`${where}.content[${at}].text`);
  });
}

function checkReasoningItem(item: Fields, where: string, memory: Memory): void {
  if (!Array.isArray(item['summary'])) missing(`${where}.summary`);
  const sealed = item['encrypted_content'];
  if (typeof sealed === 'string') {
    if (memory.issued.has(sealed)) return;
    refuse(
      `The encrypted content ${sealed.slice(0, 4)}...${sealed.slice(-4)} could not be verified. ` +
        'Reason: Encrypted content could not be decrypted or parsed.',
      { code: 'invalid_encrypted_content' },
    );
  }
  if (typeof item['id'] === 'string' && !isStored(item['id'], memory)) {
    refuse(
      `Item with id '${item['id']}' not found. Items are not persisted when \`store\` is set to false. ` +
        'Try again with `store` set to true, or remove this item from your input.',
      { status: 404, param: 'input' },
    );
  }
}

const isStored = (id: string, memory: Memory): boolean =>
  [...memory.stored.values()].some(({ body }) => listOf(body['output']).some((item) => fieldsOf(item)['id'] === id));

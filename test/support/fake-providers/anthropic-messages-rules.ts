import { checkCacheControl } from './anthropic-cache-rules.ts';
import { type Fields, fieldsOf, isObject, listOf, type Memory, refuse, textOf, wordOf, words } from './dialect.ts';

/** The rules of `POST /v1/messages` and `/count_tokens`, in the order and words of the real API where they are known. */
export function checkMessages(body: Fields, betas: readonly string[], version: string, counting: boolean, memory: Memory): void {
  for (const name of counting ? ['messages', 'model'] : ['max_tokens', 'messages', 'model']) {
    if (body[name] === undefined) refuse(`${name}: Field required`);
  }
  if (typeof body['model'] !== 'string' || body['model'] === '') refuse('model: Input should be a valid string');
  if (betas.length === 0) refuseExtras(body, TOP_LEVEL, '');
  checkNumbers(body, version, counting);
  const tools = checkTools(body['tools'], betas);
  checkToolChoice(body, tools);
  checkSystem(body['system']);
  checkThinking(body);
  checkTurns(body['messages'], betas, version, memory);
  checkCacheControl(body);
}

const TOP_LEVEL = words(`
  model max_tokens messages cache_control container diagnostics inference_geo metadata output_config service_tier speed
  stop_sequences stream system temperature thinking tool_choice tools top_k top_p user_profile_id workspace_id
`);

const BLOCK_KEYS: Readonly<Record<string, readonly string[]>> = {
  text: ['type', 'text', 'cache_control', 'citations'],
  image: ['type', 'source', 'cache_control'],
  document: ['type', 'source', 'cache_control', 'citations', 'context', 'title'],
  thinking: ['type', 'thinking', 'signature'],
  redacted_thinking: ['type', 'data'],
  tool_use: ['type', 'id', 'name', 'input', 'cache_control', 'caller', 'toolset_name'],
  tool_result: ['type', 'tool_use_id', 'content', 'is_error', 'cache_control'],
};

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/** Mid-conversation system messages: Claude Code's betas, or the API version that has them. */
const SYSTEM_ROLE = /^(?:claude-code-|per-turn-control-|mid-conversation-)/;

function checkNumbers(body: Fields, version: string, counting: boolean): void {
  const { max_tokens: maximum, temperature, stop_sequences: stops, metadata } = body;
  if (!counting && (typeof maximum !== 'number' || !Number.isInteger(maximum)))
    refuse('max_tokens: Input should be a valid integer');
  if (typeof maximum === 'number' && maximum < 1) refuse('max_tokens: Input should be greater than or equal to 1');
  for (const name of ['temperature', 'top_p', 'top_k']) {
    // DOC only: the version that the SDK 1.x majors send has no sampling parameters any more.
    if (version === '2026-10-21' && body[name] !== undefined) refuse(`${name}: Extra inputs are not permitted`);
  }
  if (temperature !== undefined && (typeof temperature !== 'number' || temperature < 0 || temperature > 1))
    refuse('temperature: range: 0..1');
  if (body['stream'] !== undefined && typeof body['stream'] !== 'boolean') refuse('stream: Input should be a valid boolean');
  if (stops !== undefined && !Array.isArray(stops)) refuse('stop_sequences: Input should be a valid list');
  if (listOf(stops).some((stop) => textOf(stop).trim() === ''))
    refuse('stop_sequences: each stop sequence must contain non-whitespace');
  if (metadata !== undefined) refuseExtras(fieldsOf(metadata), ['user_id'], 'metadata.');
}

function checkTools(value: unknown, betas: readonly string[]): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) refuse('tools: Input should be a valid list');
  const names = value.map((each, at) => {
    const tool = fieldsOf(each);
    const name = textOf(tool['name']);
    // A dated type is one of the vendor's own tools: no schema.
    if (tool['type'] !== undefined && tool['type'] !== 'custom') {
      if (!/^[a-z_]+_\d{8}$/.test(textOf(tool['type'])))
        refuse(`tools.${at}: Input tag '${wordOf(tool['type'])}' found using 'type' does not match any of the expected tags`);
      return name;
    }
    const where = `tools.${at}.custom`;
    if (tool['name'] === undefined) refuse(`${where}.name: Field required`);
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) refuse(`${where}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    if (tool['input_schema'] === undefined) refuse(`${where}.input_schema: Field required`);
    const schema = tool['input_schema'];
    // Claude Code's placeholder for deferred tools has an empty schema.
    if (!isObject(schema)) refuse(`${where}.input_schema: Input should be a valid dictionary`);
    if (schema['type'] === undefined && tool['defer_loading'] !== true) refuse(`${where}.input_schema.type: Field required`);
    if (schema['type'] !== undefined && schema['type'] !== 'object') refuse(`${where}.input_schema.type: Input should be 'object'`);
    for (const keyword of ['oneOf', 'allOf', 'anyOf']) {
      if (schema[keyword] !== undefined)
        refuse(`${where}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`);
    }
    if (betas.length === 0) refuseExtras(tool, TOOL_KEYS, `${where}.`);
    return name;
  });
  if (new Set(names).size < names.length) refuse('tools: Tool names must be unique.');
  return names;
}

const TOOL_KEYS = words(`
  name type description input_schema cache_control allowed_callers defer_loading eager_input_streaming input_examples
  strict
`);

function checkToolChoice(body: Fields, tools: readonly string[]): void {
  const choice = body['tool_choice'];
  if (choice === undefined) return;
  const { type, name, disable_parallel_tool_use: serial } = fieldsOf(choice);
  if (type !== 'auto' && type !== 'any' && type !== 'tool' && type !== 'none') {
    refuse(
      `tool_choice: Input tag '${wordOf(type)}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`,
    );
  }
  if (tools.length === 0) refuse('tool_choice: tool_choice may only be specified while providing tools.');
  if (type === 'none' && serial !== undefined) refuse('tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted');
  if (type === 'tool' && !tools.includes(textOf(name))) refuse(`tool_choice: Tool '${textOf(name)}' not found in provided tools`);
  const thinks = ['enabled', 'adaptive'].includes(textOf(fieldsOf(body['thinking'])['type']));
  if (thinks && (type === 'any' || type === 'tool')) refuse('Thinking may not be enabled when tool_choice forces tool use.');
}

function checkSystem(system: unknown): void {
  if (system === undefined || typeof system === 'string') return;
  if (!Array.isArray(system)) refuse('system: Input should be a valid list');
  system.forEach((each, at) => {
    const block = fieldsOf(each);
    if (block['type'] !== 'text') refuse(`system.${at}.type: Input should be 'text'`);
    if (textOf(block['text']) === '') refuse('system: text content blocks must be non-empty');
  });
}

function checkThinking(body: Fields): void {
  const thinking = body['thinking'];
  if (thinking === undefined) return;
  const { type, budget_tokens: budget } = fieldsOf(thinking);
  if (!['enabled', 'adaptive', 'disabled', 'between_tools'].includes(textOf(type))) {
    refuse(`thinking: Input tag '${wordOf(type)}' found using 'type' does not match any of the expected tags`);
  }
  if (type !== 'enabled') return;
  if (budget === undefined) refuse('thinking.enabled.budget_tokens: Field required');
  if (typeof budget !== 'number' || budget < 1024)
    refuse('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  if (typeof body['max_tokens'] === 'number' && body['max_tokens'] <= budget)
    refuse('`max_tokens` must be greater than `thinking.budget_tokens`.');
  if (body['temperature'] !== undefined && body['temperature'] !== 1)
    refuse('`temperature` may only be set to 1 when thinking is enabled.');
}

interface Turn {
  readonly role: string;
  readonly at: number;
  readonly blocks: readonly Fields[];
}

function checkTurns(value: unknown, betas: readonly string[], version: string, memory: Memory): void {
  if (!Array.isArray(value)) refuse('messages: Input should be a valid list');
  if (value.length === 0) refuse('messages: at least one message is required');
  const turns = value.map((each, at) => readTurn(each, at, at === value.length - 1, betas, version));
  for (const turn of turns)
    turn.blocks.forEach((block, n) => checkBlock(block, `messages.${turn.at}.content.${n}`, turn.role, betas, memory));
  const spoken = turns.filter((turn) => turn.role !== 'system');
  if (spoken[0]?.role !== 'user') refuse('messages: first message must use the "user" role');
  const last = spoken.at(-1);
  const ending = last?.role === 'assistant' ? last.blocks.at(-1) : undefined;
  if (ending?.['type'] === 'text' && /\s$/.test(textOf(ending['text']))) {
    refuse('messages: final assistant content cannot end with trailing whitespace');
  }
  checkPairing(spoken);
}

function readTurn(value: unknown, at: number, last: boolean, betas: readonly string[], version: string): Turn {
  const message = fieldsOf(value);
  const role = message['role'];
  if (role === undefined) refuse(`messages.${at}.role: Field required`);
  if (role === 'system') {
    if (!betas.some((beta) => SYSTEM_ROLE.test(beta)) && version !== '2026-10-21') {
      refuse(
        'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
      );
    }
  } else if (role !== 'user' && role !== 'assistant') {
    refuse(`messages: Unexpected role "${wordOf(role)}". Allowed roles are "user" or "assistant"`);
  }
  if (betas.length === 0) refuseExtras(message, ['role', 'content'], `messages.${at}.`);
  const content = message['content'];
  if (content === undefined) refuse(`messages.${at}.content: Field required`);
  if (typeof content !== 'string' && !Array.isArray(content)) refuse(`messages.${at}.content: Input should be a valid string`);
  if (content.length === 0 && !(last && role === 'assistant')) {
    refuse(`messages.${at}: all messages must have non-empty content except for the optional final assistant message`);
  }
  const blocks = typeof content === 'string' ? (content === '' ? [] : [{ type: 'text', text: content }]) : content.map(fieldsOf);
  return { role, at, blocks };
}

function checkBlock(block: Fields, where: string, role: string, betas: readonly string[], memory: Memory): void {
  const type = textOf(block['type']);
  const keys = BLOCK_KEYS[type];
  if (block['type'] === undefined) refuse(`${where}.type: Field required`);
  if (keys === undefined && !/_(?:result|use)$|^(?:search_result|container_upload|tool_reference)$/.test(type)) {
    refuse(`${where}: Input tag '${type}' found using 'type' does not match any of the expected tags`);
  }
  if (keys !== undefined && betas.length === 0) refuseExtras(block, keys, `${where}.${type}.`);
  if (type === 'text') {
    if (typeof block['text'] !== 'string') refuse(`${where}.text.text: Input should be a valid string`);
    if (block['text'] === '') refuse('messages: text content blocks must be non-empty');
    if (block['text'].trim() === '') refuse('messages: text content blocks must contain non-whitespace text');
  } else if (type === 'image') {
    const source = fieldsOf(block['source']);
    if (source['type'] === 'base64' && !IMAGE_TYPES.includes(textOf(source['media_type']))) {
      refuse(`${where}.image.source.base64.media_type: Input should be ${IMAGE_TYPES.map((each) => `'${each}'`).join(' or ')}`);
    }
  } else if (type === 'tool_use') {
    if (role !== 'assistant') refuse(`${where}: \`tool_use\` blocks can only be in \`assistant\` messages`);
    if (!/^[a-zA-Z0-9_-]+$/.test(textOf(block['id'])))
      refuse(`${where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
    if (textOf(block['name']) === '') refuse(`${where}.tool_use.name: String should have at least 1 character`);
    if (!isObject(block['input'])) refuse(`${where}.tool_use.input: Input should be a valid dictionary`);
  } else if (type === 'tool_result') {
    if (role !== 'user') refuse(`${where}: \`tool_result\` blocks can only be in \`user\` messages`);
    if (typeof block['tool_use_id'] !== 'string') refuse(`${where}.tool_result.tool_use_id: Field required`);
    for (const [n, inner] of listOf(block['content']).entries())
      checkBlock(fieldsOf(inner), `${where}.tool_result.content.${n}`, role, betas, memory);
  } else if (type === 'thinking') {
    if (role !== 'assistant') refuse(`${where}: \`thinking\` blocks can only be in \`assistant\` messages`);
    if (typeof block['signature'] !== 'string') refuse(`${where}.thinking.signature: Field required`);
    // The signature vouches for the text: one that was issued for another thought is as bad as a forged one.
    if (memory.issued.get(block['signature']) !== textOf(block['thinking']))
      refuse(`${where}: Invalid \`signature\` in \`thinking\` block`);
  } else if (type === 'redacted_thinking') {
    if (!memory.issued.has(textOf(block['data']))) refuse(`${where}: Invalid \`data\` in \`redacted_thinking\` block`);
  }
}

function checkPairing(turns: readonly Turn[]): void {
  const seen = new Set<string>();
  turns.forEach((turn, n) => {
    const calls = turn.blocks.filter((block) => block['type'] === 'tool_use').map((block) => textOf(block['id']));
    for (const id of calls) {
      if (seen.has(id)) refuse('messages: `tool_use` ids must be unique');
      seen.add(id);
    }
    if (calls.length > 0) {
      const next = turns[n + 1]?.blocks ?? [];
      const firstOther = next.findIndex((block) => block['type'] !== 'tool_result');
      const results = next.slice(0, firstOther === -1 ? next.length : firstOther).map((block) => textOf(block['tool_use_id']));
      const open = calls.filter((id) => !results.includes(id));
      if (open.length > 0) {
        refuse(
          `messages.${turn.at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. ` +
            'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
        );
      }
    }
    const asked = (turns[n - 1]?.blocks ?? []).filter((block) => block['type'] === 'tool_use').map((block) => block['id']);
    const answered = new Set<unknown>();
    turn.blocks.forEach((block, b) => {
      if (block['type'] !== 'tool_result') return;
      const id = block['tool_use_id'];
      if (!asked.includes(id)) {
        refuse(
          `messages.${turn.at}.content.${b}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${wordOf(id)}. ` +
            'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
        );
      }
      if (answered.has(id)) {
        refuse(
          `messages.${turn.at}.content.${b}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${wordOf(id)}`,
        );
      }
      answered.add(id);
    });
  });
}

function refuseExtras(value: Fields, known: readonly string[], where: string): void {
  for (const name of Object.keys(value)) if (!known.includes(name)) refuse(`${where}${name}: Extra inputs are not permitted`);
}

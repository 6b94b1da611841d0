import type { RequestFeatures } from '../../ir/features.ts';
import type { JsonCursor } from '../../wire/json-cursor.ts';
import { lastMember, parseMember, scanMembers, type JsonObjectBytes } from '../../wire/json-members.ts';
import { recordAt } from '../read-json.ts';
import {
  Conversation,
  featuresOf,
  isHighEffort,
  isNoEffort,
  memberRecord,
  namesIn,
  NO_FEATURES,
  numberOf,
  OfferedTools,
  TOOL_NAMES,
  walkList,
  type Settings,
  type Speaker,
} from '../read-features.ts';

export function readFeatures(body: Uint8Array): RequestFeatures {
  const object = scanMembers(body);
  if (object === undefined) return NO_FEATURES;
  const talk = new Conversation(body);
  const tools = new OfferedTools();
  const whole =
    walkList(body, object, 'input', (cursor) => readItem(cursor, talk, tools)) &&
    walkList(body, object, 'tools', (cursor) => readTool(cursor, tools, false));
  readPlainInput(body, object, talk);
  return whole ? featuresOf(body.length, talk, tools, settingsOf(body, object, tools)) : NO_FEATURES;
}

/** A text alone stands for one message of the user. */
function readPlainInput(body: Uint8Array, object: JsonObjectBytes, talk: Conversation): void {
  const input = lastMember(object, 'input');
  if (input === undefined || body[input.start] !== QUOTE) return;
  talk.text(input);
  talk.end('user');
}

function readItem(cursor: JsonCursor, talk: Conversation, tools: OfferedTools): void {
  const start = cursor.at;
  if (!cursor.enterObject()) return cursor.skip();
  let type: (typeof TYPES)[number] | '' = '';
  let role = '';
  let typed = false;
  for (let key = cursor.member(ITEM); key !== undefined; key = cursor.member(ITEM)) {
    if (key === 'type') {
      type = cursor.word(TYPES);
      typed = true;
    } else if (key === 'role') role = cursor.word(ROLES);
    else if (key === 'content' || key === 'output') readContent(cursor, talk);
    else if (key === 'tools' && cursor.enterList()) while (cursor.element()) readTool(cursor, tools, false);
    else cursor.skip();
  }
  if (type === 'image_generation_call') talk.medium('image', { start, end: cursor.at });
  talk.end(speakerOf(typed ? type : 'message', role));
}

function speakerOf(type: string, role: string): Speaker {
  if (type === 'message') return role === 'user' ? 'user' : role === 'assistant' ? 'model' : undefined;
  if (type.endsWith('_output')) return 'tools';
  return type === '' ? undefined : 'model';
}

/** Of messages and of what tools returned; the latter may be one object, a screenshot. */
function readContent(cursor: JsonCursor, talk: Conversation): void {
  if (cursor.enterList()) while (cursor.element()) readPart(cursor, talk);
  else if (cursor.isText()) talk.text(cursor.text());
  else readPart(cursor, talk);
}

function readPart(cursor: JsonCursor, talk: Conversation): void {
  const start = cursor.at;
  if (!cursor.enterObject()) return cursor.skip();
  let type = '';
  let text;
  let remote = true;
  for (let key = cursor.member(PART); key !== undefined; key = cursor.member(PART)) {
    if (key === 'type') type = cursor.word(PART_TYPES);
    else if (key === 'text') text = cursor.text();
    else {
      if (key === 'file_data') remote = false;
      cursor.skip();
    }
  }
  const part = { start, end: cursor.at };
  if (type === 'input_text' || type === 'text') talk.text(text);
  else if (type === 'input_image' || type === 'computer_screenshot') talk.medium('image', part);
  else if (type === 'input_audio') talk.medium('audio', part);
  else if (type === 'input_file') talk.medium(remote ? 'remote' : 'document', part);
}

/** Tools that the agent runs, and by which it searches for more of them. */
const RUN_BY_AGENT = /^(?:function|custom|local_shell|shell|apply_patch|computer\w*)$/;

/** A namespace is its tools. They hold no further ones. */
function readTool(cursor: JsonCursor, tools: OfferedTools, inNamespace: boolean): void {
  if (!cursor.enterObject()) return cursor.skip();
  let type: string | undefined;
  let name = '';
  let execution = '';
  for (let key = cursor.member(TOOL); key !== undefined; key = cursor.member(TOOL)) {
    if (key === 'type') type = cursor.string(USUAL_TYPES);
    else if (key === 'name') name = cursor.word(TOOL_NAMES);
    else if (key === 'execution') execution = cursor.word(EXECUTIONS);
    else if (key === 'tools' && !inNamespace && cursor.enterList()) while (cursor.element()) readTool(cursor, tools, true);
    else cursor.skip();
  }
  if (type === 'namespace') return;
  if (type === undefined || execution === 'client' || RUN_BY_AGENT.test(type)) tools.addOwn(name);
  else tools.addProvided(type);
}

/** Codex asks for `medium` or `low` by itself, OpenCode for `medium`. */
function settingsOf(body: Uint8Array, object: JsonObjectBytes, tools: OfferedTools): Settings {
  const effort = memberRecord(body, object, 'reasoning')?.['effort'];
  const format = recordAt(memberRecord(body, object, 'text'), 'format');
  const choice = tools.search > 0 ? memberRecord(body, object, 'tool_choice') : undefined;
  const type = format?.['type'];
  return {
    thinking: isHighEffort(effort),
    thinkingOff: isNoEffort(effort),
    jsonAnswer: type === 'json_schema' || type === 'json_object',
    answerNames: namesIn(recordAt(format, 'schema')),
    searchForced: String(choice?.['type']).startsWith('web_search'),
    outputLimit: numberOf(parseMember(body, object, 'max_output_tokens')),
  };
}

const QUOTE = 0x22;
const ITEM = ['type', 'role', 'content', 'output', 'tools'] as const;
const ROLES = ['user', 'assistant'] as const;
const TYPES = [
  'message',
  'reasoning',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'local_shell_call',
  'local_shell_call_output',
  'shell_call',
  'shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
  'computer_call',
  'computer_call_output',
  'tool_search_call',
  'tool_search_output',
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_call',
] as const;
const PART = ['type', 'text', 'file_data'] as const;
const PART_TYPES = ['input_text', 'text', 'input_image', 'computer_screenshot', 'input_audio', 'input_file'] as const;
const TOOL = ['type', 'name', 'execution', 'tools'] as const;
const USUAL_TYPES = ['function', 'custom', 'namespace'];
const EXECUTIONS = ['client'] as const;

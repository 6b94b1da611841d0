import type { RequestFeatures } from '../../ir/features.ts';
import type { JsonCursor } from '../../wire/json-cursor.ts';
import { parseMember, scanMembers, type JsonObjectBytes } from '../../wire/json-members.ts';
import { recordAt } from '../read-json.ts';
import {
  Conversation,
  featuresOf,
  isHighEffort,
  memberRecord,
  namesIn,
  NO_FEATURES,
  numberOf,
  OfferedTools,
  TOOL_NAMES,
  walkList,
  type Settings,
} from '../read-features.ts';

export function readFeatures(body: Uint8Array): RequestFeatures {
  const object = scanMembers(body);
  if (object === undefined) return NO_FEATURES;
  const talk = new Conversation(body);
  const tools = new OfferedTools();
  const whole =
    walkList(body, object, 'messages', (cursor) => readMessage(cursor, talk)) &&
    walkList(body, object, 'tools', (cursor) => readTool(cursor, tools));
  return whole ? featuresOf(body.length, talk, tools, settingsOf(body, object, tools)) : NO_FEATURES;
}

function readMessage(cursor: JsonCursor, talk: Conversation): void {
  if (!cursor.enterObject()) return cursor.skip();
  let role = '';
  for (let key = cursor.member(MESSAGE); key !== undefined; key = cursor.member(MESSAGE)) {
    if (key === 'role') role = cursor.word(ROLES);
    else if (key === 'content') readContent(cursor, talk, false);
    else cursor.skip();
  }
  talk.end(role === 'assistant' ? 'model' : role === 'user' ? 'user' : undefined);
}

/** `inResult`: what a tool returned. Its pictures count, its texts are nobody's word. */
function readContent(cursor: JsonCursor, talk: Conversation, inResult: boolean): void {
  if (cursor.enterList()) while (cursor.element()) readPart(cursor, talk, inResult);
  else if (inResult) cursor.skip();
  else talk.text(cursor.text());
}

function readPart(cursor: JsonCursor, talk: Conversation, inResult: boolean): void {
  const start = cursor.at;
  if (!cursor.enterObject()) return cursor.skip();
  let type = '';
  let source = '';
  let text;
  for (let key = cursor.member(PART); key !== undefined; key = cursor.member(PART)) {
    if (key === 'type') type = cursor.word(TYPES);
    else if (key === 'text') text = cursor.text();
    else if (key === 'source') source = readSource(cursor);
    else if (key === 'content' && !inResult) readContent(cursor, talk, true);
    else cursor.skip();
  }
  const part = { start, end: cursor.at };
  if (type === 'image') talk.medium('image', part);
  else if (type === 'document' && source !== '') talk.medium(source === 'base64' ? 'document' : 'remote', part);
  else if (type === 'text' && !inResult) talk.text(text);
}

/** '' for a text: that counts as one. */
function readSource(cursor: JsonCursor): 'base64' | 'url' | 'file' | '' {
  let type: 'base64' | 'url' | 'file' | '' = '';
  if (!cursor.enterObject()) cursor.skip();
  else
    for (let key = cursor.member(SOURCE); key !== undefined; key = cursor.member(SOURCE)) {
      if (key === 'type') type = cursor.word(SOURCES);
      else cursor.skip();
    }
  return type;
}

/** Shells, editors and the like have a type with a date, but it is the agent that runs them. */
const RUN_BY_AGENT = /^(?:custom$|bash_|text_editor_|computer_|memory_)/;

function readTool(cursor: JsonCursor, tools: OfferedTools): void {
  if (!cursor.enterObject()) return cursor.skip();
  let type: string | undefined;
  let name = '';
  for (let key = cursor.member(TOOL); key !== undefined; key = cursor.member(TOOL)) {
    if (key === 'type') type = cursor.string(USUAL_TYPES);
    else if (key === 'name') name = cursor.word(TOOL_NAMES);
    else cursor.skip();
  }
  if (type === undefined || RUN_BY_AGENT.test(type)) tools.addOwn(name);
  else tools.addProvided(type);
}

/**
 * Claude Code asks for thinking in nearly every request, adaptive and with effort `medium`, or with 31,999 tokens where a model knows
 * no effort; Qwen Code with 32,000, OpenCode with 16,000 even for its titles. So thinking means a higher effort, or a larger budget.
 */
const USUAL_BUDGET = 32_000;

function settingsOf(body: Uint8Array, object: JsonObjectBytes, tools: OfferedTools): Settings {
  const thinking = memberRecord(body, object, 'thinking');
  const output = memberRecord(body, object, 'output_config');
  const format = recordAt(output, 'format') ?? memberRecord(body, object, 'output_format');
  const choice = tools.search > 0 ? memberRecord(body, object, 'tool_choice') : undefined;
  const type = thinking?.['type'];
  const budget = numberOf(thinking?.['budget_tokens']) ?? 0;
  return {
    thinking: (type === 'enabled' || type === 'adaptive') && (isHighEffort(output?.['effort']) || budget > USUAL_BUDGET),
    thinkingOff: type === 'disabled',
    jsonAnswer: format !== undefined,
    answerNames: namesIn(recordAt(format, 'schema')),
    searchForced: choice?.['type'] === 'tool' && /^web_(?:search|fetch)$/.test(String(choice['name'])),
    outputLimit: numberOf(parseMember(body, object, 'max_tokens')),
  };
}

const MESSAGE = ['role', 'content'] as const;
const ROLES = ['user', 'assistant'] as const;
const PART = ['type', 'text', 'source', 'content'] as const;
const TYPES = ['text', 'image', 'document'] as const;
const SOURCE = ['type'] as const;
const TOOL = ['type', 'name'] as const;
const USUAL_TYPES = ['custom'];
const SOURCES = ['base64', 'url', 'file'] as const;

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
    walkList(body, object, 'messages', (cursor) => readMessage(cursor, talk)) &&
    walkList(body, object, 'tools', (cursor) => readTool(cursor, tools)) &&
    walkList(body, object, 'functions', (cursor) => readFunction(cursor, tools));
  // Searching is asked for beside the tools here, and by an empty object, too.
  if (memberRecord(body, object, 'web_search_options') !== undefined) tools.addProvided('web_search');
  return whole ? featuresOf(body.length, talk, tools, settingsOf(body, object)) : NO_FEATURES;
}

function readMessage(cursor: JsonCursor, talk: Conversation): void {
  if (!cursor.enterObject()) return cursor.skip();
  let role: (typeof ROLES)[number] | '' = '';
  for (let key = cursor.member(MESSAGE); key !== undefined; key = cursor.member(MESSAGE)) {
    if (key === 'role') role = cursor.word(ROLES);
    else if (key === '') cursor.skip();
    else if (cursor.enterList()) while (cursor.element()) readPart(cursor, talk);
    else talk.text(cursor.text());
  }
  talk.end(role === '' ? undefined : SPEAKERS[role]);
}

function readPart(cursor: JsonCursor, talk: Conversation): void {
  const start = cursor.at;
  if (!cursor.enterObject()) return cursor.skip();
  let type = '';
  let text;
  let remote = false;
  for (let key = cursor.member(PART); key !== undefined; key = cursor.member(PART)) {
    if (key === 'type') type = cursor.word(TYPES);
    else if (key === 'text') text = cursor.text();
    else if (key === 'file') remote = isRemote(cursor);
    else cursor.skip();
  }
  const part = { start, end: cursor.at };
  if (type === 'text') talk.text(text);
  else if (type === 'image_url') talk.medium('image', part);
  else if (type === 'input_audio') talk.medium('audio', part);
  else if (type === 'file') talk.medium(remote ? 'remote' : 'document', part);
}

function isRemote(cursor: JsonCursor): boolean {
  let remote = true;
  if (!cursor.enterObject()) cursor.skip();
  else
    for (let key = cursor.member(FILE); key !== undefined; key = cursor.member(FILE)) {
      if (key === 'file_data') remote = false;
      cursor.skip();
    }
  return remote;
}

function readTool(cursor: JsonCursor, tools: OfferedTools): void {
  if (!cursor.enterObject()) return cursor.skip();
  let type: string | undefined;
  let name = '';
  for (let key = cursor.member(TOOL); key !== undefined; key = cursor.member(TOOL)) {
    if (key === 'type') type = cursor.string(USUAL_TYPES);
    else if (key === 'function') name = nameOf(cursor);
    else cursor.skip();
  }
  if (type === undefined || USUAL_TYPES.includes(type)) tools.addOwn(name);
  else tools.addProvided(type);
}

function readFunction(cursor: JsonCursor, tools: OfferedTools): void {
  tools.addOwn(nameOf(cursor));
}

function nameOf(cursor: JsonCursor): string {
  let name = '';
  if (!cursor.enterObject()) cursor.skip();
  else
    for (let key = cursor.member(NAME); key !== undefined; key = cursor.member(NAME)) {
      if (key === 'name') name = cursor.word(TOOL_NAMES);
      else cursor.skip();
    }
  return name;
}

/** Effort by OpenAI's field or by OpenRouter's; what agents send by themselves goes up to `medium`. */
function settingsOf(body: Uint8Array, object: JsonObjectBytes): Settings {
  const effort = parseMember(body, object, 'reasoning_effort') ?? memberRecord(body, object, 'reasoning')?.['effort'];
  const format = memberRecord(body, object, 'response_format');
  const type = format?.['type'];
  const limit = lastMember(object, 'max_completion_tokens') === undefined ? 'max_tokens' : 'max_completion_tokens';
  return {
    thinking: isHighEffort(effort),
    thinkingOff: isNoEffort(effort),
    jsonAnswer: type === 'json_schema' || type === 'json_object',
    answerNames: namesIn(recordAt(recordAt(format, 'json_schema'), 'schema')),
    searchForced: false,
    outputLimit: numberOf(parseMember(body, object, limit)),
  };
}

const ROLES = ['user', 'assistant', 'tool', 'function'] as const;
const SPEAKERS: Readonly<Record<(typeof ROLES)[number], Speaker>> = {
  user: 'user',
  assistant: 'model',
  tool: 'tools',
  function: 'tools',
};
const MESSAGE = ['role', 'content'] as const;
const PART = ['type', 'text', 'file'] as const;
const TYPES = ['text', 'image_url', 'input_audio', 'file'] as const;
const FILE = ['file_data'] as const;
const TOOL = ['type', 'function'] as const;
const USUAL_TYPES = ['function', 'custom'];
const NAME = ['name'] as const;

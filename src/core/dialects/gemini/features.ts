import type { RequestFeatures } from '../../ir/features.ts';
import type { JsonCursor, Span } from '../../wire/json-cursor.ts';
import { scanMembers, type JsonObjectBytes } from '../../wire/json-members.ts';
import { asRecord, textAt, type JsonRecord } from '../read-json.ts';
import {
  Conversation,
  featuresOf,
  memberRecord,
  namesIn,
  NO_FEATURES,
  numberOf,
  OfferedTools,
  TOOL_NAMES,
  walkList,
  type Settings,
} from '../read-features.ts';
import { field } from './reading.ts';

/** Both spellings of a name are read, as the API does. */
export function readFeatures(body: Uint8Array): RequestFeatures {
  const object = scanMembers(body);
  if (object === undefined) return NO_FEATURES;
  const talk = new Conversation(body);
  const tools = new OfferedTools();
  const whole =
    walkList(body, object, 'contents', (cursor) => readContent(cursor, talk)) &&
    walkList(body, object, 'tools', (cursor) => readToolGroup(cursor, tools));
  return whole ? featuresOf(body.length, talk, tools, settingsOf(body, object)) : NO_FEATURES;
}

function readContent(cursor: JsonCursor, talk: Conversation): void {
  if (!cursor.enterObject()) return cursor.skip();
  let role = '';
  for (let key = cursor.member(CONTENT); key !== undefined; key = cursor.member(CONTENT)) {
    if (key === 'role') role = cursor.word(ROLES);
    else if (key === 'parts') readParts(cursor, talk, false);
    else cursor.skip();
  }
  talk.end(role === 'model' ? 'model' : 'user');
}

function readParts(cursor: JsonCursor, talk: Conversation, inResponse: boolean): void {
  if (cursor.enterList()) while (cursor.element()) readPart(cursor, talk, inResponse);
  else cursor.skip();
}

/** `inResponse`: of what a function returned, which may hold media since Gemini 3. */
function readPart(cursor: JsonCursor, talk: Conversation, inResponse: boolean): void {
  if (!cursor.enterObject()) return cursor.skip();
  for (let key = cursor.member(PART); key !== undefined; key = cursor.member(PART)) {
    if (key === 'text' && !inResponse) talk.text(cursor.text());
    else if (key === 'inlineData' || key === 'inline_data') readMedium(cursor, talk, false);
    else if (key === 'fileData' || key === 'file_data') readMedium(cursor, talk, true);
    else if ((key === 'functionResponse' || key === 'function_response') && !inResponse) readResponse(cursor, talk);
    else cursor.skip();
  }
}

function readResponse(cursor: JsonCursor, talk: Conversation): void {
  if (!cursor.enterObject()) return cursor.skip();
  for (let key = cursor.member(RESPONSE); key !== undefined; key = cursor.member(RESPONSE)) {
    if (key === 'parts') readParts(cursor, talk, true);
    else cursor.skip();
  }
}

/** Texts in base64 count as they stand, a third too high. Films have sound and 263 tokens a second: near enough to audio alone. */
function readMedium(cursor: JsonCursor, talk: Conversation, remote: boolean): void {
  const start = cursor.at;
  if (!cursor.enterObject()) return cursor.skip();
  let type = '';
  for (let key = cursor.member(MEDIUM); key !== undefined; key = cursor.member(MEDIUM)) {
    if (key === '') cursor.skip();
    else type = cursor.string(USUAL_MEDIA)?.toLowerCase() ?? '';
  }
  const part: Span = { start, end: cursor.at };
  if (type.startsWith('image/')) talk.medium('image', part);
  else if (remote) talk.medium('remote', part);
  else if (type.startsWith('audio/') || type.startsWith('video/')) talk.medium('audio', part);
  else if (!type.startsWith('text/')) talk.medium('document', part);
}

/** Each group holds functions, or is named for one tool of Google's. */
function readToolGroup(cursor: JsonCursor, tools: OfferedTools): void {
  if (!cursor.enterObject()) return cursor.skip();
  for (let key = cursor.member(GROUP); key !== undefined; key = cursor.member(GROUP)) {
    if (key !== 'functionDeclarations' && key !== 'function_declarations') {
      tools.addProvided(key === '' ? '' : 'web_search');
      cursor.skip();
    } else if (cursor.enterList()) while (cursor.element()) readFunction(cursor, tools);
    else cursor.skip();
  }
}

function readFunction(cursor: JsonCursor, tools: OfferedTools): void {
  if (!cursor.enterObject()) return cursor.skip();
  let name = '';
  for (let key = cursor.member(NAME); key !== undefined; key = cursor.member(NAME)) {
    if (key === 'name') name = cursor.word(TOOL_NAMES);
    else cursor.skip();
  }
  tools.addOwn(name);
}

/**
 * Gemini CLI asks 2.5 for 8,192 tokens of thinking and 3.x for the level HIGH, and so does OpenCode: there is no level above, so only
 * a larger budget means more than usual.
 */
const USUAL_BUDGET = 8192;

function settingsOf(body: Uint8Array, object: JsonObjectBytes): Settings {
  const config = memberRecord(body, object, 'generationConfig') ?? memberRecord(body, object, 'generation_config');
  const thinking = recordIn(config, 'thinkingConfig');
  const budget = numberOf(field(thinking, 'thinkingBudget'));
  const schema = recordIn(config, 'responseJsonSchema') ?? recordIn(config, 'responseSchema');
  const toolConfig = memberRecord(body, object, 'toolConfig') ?? memberRecord(body, object, 'tool_config');
  return {
    thinking: (budget ?? 0) > USUAL_BUDGET,
    thinkingOff: budget === 0,
    jsonAnswer: schema !== undefined || field(config, 'responseMimeType') === 'application/json',
    answerNames: namesIn(schema),
    // Functions may not be called then, but a search runs all the same.
    searchForced: textAt(recordIn(toolConfig, 'functionCallingConfig'), 'mode')?.toUpperCase() === 'NONE',
    outputLimit: numberOf(field(config, 'maxOutputTokens')),
  };
}

function recordIn(record: JsonRecord | undefined, name: string): JsonRecord | undefined {
  return asRecord(field(record, name));
}

const CONTENT = ['role', 'parts'] as const;
const ROLES = ['model'] as const;
const PART = ['text', 'inlineData', 'inline_data', 'fileData', 'file_data', 'functionResponse', 'function_response'] as const;
const RESPONSE = ['parts'] as const;
const MEDIUM = ['mimeType', 'mime_type'] as const;
const USUAL_MEDIA = ['image/png', 'image/jpeg', 'application/pdf'];
const GROUP = [
  'functionDeclarations',
  'function_declarations',
  'googleSearch',
  'google_search',
  'googleSearchRetrieval',
  'google_search_retrieval',
  'urlContext',
  'url_context',
] as const;
const NAME = ['name'] as const;

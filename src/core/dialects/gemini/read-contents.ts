import type { Turn, UserContent } from '../../ir/call.ts';
import { fieldLoss } from '../../ir/loss.ts';
import { asRecord, type JsonRecord } from '../read-json.ts';
import { CallIds } from './call-ids.ts';
import { mediaOf } from './read-media.ts';
import { ModelTurn } from './read-model-turn.ts';
import { readResponse } from './read-response.ts';
import { field, PART, type Reading } from './reading.ts';

export function readContents(body: JsonRecord, reading: Reading): readonly Turn[] {
  const given = field(body, 'contents');
  if (given === undefined || typeof given === 'string' || (Array.isArray(given) && given.length === 0)) {
    reading.refuse('contents must be a list of turns with role and parts, and hold at least one.');
    return [];
  }
  const contents = reading.records(body, 'contents', '');
  const ids = new CallIds(contents);
  const turns: Turn[] = [];
  let model: ModelTurn | undefined;
  for (const [c, content] of contents.entries()) {
    const where = `contents[${c}].`;
    reading.loseUnknown(content, ['role', 'parts'], 'contents.');
    const parts = reading.records(content, 'parts', where);
    const role = (reading.text(content, 'role', where) ?? 'user') || 'user';
    if (role === 'model') {
      // The SDK's chats keep each chunk of an answer as a content of its own: together they are one turn.
      model ??= new ModelTurn(ids, reading);
      model.add(parts, where);
      continue;
    }
    if (role !== 'user' && role !== 'function')
      reading.refuse(`${where}role is "${role}": it must be user or model. Instructions belong into systemInstruction.`);
    if (model !== undefined) turns.push({ role: 'assistant', content: model.content() });
    model = undefined;
    turns.push({ role: 'user', content: parts.flatMap((part, p) => readUserPart(part, `${where}parts[${p}].`, ids, reading)) });
  }
  if (model !== undefined) turns.push({ role: 'assistant', content: model.content() });
  return turns;
}

function readUserPart(part: JsonRecord, where: string, ids: CallIds, reading: Reading): UserContent[] {
  reading.loseUnknown(part, PART, 'parts.');
  const response = reading.record(part, 'functionResponse', where);
  if (response !== undefined)
    return [readResponse(response, `${where}functionResponse.`, ids, reading)].filter((each) => each !== undefined);
  if (field(part, 'functionCall') !== undefined) {
    reading.refuse(`${where}functionCall stands in a turn of the user: only the model calls functions.`);
    return [];
  }
  const media = mediaOf(part, where, reading);
  if (media !== undefined) return [media];
  const text = reading.text(part, 'text', where);
  return text === undefined ? [] : [{ kind: 'text', text }];
}

/** A text, a content, a part, or a list of those. */
export function readSystem(body: JsonRecord, reading: Reading): readonly { readonly kind: 'text'; readonly text: string }[] {
  const texts = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    if (Array.isArray(value)) return value.flatMap(texts);
    const record = asRecord(value);
    if (record === undefined) {
      reading.refuse('systemInstruction must be a text, or a content whose parts are texts.');
      return [];
    }
    if (record['parts'] !== undefined) return texts(record['parts']);
    if (typeof record['text'] === 'string') return [record['text']];
    reading.lose(fieldLoss('systemInstruction.parts'));
    return [];
  };
  const given = field(body, 'systemInstruction');
  return given === undefined ? [] : texts(given).map((text) => ({ kind: 'text', text }));
}

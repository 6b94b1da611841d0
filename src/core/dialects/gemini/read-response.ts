import type { ToolResult, ToolResultContent } from '../../ir/call.ts';
import { asRecord, textAt, type JsonRecord } from '../read-json.ts';
import type { CallIds } from './call-ids.ts';
import { mediaOf } from './read-media.ts';
import { field, type Reading } from './reading.ts';

/** Keys under which clients put what the tool said, when it is all they put there. The AI SDK repeats the name beside it. */
const SAID = ['output', 'result', 'content'];

export function readResponse(response: JsonRecord, where: string, ids: CallIds, reading: Reading): ToolResult | undefined {
  const name = reading.text(response, 'name', where);
  if (name === undefined || name === '') return reading.refuse(`${where}name is missing: responses are paired with calls by name.`);
  reading.loseUnknown(response, ['id', 'name', 'response', 'parts'], 'functionResponse.');
  const { text, isError } = said(field(response, 'response'), name);
  const media = reading
    .records(response, 'parts', where)
    .map((part, p) => mediaOf(part, `${where}parts[${p}].`, reading))
    .filter((each) => each !== undefined);
  const content: ToolResultContent[] = text === '' ? media : [{ kind: 'text', text }, ...media];
  return { kind: 'tool-result', callId: ids.answer(textAt(response, 'id'), name), name, content, isError };
}

function said(response: unknown, name: string): { readonly text: string; readonly isError: boolean } {
  const record = asRecord(response);
  if (record === undefined) return { text: response === undefined ? '' : textOf(response), isError: false };
  const keys = Object.keys(record).filter((key) => !(key === 'name' && record[key] === name));
  const error = record['error'] ?? undefined;
  const isError = error !== undefined && error !== '' && error !== false;
  if (keys.length === 1) {
    if (keys[0] === 'error' && isError) return { text: textOf(error), isError };
    const key = SAID.find((each) => each === keys[0]);
    if (key !== undefined) return { text: textOf(record[key]), isError: false };
  }
  return { text: keys.length === 0 ? '' : JSON.stringify(record), isError: isError && record['output'] === undefined };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

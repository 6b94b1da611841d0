import { parseRecord, asRecord, textAt, type JsonRecord } from '../read-json.ts';

/**
 * What a model thought, as OpenRouter and those who follow it write it into a message: entries of `reasoning.text` (which may be
 * signed), `reasoning.summary` and `reasoning.encrypted`. Streams bring an entry in pieces.
 */
export type ReasoningDetail = Record<string, unknown>;

/**
 * Adds entries or pieces of them. Pieces of one entry follow each other and share type and index; a signature comes last, so what
 * follows it is another entry. Joined entries may be joined again with the rest of them.
 */
export function addDetails(all: ReasoningDetail[], pieces: readonly unknown[]): void {
  for (const piece of pieces) {
    const detail = asRecord(piece);
    if (detail === undefined) continue;
    const last = all.at(-1);
    if (last !== undefined && continues(last, detail)) join(last, detail);
    else all.push({ ...detail });
  }
}

function continues(entry: ReasoningDetail, piece: JsonRecord): boolean {
  const { type } = piece;
  if (type !== 'reasoning.text' && type !== 'reasoning.summary') return false;
  return entry['type'] === type && entry['index'] === piece['index'] && textAt(entry, 'signature') === undefined;
}

function join(entry: ReasoningDetail, piece: JsonRecord): void {
  for (const [key, value] of Object.entries(piece)) {
    if ((key === 'text' || key === 'summary') && typeof value === 'string') entry[key] = (textAt(entry, key) ?? '') + value;
    else if (value !== null && value !== undefined) entry[key] = value;
  }
}

/** What a person may read of an entry. */
export function detailText(detail: JsonRecord): string {
  return textAt(detail, 'text') ?? textAt(detail, 'summary') ?? '';
}

/** What only the issuer of an entry can read. */
export function detailOpaque(detail: JsonRecord): string | undefined {
  return textAt(detail, 'signature') ?? textAt(detail, 'data');
}

/** The fields of an assistant message that a carry's token of this dialect may repeat; whatever else it says is not ours. */
export interface RepeatedThought {
  readonly reasoning_content?: string;
  readonly reasoning?: string;
  readonly reasoning_details?: readonly unknown[];
}

/** Undefined for a token that says nothing of the kind. */
export function readThought(token: string): RepeatedThought | undefined {
  const fields = parseRecord(token);
  const content = textAt(fields, 'reasoning_content');
  const reasoning = textAt(fields, 'reasoning');
  const details = fields?.['reasoning_details'];
  if (Array.isArray(details) && details.length > 0) return { reasoning_details: details };
  if (content !== undefined) return { reasoning_content: content };
  return reasoning === undefined ? undefined : { reasoning };
}

/** Puts thoughts into an assistant message, one after the other. */
export function repeatThoughts(message: Record<string, unknown>, thoughts: readonly RepeatedThought[]): void {
  const details: ReasoningDetail[] = [];
  for (const thought of thoughts) {
    for (const key of ['reasoning_content', 'reasoning'] as const) {
      const text = thought[key];
      if (text !== undefined) message[key] = (textAt(message, key) ?? '') + text;
    }
    addDetails(details, thought.reasoning_details ?? []);
  }
  if (details.length > 0) message['reasoning_details'] = details;
}

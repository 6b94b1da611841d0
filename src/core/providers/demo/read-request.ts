import type { DialectId } from '../../ir/dialect.ts';

/** What an answerer must know of a request. Read leniently: the demo provider takes whatever an agent sends. */
export interface ReadRequest {
  readonly model: string;
  readonly stream: boolean;
  /** Chat only: `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  readonly turns: readonly ReadTurn[];
  readonly tools: readonly OfferedTool[];
  /** Characters of text in the whole request, tool definitions included. */
  readonly characters: number;
}

/** One message or input item; system and developer messages are left out. */
export interface ReadTurn {
  readonly role: 'user' | 'assistant';
  readonly pieces: readonly ReadPiece[];
}

export type ReadPiece = { readonly kind: 'text' | 'tool-result'; readonly text: string } | { readonly kind: 'other' };

export interface OfferedTool {
  readonly name: string;
  /** OpenAI: takes free-form text instead of JSON. */
  readonly custom: boolean;
  readonly namespace: string | undefined;
  /** JSON Schema of the arguments, as it was sent. */
  readonly schema: unknown;
}

/** `path` carries the model and the streaming flag in the Gemini dialect. */
export function readRequest(dialect: DialectId, body: unknown, path: string): ReadRequest {
  const request = fields(body);
  const common = {
    model: text(request['model']),
    stream: request['stream'] === true,
    includeUsage: false,
    characters: characters(body),
  };
  switch (dialect) {
    case 'anthropic-messages':
      return {
        ...common,
        turns: list(request['messages']).flatMap(anthropicTurn),
        tools: list(request['tools']).flatMap(anthropicTool),
      };
    case 'openai-chat': {
      const includeUsage = fields(request['stream_options'])['include_usage'] === true;
      return {
        ...common,
        includeUsage,
        turns: list(request['messages']).flatMap(chatTurn),
        tools: list(request['tools']).flatMap(chatTool),
      };
    }
    case 'openai-responses': {
      const input = request['input'];
      const items = typeof input === 'string' ? [{ role: 'user', content: input }] : list(input);
      const added = items.map(fields).filter((item) => item['type'] === 'additional_tools');
      const tools = [...list(request['tools']), ...added.flatMap((item) => list(item['tools']))].flatMap((tool) =>
        responsesTool(tool, undefined),
      );
      return { ...common, turns: items.flatMap(responsesTurn), tools };
    }
    case 'gemini': {
      const call = /\/models\/(.+):([A-Za-z]+)(?:\?|$)/.exec(path);
      const tools = list(request['tools']).flatMap((tool) => {
        const group = fields(tool);
        return list(group['functionDeclarations'] ?? group['function_declarations']).flatMap(geminiTool);
      });
      return {
        ...common,
        model: call?.[1] ?? '',
        stream: call?.[2] === 'streamGenerateContent',
        turns: list(request['contents']).flatMap(geminiTurn),
        tools,
      };
    }
    default:
      return dialect satisfies never;
  }
}

/** The last thing a person wrote: the last text of the last user turn that has any. Agents put their own reminders before it. */
export function lastUserText(request: ReadRequest): string {
  for (const turn of request.turns.toReversed()) {
    if (turn.role !== 'user') continue;
    const found = turn.pieces.findLast((piece) => piece.kind === 'text' && piece.text.trim() !== '');
    if (found?.kind === 'text') return found.text;
  }
  return '';
}

/** What came after the last assistant turn. */
export function newPieces(request: ReadRequest): readonly ReadPiece[] {
  const from = request.turns.findLastIndex((turn) => turn.role === 'assistant') + 1;
  return request.turns.slice(from).flatMap((turn) => turn.pieces);
}

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Counts every string but base64 payloads, which are not text. */
function characters(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + characters(each), 0);
  return Object.entries(fields(value)).reduce(
    (sum, [key, each]) => sum + (key === 'data' || key === 'image_url' || key === 'file_data' ? 0 : characters(each)),
    0,
  );
}

/** Text of a string, or of an array of text parts. */
function plain(content: unknown): string {
  return typeof content === 'string'
    ? content
    : list(content)
        .map((part) => text(fields(part)['text']))
        .join('');
}

function anthropicTurn(value: unknown): readonly ReadTurn[] {
  const message = fields(value);
  const role = message['role'];
  if (role !== 'user' && role !== 'assistant') return [];
  if (typeof message['content'] === 'string') return [{ role, pieces: [{ kind: 'text', text: message['content'] }] }];
  const pieces = list(message['content']).map((each): ReadPiece => {
    const block = fields(each);
    if (block['type'] === 'text') return { kind: 'text', text: text(block['text']) };
    if (block['type'] === 'tool_result') return { kind: 'tool-result', text: plain(block['content']) };
    return { kind: 'other' };
  });
  return [{ role, pieces }];
}

function chatTurn(value: unknown): readonly ReadTurn[] {
  const message = fields(value);
  const role = message['role'];
  if (role === 'tool' || role === 'function')
    return [{ role: 'user', pieces: [{ kind: 'tool-result', text: plain(message['content']) }] }];
  if (role !== 'user' && role !== 'assistant') return [];
  const content = message['content'];
  if (!Array.isArray(content)) return [{ role, pieces: [{ kind: 'text', text: text(content) }] }];
  return [{ role, pieces: content.map((part) => textPiece(fields(part))) }];
}

const textPiece = (part: Readonly<Record<string, unknown>>): ReadPiece =>
  typeof part['text'] === 'string' ? { kind: 'text', text: part['text'] } : { kind: 'other' };

function responsesTurn(value: unknown): readonly ReadTurn[] {
  const item = fields(value);
  const type = text(item['type']);
  if (type.endsWith('_call_output')) return [{ role: 'user', pieces: [{ kind: 'tool-result', text: plain(item['output']) }] }];
  if (type.endsWith('_call')) return [{ role: 'assistant', pieces: [{ kind: 'other' }] }];
  const role = item['role'];
  if (role !== 'user' && role !== 'assistant') return [];
  const content = item['content'];
  if (typeof content === 'string') return [{ role, pieces: [{ kind: 'text', text: content }] }];
  return [{ role, pieces: list(content).map((part) => textPiece(fields(part))) }];
}

function geminiTurn(value: unknown): readonly ReadTurn[] {
  const content = fields(value);
  const role = content['role'] === 'model' ? 'assistant' : 'user';
  const pieces = list(content['parts']).map((each): ReadPiece => {
    const part = fields(each);
    const result = part['functionResponse'] ?? part['function_response'];
    if (result !== undefined) return { kind: 'tool-result', text: JSON.stringify(fields(result)['response'] ?? {}) };
    return part['thought'] === true ? { kind: 'other' } : textPiece(part);
  });
  return [{ role, pieces }];
}

function anthropicTool(value: unknown): readonly OfferedTool[] {
  const tool = fields(value);
  // Tools with a dated type run at the provider; a deferred one cannot be called before it was searched for.
  if ((tool['type'] !== undefined && tool['type'] !== 'custom') || tool['defer_loading'] === true) return [];
  return offered(tool['name'], tool['input_schema']);
}

function chatTool(value: unknown): readonly OfferedTool[] {
  const tool = fields(value);
  const custom = tool['type'] === 'custom';
  const inner = fields(tool[custom ? 'custom' : 'function']);
  return offered(inner['name'], inner['parameters'], custom);
}

function responsesTool(value: unknown, namespace: string | undefined): readonly OfferedTool[] {
  const tool = fields(value);
  if (tool['type'] === 'namespace') return list(tool['tools']).flatMap((each) => responsesTool(each, text(tool['name'])));
  if (tool['type'] !== 'function' && tool['type'] !== 'custom') return [];
  return offered(tool['name'], tool['parameters'], tool['type'] === 'custom', namespace);
}

function geminiTool(value: unknown): readonly OfferedTool[] {
  const tool = fields(value);
  return offered(tool['name'], tool['parametersJsonSchema'] ?? tool['parameters_json_schema'] ?? tool['parameters']);
}

function offered(name: unknown, schema: unknown, custom = false, namespace?: string): readonly OfferedTool[] {
  return typeof name === 'string' && name !== '' ? [{ name, custom, namespace, schema }] : [];
}

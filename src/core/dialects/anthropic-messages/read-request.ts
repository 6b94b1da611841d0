import type { AssistantContent, Call, TextContent, Turn } from '../../ir/call.ts';
import { gatewayError, type GatewayError } from '../../ir/error.ts';
import { fieldLoss } from '../../ir/loss.ts';
import type { Asked, ReadCall } from '../codec.ts';
import { asRecord, parseRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { readContent, type Content } from './read-content.ts';
import { withSignatures } from './read-signatures.ts';
import { cacheMark, newReading, type Reading } from './reading.ts';
import { readFormat, readReasoning, readSampling } from './read-settings.ts';
import { readTools } from './read-tools.ts';

/** What is read elsewhere, or is the path's and the gateway's to say. */
const READ = new Set([
  'model',
  'stream',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'max_tokens',
  'thinking',
  'output_config',
  'output_format',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'service_tier',
  'cache_control',
]);

/** Claude Code's first system block tells Anthropic whom to bill. It is no instruction, and its version number spoils other caches. */
const BILLING = 'x-anthropic-billing-header:';

export function readCall(body: JsonRecord, asked: Asked): ReadCall | GatewayError {
  // Claude Code repeats the call without this field when the answer names it.
  if (body['safeguards'] !== undefined)
    return gatewayError(
      'bad-request',
      'safeguards: these checks run at Anthropic and cannot be served by another provider. Send the request without `safeguards`.',
    );
  const reading = newReading();
  const maxTokens = body['max_tokens'];
  if (maxTokens === 0) {
    reading.refuse('max_tokens', 'with 0 tokens a request only fills the prompt cache of Anthropic, which no other provider has');
  } else if (maxTokens !== undefined && !(Number.isSafeInteger(maxTokens) && (maxTokens as number) > 0)) {
    reading.refuse('max_tokens', 'it should be a whole number above 0');
  }
  const conversation = readMessages(body['messages'], reading);
  const { tools, toolChoice, parallelToolCalls } = readTools(body, reading);
  const reasoning = readReasoning(body, conversation.effort, reading);
  const sampling = readSampling(body, reading);
  const format = readFormat(body, reading);
  const stop = readStops(body['stop_sequences'], reading);
  const user = readUser(body['metadata'], reading);
  const tier = textAt(body, 'service_tier');
  for (const [name, value] of Object.entries(body))
    if (!READ.has(name) && value !== null && !(name === 'speed' && value === 'standard')) reading.losses.add(fieldLoss(name));

  const call: Call = {
    model: asked.model,
    system: [...readSystem(body['system'], reading), ...conversation.system],
    turns: markLast(conversation.turns, body['cache_control']),
    tools,
    toolChoice,
    maxOutputTokens: typeof maxTokens === 'number' ? maxTokens : undefined,
    ...(parallelToolCalls === undefined ? {} : { parallelToolCalls }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(stop === undefined ? {} : { stop }),
    ...(format === undefined ? {} : { format }),
    ...(tier === undefined ? {} : { serviceTier: tier }),
    ...user,
  };
  return reading.fault ?? { call, losses: [...reading.losses] };
}

function readSystem(value: unknown, reading: Reading): readonly TextContent[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value === '' ? [] : [{ kind: 'text', text: value }];
  if (!Array.isArray(value)) {
    reading.refuse('system', 'it should be a text or a list of text blocks');
    return [];
  }
  return textsOf(readContent(value, 'system', 'system', reading)).filter((part, at) => {
    if (at > 0 || !part.text.startsWith(BILLING)) return true;
    reading.losses.add(fieldLoss('x-anthropic-billing-header'));
    return false;
  });
}

interface Messages {
  /** System messages before the first turn. */
  readonly system: readonly TextContent[];
  readonly turns: readonly Turn[];
  /** The effort that the last message with one asks for; Claude Code says it in each system message. */
  readonly effort: unknown;
}

function readMessages(value: unknown, reading: Reading): Messages {
  const system: TextContent[] = [];
  const turns: Turn[] = [];
  let effort: unknown;
  if (!Array.isArray(value)) reading.refuse('messages', 'it should be a list of messages');
  for (const [at, each] of (Array.isArray(value) ? value : []).entries()) {
    const where = `messages.${at}`;
    const message = asRecord(each);
    const role = message?.['role'];
    if (message === undefined || (role !== 'user' && role !== 'assistant' && role !== 'system')) {
      reading.refuse(`${where}.role`, 'it should be "user", "assistant" or "system"');
      continue;
    }
    const { content, output_config: config } = message;
    if (typeof content !== 'string' && !Array.isArray(content)) {
      reading.refuse(`${where}.content`, 'it should be a text or a list of content blocks');
      continue;
    }
    effort = recordAt({ config }, 'config')?.['effort'] ?? effort;
    for (const name of Object.keys(message))
      if (!['role', 'content', 'output_config', 'cache_control'].includes(name)) reading.losses.add(fieldLoss(name));
    const read = readContent(content, role, `${where}.content`, reading);
    const parts = role === 'assistant' ? withSignatures(read as AssistantContent[], reading) : read;
    if (role === 'system' && turns.length === 0) system.push(...markLastPart(textsOf(parts), message['cache_control']));
    else turns.push({ role, content: markLastPart(parts, message['cache_control']) } as Turn);
  }
  return { system, turns, effort };
}

/** `readContent` has refused everything else where only text may stand. */
function textsOf(parts: readonly Content[]): readonly TextContent[] {
  return parts.filter((part) => part.kind === 'text');
}

/** A mark for the whole request, or the whole message, is one on its last block. */
function markLast(turns: readonly Turn[], control: unknown): readonly Turn[] {
  const last = turns.at(-1);
  if (last === undefined || cacheMark(control) === undefined) return turns;
  return [...turns.slice(0, -1), { ...last, content: markLastPart<Turn['content'][number]>(last.content, control) } as Turn];
}

function markLastPart<Part extends { readonly kind: string }>(parts: readonly Part[], control: unknown): readonly Part[] {
  const cache = cacheMark(control);
  const last = parts.at(-1);
  if (cache === undefined || last === undefined || last.kind === 'reasoning') return parts;
  return [...parts.slice(0, -1), { ...last, cache }];
}

function readStops(value: unknown, reading: Reading): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((stop) => typeof stop === 'string')) return value;
  reading.refuse('stop_sequences', 'it should be a list of texts');
  return undefined;
}

/**
 * Claude Code puts JSON text into `user_id`: ids of the device, the account and the session. The session is what requests with the same
 * beginning have in common; the others are between the user and Anthropic.
 */
function readUser(value: unknown, reading: Reading): { user?: string; cacheKey?: string } {
  const metadata = asRecord(value);
  for (const name of Object.keys(metadata ?? {})) if (name !== 'user_id') reading.losses.add(fieldLoss(`metadata.${name}`));
  const user = textAt(metadata, 'user_id');
  if (user === undefined) return {};
  const session = user.startsWith('{') ? textAt(parseRecord(user), 'session_id') : undefined;
  return session === undefined ? { user } : { cacheKey: session };
}

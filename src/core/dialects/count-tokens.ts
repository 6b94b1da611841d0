import type { AssistantContent, Call, Media, TextContent, UserContent } from '../ir/call.ts';
import type { DialectId } from '../ir/dialect.ts';
import { tokenCount } from '../ir/usage.ts';
import { parseRecord, recordAt, type JsonRecord } from './read-json.ts';

/**
 * Tokens without a tokenizer: every provider has its own, and most keep it. The estimate is the sum of what each character usually
 * costs by its script, so it never falls when text is added. Within a fifth for prose and code; base64, minified code and rare
 * scripts are off by more, and German or Turkish come out up to a quarter too low.
 *
 * In hundredths of a token for each UTF-16 code unit. OpenAI and Google tell English as 4 characters a token. For other scripts
 * there is what OpenAI published with GPT-4o in 2024, as characters a token with its old vocabulary and the new one: Russian 1.9 and
 * 3.3, Arabic 1.3 and 2.6, Hindi 1.0 and 2.8, Korean 1.2 and 2.0, Japanese 1.1 and 1.6, Chinese 1.0 and 1.4. Ours are at the old
 * ones or somewhat above for the last three, which vocabularies still treat most differently, and between the two for the others:
 * who compacts a conversation by an estimate should do so too early rather than too late.
 */
const COST = {
  letter: 24,
  /** Runs of blanks, as code has them, are one token; single ones belong to their word. */
  blank: 20,
  digit: 40,
  mark: 45,
  accented: 60,
  /** Cyrillic, Greek, Hebrew, Arabic, Armenian, Georgian. */
  alphabet: 45,
  /** Scripts of India and South-East Asia, and all others that have no line here. */
  other: 70,
  kana: 100,
  hangul: 100,
  han: 120,
  /** Half of a pair: an emoji is two to three tokens, a rare Han character three. */
  surrogate: 125,
} as const;

/** First code unit that costs so much; ends where the next begins. */
const FROM: readonly (readonly [from: number, cost: number])[] = [
  [0x0000, COST.mark],
  [0x0009, COST.blank],
  [0x000e, COST.mark],
  [0x0020, COST.blank],
  [0x0021, COST.mark],
  [0x0030, COST.digit],
  [0x003a, COST.mark],
  [0x0041, COST.letter],
  [0x005b, COST.mark],
  [0x0061, COST.letter],
  [0x007b, COST.mark],
  [0x00c0, COST.accented],
  [0x0370, COST.alphabet],
  [0x0700, COST.other],
  [0x10a0, COST.alphabet],
  [0x1100, COST.hangul],
  [0x1200, COST.other],
  [0x1e00, COST.accented],
  [0x2000, COST.other],
  [0x2e80, COST.han],
  [0x3040, COST.kana],
  [0x3100, COST.han],
  [0x3130, COST.hangul],
  [0x3190, COST.han],
  [0xa000, COST.other],
  [0xac00, COST.hangul],
  [0xd800, COST.surrogate],
  [0xe000, COST.other],
  [0xf900, COST.han],
  [0xfb00, COST.alphabet],
  [0xff00, COST.kana],
];

const COST_OF: Uint8Array = costTable();

/** Code units. */
const STRETCH = 1024;

const PER_MESSAGE = 4;
/** Claude: pixels by 750, and larger images are scaled down to about this. Others take less. */
const PER_IMAGE = 1600;
/** Claude: 1,500 to 3,000 a page for its text, and its picture beside it. */
const PER_PDF_PAGE = 3000;
/** Of a PDF with text and a few pictures. */
const BYTES_PER_PDF_PAGE = 50_000;
/** Nobody here has seen what a provider will fetch. */
const REMOTE_PAGES = 5;
/** Gemini: 32 a second; speech comes with about 16,000 bytes a second. */
const BYTES_PER_AUDIO_TOKEN = 500;

/** What `call` will be counted as by its provider, roughly. Linear in its size, and the same for the same call. */
export function estimateTokens(call: Call): number {
  let sum = 0;
  const system = hundredths(call.system, contentCost);
  if (system > 0) sum += system + PER_MESSAGE * 100;
  for (const turn of call.turns) sum += PER_MESSAGE * 100 + hundredths<UserContent | AssistantContent>(turn.content, contentCost);
  for (const { name, description, parameters } of call.tools) sum += textCost(JSON.stringify({ name, description, parameters }));
  if (call.format?.kind === 'schema') sum += textCost(JSON.stringify(call.format.schema));
  return Math.ceil(sum / 100);
}

/** The same for a text that stands alone. */
export function estimateText(text: string): number {
  return Math.ceil(textCost(text) / 100);
}

export type CountingDialect = Extract<DialectId, 'anthropic-messages' | 'gemini'>;

export function countsTokens(dialect: DialectId): dialect is CountingDialect {
  return dialect === 'anthropic-messages' || dialect === 'gemini';
}

/** The body to hand to the dialect's `readCall`. What is not there is for that reader to refuse. */
export function countBody(dialect: CountingDialect, body: JsonRecord): JsonRecord {
  switch (dialect) {
    case 'anthropic-messages':
      // Without `max_tokens`, which that reader does not ask for.
      return body;
    case 'gemini': {
      const whole = recordAt(body, 'generateContentRequest') ?? recordAt(body, 'generate_content_request');
      if (whole === undefined) return body;
      const { model: _, ...request } = whole;
      return request;
    }
    default:
      return dialect satisfies never;
  }
}

/** What Anthropic counts; it refuses all that only an answer would need. */
const COUNTED_BY_ANTHROPIC = [
  'model',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'context_management',
  'mcp_servers',
];

/**
 * The count request for a body that the dialect's `writeRequest` wrote. `model` is the provider's own name of it; the path holds
 * `{model}` for Gemini, see `upstreamPathFor`.
 */
export function writeCount(
  dialect: CountingDialect,
  written: string,
  model: string,
): { readonly path: string; readonly body: string } {
  const body = parseRecord(written) ?? {};
  switch (dialect) {
    case 'anthropic-messages': {
      const counted = Object.entries(body).filter(([name]) => COUNTED_BY_ANTHROPIC.includes(name));
      return { path: '/v1/messages/count_tokens', body: JSON.stringify(Object.fromEntries(counted)) };
    }
    case 'gemini': {
      // `contents` alone is only for what has nothing beside it: tools and instructions would not be counted.
      const alone = Object.keys(body).every((name) => name === 'contents');
      const request = alone ? body : { generateContentRequest: { model: `models/${model}`, ...body } };
      return { path: '/v1beta/models/{model}:countTokens', body: JSON.stringify(request) };
    }
    default:
      return dialect satisfies never;
  }
}

/** What a provider counted; undefined where it does not say, and an estimate must do. */
export function readCount(dialect: CountingDialect, body: JsonRecord): number | undefined {
  return tokenCount(body[dialect === 'gemini' ? 'totalTokens' : 'input_tokens']);
}

export function renderCount(dialect: CountingDialect, tokens: number): Record<string, unknown> {
  return dialect === 'gemini' ? { totalTokens: tokens } : { input_tokens: tokens };
}

function hundredths<Item>(items: readonly Item[], cost: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + cost(item), 0);
}

function contentCost(part: UserContent | AssistantContent | TextContent): number {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
      return textCost(part.text);
    case 'tool-call':
      return textCost(part.name) + textCost(part.arguments);
    case 'tool-result':
      return textCost(part.name) + hundredths(part.content, contentCost);
    default:
      return mediaCost(part);
  }
}

function mediaCost(media: Media): number {
  switch (media.kind) {
    case 'image':
      return mediaTokens('image', 0) * 100;
    case 'audio':
      return mediaTokens('audio', bytesOf(media.base64)) * 100;
    case 'remote':
      return mediaTokens(media.what === 'image' ? 'image' : 'remote', 0) * 100;
    case 'document':
      return media.mediaType.startsWith('text/')
        ? textCost(Buffer.from(media.base64, 'base64').toString())
        : mediaTokens('document', bytesOf(media.base64)) * 100;
    default:
      return media satisfies never;
  }
}

/** `remote`: a document that the provider fetches. */
export type MediaKind = 'image' | 'audio' | 'document' | 'remote';

/** `bytes`: of the medium itself, not of its base64. */
export function mediaTokens(kind: MediaKind, bytes: number): number {
  switch (kind) {
    case 'image':
      return PER_IMAGE;
    case 'audio':
      return Math.ceil(bytes / BYTES_PER_AUDIO_TOKEN);
    case 'document':
      return Math.max(1, Math.ceil(bytes / BYTES_PER_PDF_PAGE)) * PER_PDF_PAGE;
    case 'remote':
      return REMOTE_PAGES * PER_PDF_PAGE;
    default:
      return kind satisfies never;
  }
}

function bytesOf(base64: string): number {
  return Math.floor((base64.length * 3) / 4);
}

/**
 * In stretches, each a call of its own: V8 compiles what is called often. One loop over a megabyte is called once, depends on being
 * replaced while it runs, and was left in slow code in half of all runs (2.8 ms of processor time, or 11 to 15, for the same text).
 */
function textCost(text: string): number {
  let sum = 0;
  for (let from = 0; from < text.length; from += STRETCH) sum += stretchCost(text, from, Math.min(from + STRETCH, text.length));
  return sum;
}

function stretchCost(text: string, from: number, end: number): number {
  let sum = 0;
  for (let at = from; at < end; at++) sum += COST_OF[text.charCodeAt(at)]!;
  return sum;
}

function costTable(): Uint8Array {
  const table = new Uint8Array(0x1_0000);
  for (const [from, cost] of FROM) table.fill(cost, from);
  return table;
}

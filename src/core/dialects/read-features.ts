import type { RequestFeatures } from '../ir/features.ts';
import { JsonCursor, type Span } from '../wire/json-cursor.ts';
import { asBuffer, lastMember, parseMember, type JsonObjectBytes } from '../wire/json-members.ts';
import { backgroundOf } from './background.ts';
import { mediaTokens, type MediaKind } from './count-tokens.ts';
import { asRecord, recordAt, type JsonRecord } from './read-json.ts';

/*
 * What the four readers of features share. Conversation and tools are walked once; only settings and the user's last words are parsed.
 * Measured warm on 2 cores, median, after the scan of the top level, which a body has behind it by then: 4 to 10 microseconds for what
 * agents send in 1 to 2 KB, 98 to 122 for 100 KB of conversation and tools (JSON.parse: 126 to 138, and all of it as garbage), 120
 * for the same with a picture of 1 MB.
 */

export const NO_FEATURES: RequestFeatures = {
  tokens: 0,
  tools: 0,
  webSearch: false,
  onlyWebSearch: false,
  images: 0,
  newImages: 0,
  thinking: false,
  turns: 0,
  jsonAnswer: false,
  lastUserCharacters: 0,
  outputLimit: undefined,
  background: undefined,
};

/** `tools`: what they return belongs to the user's side, but is nobody's word. Undefined: instructions. */
export type Speaker = 'user' | 'tools' | 'model' | undefined;

/** A conversation as it is read, message by message. */
export class Conversation {
  readonly #bytes: Buffer;
  turns = 0;
  images = 0;
  newImages = 0;
  /** Of the body, with their base64. */
  mediaBytes = 0;
  mediaTokens = 0;
  /** Texts of the user, in the whole conversation. */
  userTexts = 0;
  firstText: Span | undefined;
  /** Of the last message of the user that has any. */
  lastTexts: readonly Span[] = [];
  #side: 'user' | 'model' | undefined;
  #sideImages = 0;
  #messageImages = 0;
  #messageTexts: Span[] = [];

  constructor(raw: Uint8Array) {
    this.#bytes = asBuffer(raw);
  }

  /** A text of the message that is being read. Who says it is known when it ends. */
  text(text: Span | undefined): void {
    if (text === undefined || text.end - text.start <= 2 || this.#isContext(text)) return;
    this.#messageTexts.push(text);
  }

  /** `part` is what holds the medium: nearly all of it is base64, or it is an address. */
  medium(kind: MediaKind, part: Span): void {
    const bytes = part.end - part.start;
    this.mediaBytes += bytes;
    this.mediaTokens += mediaTokens(kind, Math.floor((bytes * 3) / 4));
    if (kind === 'image') this.#messageImages++;
  }

  /**
   * The message is read. What is new begins with the user's last word and not behind the model's last one: else a picture would be
   * old as soon as the model has called its first tool, and the rest of its work would be another one's.
   */
  end(speaker: Speaker): void {
    const images = this.#messageImages;
    const texts = speaker === 'user' ? this.#messageTexts : [];
    this.#messageImages = 0;
    this.#messageTexts = [];
    this.images += images;
    if (speaker === undefined) return;
    const side = speaker === 'model' ? 'model' : 'user';
    if (side !== this.#side) {
      this.#side = side;
      this.turns++;
      this.#sideImages = 0;
    }
    this.#sideImages += images;
    this.newImages = texts.length > 0 ? this.#sideImages : this.newImages + images;
    if (texts.length === 0) return;
    this.userTexts += texts.length;
    this.firstText ??= texts[0];
    this.lastTexts = texts;
  }

  decode(text: Span): string {
    try {
      return JSON.parse(this.#bytes.toString('utf8', text.start, text.end)) as string;
    } catch {
      return '';
    }
  }

  /** Whether a text begins with these words; plain ASCII, nothing that JSON escapes. */
  begins(text: Span, words: string): boolean {
    if (text.end - text.start < words.length + 2) return false;
    for (let at = 0; at < words.length; at++) if (this.#bytes[text.start + 1 + at] !== words.charCodeAt(at)) return false;
    return true;
  }

  get lastUserCharacters(): number {
    return this.lastTexts.reduce((sum, text) => sum + this.#lengthOf(text), 0);
  }

  /** In UTF-16 units, as JavaScript counts. Of a long text nobody needs to know the length to the letter. */
  #lengthOf({ start, end }: Span): number {
    const bytes = end - start - 2;
    if (bytes > EXACT_UP_TO) return bytes;
    let length = 0;
    for (let at = start + 1; at < end - 1; at++) {
      const byte = this.#bytes[at] ?? 0;
      if (byte === BACKSLASH) at += this.#bytes[at + 1] === LOWER_U ? 5 : 1;
      // The second and later bytes of a character begin with 10; those of four bytes are two units.
      if ((byte & 0xc0) !== 0x80) length += byte >= 0xf0 ? 2 : 1;
    }
    return length;
  }

  #isContext(text: Span): boolean {
    return this.#bytes[text.start + 1] === LESS && CONTEXT_TAGS.some((tag) => this.begins(text, tag));
  }
}

const LESS = 0x3c;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
/** What agents put before a user's words, in texts of their own: Claude Code, Codex, Gemini CLI. */
const CONTEXT_TAGS = ['<system-reminder>', '<environment_context>', '<session_context>'];
const EXACT_UP_TO = 16_384;

/** The tools of a request, counted. */
export class OfferedTools {
  own = 0;
  /** Tools of the provider that search or fetch from the web. */
  search = 0;
  /** Other tools that the provider runs. */
  other = 0;
  /** One of them is Qwen Code's, which asks for an answer in a schema by a tool of that shape. */
  asksForSchema = false;

  addOwn(name: string): void {
    this.own++;
    this.asksForSchema ||= name === SCHEMA_TOOL;
  }

  /** `type`: as the provider calls it, often with a date behind. */
  addProvided(type: string): void {
    if (/web_search|web_fetch|browser_search|x_search/.test(type)) this.search++;
    else this.other++;
  }

  get all(): number {
    return this.own + this.search + this.other;
  }
}

/** Its name, in every dialect that Qwen Code speaks. */
const SCHEMA_TOOL = 'respond_in_schema';

/** The only name of a tool that is ever asked for, as `JsonCursor.word` takes it. */
export const TOOL_NAMES = [SCHEMA_TOOL] as const;

/** What a dialect's settings say. */
export interface Settings {
  readonly thinking: boolean;
  /** The agent switches thinking off, in so many words. */
  readonly thinkingOff: boolean;
  readonly jsonAnswer: boolean;
  /** The names of the answer's properties, where a schema gives them. */
  readonly answerNames: readonly string[];
  /** The choice of tools leaves nothing but a search. */
  readonly searchForced: boolean;
  readonly outputLimit: number | undefined;
}

/** Of JSON as UTF-8: the escapes and brackets make up for what the words of code and prose take less. */
const BYTES_PER_TOKEN = 4;

/** `bytes` of the whole body. */
export function featuresOf(bytes: number, conversation: Conversation, tools: OfferedTools, settings: Settings): RequestFeatures {
  return new Features(bytes, conversation, tools, settings);
}

/** A class for the sake of its getter: the characters take a third of the time, and only a rule on complexity asks for them. */
class Features implements RequestFeatures {
  readonly tokens: number;
  readonly tools: number;
  readonly webSearch: boolean;
  readonly onlyWebSearch: boolean;
  readonly images: number;
  readonly newImages: number;
  readonly thinking: boolean;
  readonly turns: number;
  readonly jsonAnswer: boolean;
  readonly outputLimit: number | undefined;
  readonly background: string | undefined;
  readonly #conversation: Conversation;

  constructor(bytes: number, conversation: Conversation, tools: OfferedTools, settings: Settings) {
    this.tokens = Math.ceil((bytes - conversation.mediaBytes) / BYTES_PER_TOKEN) + conversation.mediaTokens;
    this.tools = tools.own;
    this.webSearch = tools.search > 0;
    this.onlyWebSearch = tools.search > 0 && (settings.searchForced || tools.all === tools.search);
    this.images = conversation.images;
    this.newImages = conversation.newImages;
    this.thinking = settings.thinking;
    this.turns = conversation.turns;
    this.jsonAnswer = settings.jsonAnswer;
    this.outputLimit = settings.outputLimit;
    this.background = backgroundOf(conversation, tools, settings);
    this.#conversation = conversation;
  }

  get lastUserCharacters(): number {
    return this.#conversation.lastUserCharacters;
  }
}

/**
 * More than agents ask for by themselves, which is up to `medium`. A class that every request of an agent fell into would help nobody
 * to tell them apart.
 */
export function isHighEffort(effort: unknown): boolean {
  return effort === 'high' || effort === 'xhigh' || effort === 'max';
}

export function isNoEffort(effort: unknown): boolean {
  return effort === 'none' || effort === 'minimal';
}

/** The names of a schema's properties. */
export function namesIn(schema: JsonRecord | undefined): readonly string[] {
  return Object.keys(recordAt(schema, 'properties') ?? {});
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** A record among a body's members, parsed. */
export function memberRecord(body: Uint8Array, object: JsonObjectBytes, key: string): JsonRecord | undefined {
  return asRecord(parseMember(body, object, key));
}

/** Walks a member that is a list. False where its JSON is wrong. */
export function walkList(body: Uint8Array, object: JsonObjectBytes, key: string, element: (cursor: JsonCursor) => void): boolean {
  const member = lastMember(object, key);
  if (member === undefined) return true;
  const cursor = new JsonCursor(body, member);
  if (cursor.enterList()) while (cursor.element()) element(cursor);
  return !cursor.broken;
}

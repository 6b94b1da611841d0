import { gatewayError } from '../../ir/error.ts';
import type { Block } from '../../ir/parts.ts';
import type { AnswerParts } from '../answer-parts.ts';
import type { OpenBlock } from '../block-sequence.ts';
import { asRecord, listAt, textAt, type JsonRecord } from '../read-json.ts';
import { flatName, TOOL_SEARCH } from './read-tools.ts';

/** An item of an answer on its way in. */
export interface AnswerItem {
  readonly type: string;
  /** More of the content, by the index of its part. `whole` says that `text` is all of it, also what came before. */
  text(part: string, text: string, whole: boolean): void;
  refusal(part: string, text: string, whole: boolean): void;
  arguments(text: string, whole: boolean): void;
  endPart(part: string, content: JsonRecord | undefined): void;
  /** `item` as the provider ended it; undefined where it did not. */
  end(item: JsonRecord | undefined): void;
}

/** What an item tells to the answer that it is part of. */
export interface Answer {
  readonly parts: AnswerParts;
  readonly issuer: string;
  refused: boolean;
}

export function answerItem(item: JsonRecord, answer: Answer): AnswerItem {
  const type = textAt(item, 'type') ?? '';
  switch (type) {
    case 'message':
      return new ProseItem(type, { kind: 'text' }, answer);
    case 'reasoning':
      return new ProseItem(type, { kind: 'reasoning', form: 'summary' }, answer);
    case 'function_call':
    case 'custom_tool_call':
      return new CallItem(type, item, answer);
    case 'tool_search_call':
      return item['execution'] === 'client' ? new CallItem(type, item, answer) : new IgnoredItem(type);
    default:
      return new IgnoredItem(type); // Tools that the provider runs itself: no call of ours asks for them.
  }
}

class IgnoredItem implements AnswerItem {
  readonly type: string;
  constructor(type: string) {
    this.type = type;
  }
  text(): void {}
  refusal(): void {}
  arguments(): void {}
  endPart(): void {}
  end(): void {}
}

interface Prose {
  open: OpenBlock | undefined;
  sent: string;
}

/** A message has a block for each part of its content. Reasoning is one block, since its state is that of the whole item. */
class ProseItem implements AnswerItem {
  readonly type: string;
  readonly #block: Extract<Block, { kind: 'text' | 'reasoning' }>;
  readonly #answer: Answer;
  readonly #parts = new Map<string, Prose>();
  #one: OpenBlock | undefined;

  constructor(type: string, block: Extract<Block, { kind: 'text' | 'reasoning' }>, answer: Answer) {
    this.type = type;
    this.#block = block;
    this.#answer = answer;
  }

  /** Providers say everything up to four times; some leave all but the last out. */
  text(part: string, text: string, whole: boolean): void {
    if (text === '' || this.#isOtherTelling(part)) return;
    const prose = this.#parts.get(part) ?? { open: undefined, sent: '' };
    this.#parts.set(part, prose);
    // What differs from what was sent cannot be taken back.
    const more = !whole ? text : text.startsWith(prose.sent) ? text.slice(prose.sent.length) : '';
    if (more === '') return;
    prose.open ??= this.#open(part);
    const isLater = this.#block.kind === 'reasoning' && prose.sent === '' && this.#parts.size > 1;
    this.#answer.parts.blocks.add(prose.open, isLater ? `\n\n${more}` : more);
    prose.sent += more;
  }

  refusal(part: string, text: string, whole: boolean): void {
    this.#answer.refused = true;
    this.text(part, text, whole);
  }

  arguments(): void {}

  endPart(part: string, content: JsonRecord | undefined): void {
    this.#whole(content, part);
    const open = this.#block.kind === 'text' ? this.#parts.get(part)?.open : undefined;
    if (open !== undefined) this.#answer.parts.blocks.close(open);
  }

  end(item: JsonRecord | undefined): void {
    for (const list of ['summary', 'content'])
      listAt(item, list).forEach((each, at) => this.#whole(asRecord(each), `${list}${at}`));
    const { blocks } = this.#answer.parts;
    if (this.#block.kind === 'text') return [...this.#parts.keys()].forEach((part) => this.endPart(part, undefined));
    if (item === undefined || textAt(item, 'encrypted_content') === undefined) {
      if (this.#one !== undefined) blocks.close(this.#one);
      return;
    }
    this.#answer.parts.start('', '');
    this.#one ??= blocks.open({ kind: 'reasoning', form: 'redacted' });
    blocks.close(this.#one, { issuer: this.#answer.issuer, token: JSON.stringify(withoutStatus(item)) });
  }

  #whole(content: JsonRecord | undefined, part: string): void {
    const refusal = textAt(content, 'refusal');
    if (refusal !== undefined) return this.refusal(part, refusal, true);
    this.text(part, textAt(content, 'text') ?? '', true);
  }

  /** Open models tell their thoughts as `content`, some of them once more as `summary`. What came first is told. */
  #isOtherTelling(part: string): boolean {
    const [first] = this.#parts.keys();
    return first !== undefined && first.startsWith('summary') !== part.startsWith('summary');
  }

  #open(part: string): OpenBlock {
    const { parts } = this.#answer;
    parts.start('', '');
    if (this.#block.kind === 'text') return parts.blocks.open(this.#block);
    this.#one ??= parts.blocks.open(part.startsWith('content') ? { kind: 'reasoning', form: 'full' } : this.#block);
    return this.#one;
  }
}

/** What goes back into a request: only what is there, in one order. */
function withoutStatus(item: JsonRecord): JsonRecord {
  const content = listAt(item, 'content');
  return {
    type: 'reasoning',
    ...(textAt(item, 'id') === undefined ? {} : { id: item['id'] }),
    summary: listAt(item, 'summary'),
    ...(content.length === 0 ? {} : { content }),
    encrypted_content: item['encrypted_content'],
  };
}

class CallItem implements AnswerItem {
  readonly type: string;
  readonly #answer: Answer;
  #call: ReturnType<AnswerParts['openCall']> | undefined;
  /** Also of custom tools: their text becomes JSON in one piece. */
  #sent = '';

  constructor(type: string, item: JsonRecord, answer: Answer) {
    this.type = type;
    this.#answer = answer;
    this.#open(item);
  }

  text(): void {}
  refusal(): void {}
  endPart(): void {}

  arguments(text: string, whole: boolean): void {
    const more = !whole ? text : text.startsWith(this.#sent) ? text.slice(this.#sent.length) : '';
    this.#sent += more;
    if (this.type === 'function_call' && this.#call !== undefined) this.#answer.parts.addToCall(this.#call, more);
  }

  end(item: JsonRecord | undefined): void {
    if (item !== undefined && this.#call === undefined) this.#open(item);
    if (this.#call === undefined) {
      this.#answer.parts.fail(
        gatewayError('upstream-broken', 'The provider sent a tool call without the name of the tool. Try again.'),
      );
      return;
    }
    const { parts } = this.#answer;
    if (this.type === 'tool_search_call') parts.addToCall(this.#call, argumentsOf(item));
    else if (this.type === 'function_call') this.arguments(argumentsOf(item), true);
    else parts.addToCall(this.#call, JSON.stringify({ input: textAt(item, 'input') ?? this.#sent }));
    parts.closeCall(this.#call);
  }

  #open(item: JsonRecord): void {
    const { parts } = this.#answer;
    const name = this.type === 'tool_search_call' ? TOOL_SEARCH : textAt(item, 'name');
    if (name === undefined) return;
    parts.start('', '');
    this.#call = parts.openCall(textAt(item, 'call_id'), flatName(name, textAt(item, 'namespace')));
    if (this.type === 'function_call') parts.addToCall(this.#call, this.#sent);
  }
}

/** Text with the real thing; some imitations send the object. */
function argumentsOf(item: JsonRecord | undefined): string {
  const value = item?.['arguments'];
  if (typeof value === 'string') return value;
  return asRecord(value) === undefined ? '' : JSON.stringify(value);
}

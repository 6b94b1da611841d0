import type { Carry } from '../../ir/carry.ts';
import type { StopReason } from '../../ir/parts.ts';
import type { AnswerParts } from '../answer-parts.ts';
import type { OpenBlock } from '../block-sequence.ts';
import { recordAt, textAt, type JsonRecord } from '../read-json.ts';

const STOPS: ReadonlyMap<string, StopReason> = new Map([
  ['end_turn', 'end'],
  ['max_tokens', 'max-tokens'],
  ['tool_use', 'tool-use'],
  ['stop_sequence', 'stop-sequence'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
  ['model_context_window_exceeded', 'context-window'],
]);

type Content =
  | { readonly kind: 'text'; readonly open: OpenBlock }
  | { readonly kind: 'thinking'; readonly open: OpenBlock; text: string; signature: string }
  | { readonly kind: 'redacted'; readonly open: OpenBlock; readonly data: string }
  | { readonly kind: 'call'; readonly call: ReturnType<AnswerParts['openCall']>; readonly given: string };

/** Content blocks as they are opened, filled and closed: the half of reading that is the same for a stream and a whole message. */
export interface AnswerBlocks {
  /** Whether any block has come. */
  readonly begun: boolean;
  open(index: unknown, block: JsonRecord): void;
  add(index: unknown, delta: JsonRecord): void;
  close(index: unknown): void;
  /** Closes what is open, and ends the answer. `stop` is the dialect's own word. */
  end(stop: string | undefined): void;
}

/** A carry's token is the whole block as JSON text: the signature is worth nothing without the words it was given for. */
export function answerBlocks(parts: AnswerParts, issuer = 'anthropic-messages'): AnswerBlocks {
  const contents = new Map<unknown, Content>();
  let begun = false;

  function open(index: unknown, block: JsonRecord): void {
    parts.start('', '');
    begun = true;
    close(index);
    switch (block['type']) {
      case 'text': {
        const opened = parts.blocks.open({ kind: 'text' });
        contents.set(index, { kind: 'text', open: opened });
        return parts.blocks.add(opened, textAt(block, 'text') ?? '');
      }
      case 'thinking': {
        const opened = parts.blocks.open({ kind: 'reasoning', form: 'full' });
        const text = textAt(block, 'thinking') ?? '';
        contents.set(index, { kind: 'thinking', open: opened, text, signature: textAt(block, 'signature') ?? '' });
        return parts.blocks.add(opened, text);
      }
      case 'redacted_thinking': {
        const opened = parts.blocks.open({ kind: 'reasoning', form: 'redacted' });
        contents.set(index, { kind: 'redacted', open: opened, data: textAt(block, 'data') ?? '' });
        return;
      }
      case 'tool_use': {
        const input = recordAt(block, 'input');
        // The real thing begins with {} and sends the arguments as deltas; some imitations put them here and send none.
        const given = input === undefined || Object.keys(input).length === 0 ? '' : JSON.stringify(input);
        contents.set(index, { kind: 'call', call: parts.openCall(textAt(block, 'id'), textAt(block, 'name') ?? ''), given });
        return;
      }
      default:
        return; // Tools that the provider runs itself: no call of ours asks for them.
    }
  }

  function add(index: unknown, delta: JsonRecord): void {
    const content = contents.get(index);
    if (content?.kind === 'call') {
      if (delta['type'] === 'input_json_delta') parts.addToCall(content.call, textAt(delta, 'partial_json') ?? '');
    } else if (content?.kind === 'text') {
      if (delta['type'] === 'text_delta') parts.blocks.add(content.open, textAt(delta, 'text') ?? '');
    } else if (content?.kind === 'thinking') {
      const text = delta['type'] === 'thinking_delta' ? (textAt(delta, 'thinking') ?? '') : '';
      content.text += text;
      parts.blocks.add(content.open, text);
      if (delta['type'] === 'signature_delta') content.signature += textAt(delta, 'signature') ?? '';
    }
  }

  function close(index: unknown): void {
    const content = contents.get(index);
    contents.delete(index);
    switch (content?.kind) {
      case undefined:
        return;
      case 'text':
        return parts.blocks.close(content.open);
      case 'thinking': {
        const { text: thinking, signature } = content;
        return parts.blocks.close(content.open, signature === '' ? undefined : carry({ type: 'thinking', thinking, signature }));
      }
      case 'redacted': {
        const { data } = content;
        return parts.blocks.close(content.open, data === '' ? undefined : carry({ type: 'redacted_thinking', data }));
      }
      case 'call':
        if (content.call.json.trim() === '') parts.addToCall(content.call, content.given);
        return parts.closeCall(content.call);
      default:
        content satisfies never;
    }
  }

  function carry(block: object): Carry {
    return { issuer, token: JSON.stringify(block) };
  }

  return {
    get begun() {
      return begun;
    },
    open,
    add,
    close,
    end(stop) {
      for (const index of contents.keys()) close(index);
      parts.end(STOPS.get(stop ?? '') ?? 'unknown', stop ?? '');
    },
  };
}

import type { AssistantContent, ToolCallContent } from '../../core/ir/call.ts';
import type { Carry } from '../../core/ir/carry.ts';
import type { Block, Part } from '../../core/ir/parts.ts';

/** An answer as the turn that goes back to the model with the next request: word for word, with what its issuer signed. */
export class AnswerTurn {
  readonly content: AssistantContent[] = [];
  #block: Block | undefined;
  #written = '';

  take(part: Part): void {
    if (part.type === 'block-start') {
      this.#block = part.block;
      this.#written = '';
    } else if (part.type === 'block-delta') this.#written += part.text;
    else if (part.type === 'block-end' && this.#block !== undefined) {
      this.content.push(contentOf(this.#block, this.#written, part.carry));
      this.#block = undefined;
    }
  }

  get calls(): readonly ToolCallContent[] {
    return this.content.filter((part) => part.kind === 'tool-call');
  }

  get text(): string {
    return this.content.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n\n');
  }
}

function contentOf(block: Block, written: string, carry: Carry | undefined): AssistantContent {
  const signed = carry === undefined ? {} : { carry };
  if (block.kind === 'tool-call')
    return { kind: 'tool-call', callId: block.callId, name: block.name, arguments: written, ...signed };
  return { kind: block.kind, text: written, ...signed };
}

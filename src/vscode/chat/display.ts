import * as l10n from '@vscode/l10n';
import type { Part } from '../../core/ir/parts.ts';
import type { ChatOutput } from './chat-output.ts';

export interface Display {
  take(part: Part): void;
  /** Nothing that a person could read has come yet. */
  readonly empty: boolean;
}

/** Text as it comes, over all requests of a message. Thoughts where the editor takes them; else a line says that it thinks. */
export function display(out: ChatOutput): Display {
  let empty = true;
  let kind: string | undefined;
  let told = false;
  const thought = (text: string): void => {
    if (out.thinking(text) || told) return;
    told = true;
    out.progress(l10n.t('Thinking'));
  };
  return {
    get empty() {
      return empty;
    },
    take(part) {
      if (part.type === 'block-start') {
        kind = part.block.kind;
        told = false;
        // Two blocks of text are two paragraphs.
        if (kind === 'text' && !empty) out.markdown('\n\n');
        if (kind === 'reasoning') thought('');
      } else if (part.type === 'block-delta' && kind === 'text') {
        empty = empty && part.text.trim() === '';
        out.markdown(part.text);
      } else if (part.type === 'block-delta' && kind === 'reasoning') thought(part.text);
    },
  };
}

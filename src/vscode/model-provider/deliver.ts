import * as l10n from '@vscode/l10n';
import { argumentsObject } from '../../core/dialects/conversation.ts';
import type { ReasoningContent } from '../../core/ir/call.ts';
import type { Part, StopReason } from '../../core/ir/parts.ts';
import type { Usage } from '../../core/ir/usage.ts';
import type { Kept } from './carry-memory.ts';

/** Where the pieces of an answer go, one method for each kind of part that the editor takes. */
export interface Sink {
  text(text: string): void;
  thinking(text: string): void;
  toolCall(callId: string, name: string, input: object, kept: Kept): void;
}

export interface Delivery {
  take(part: Part): void;
  /** True when nothing was said and no tool was called; the editor shows that as a riddle. */
  readonly empty: boolean;
}

/**
 * Text and thinking pass as they come; a tool call when it is complete, because the editor wants an object.
 * `take` throws for arguments that are none: an invented `{}` would run a tool with the wrong arguments.
 */
export function delivery(sink: Sink): Delivery {
  let empty = true;
  let block: Extract<Part, { type: 'block-start' }>['block'] | undefined;
  // Of a tool call its arguments, of a thought what was thought.
  let written = '';
  let thoughts: ReasoningContent[] = [];
  return {
    get empty() {
      return empty;
    },
    take(part) {
      if (part.type === 'block-start') {
        block = part.block;
        written = '';
      } else if (part.type === 'block-delta' && block !== undefined) {
        if (block.kind !== 'text') written += part.text;
        if (block.kind === 'reasoning') sink.thinking(part.text);
        else if (block.kind === 'text') {
          empty = empty && part.text.trim() === '';
          sink.text(part.text);
        }
      } else if (part.type === 'block-end' && block?.kind === 'reasoning') {
        if (part.carry !== undefined) thoughts.push({ kind: 'reasoning', text: written, carry: part.carry });
      } else if (part.type === 'block-end' && block?.kind === 'tool-call') {
        const input = argumentsObject(written);
        if (input === undefined) throw new Error(brokenArguments(block.name, written));
        empty = false;
        sink.toolCall(block.callId, block.name, input, { thoughts, ...(part.carry === undefined ? {} : { carry: part.carry }) });
        thoughts = [];
      }
    },
  };
}

function brokenArguments(name: string, json: string): string {
  const start = json.length > 200 ? `${json.slice(0, 200)}...` : json;
  return l10n.t(
    'The model called the tool "{0}" with arguments that are not a JSON object, so it was not run: {1} Ask again.',
    name,
    start,
  );
}

/** Why there is no answer, as a sentence. */
export function emptyAnswer(reason: StopReason, raw: string): string {
  switch (reason) {
    case 'refusal':
      return raw === ''
        ? l10n.t('The model refused to answer. Ask in another way, or choose another model.')
        : l10n.t('The model refused to answer ({0}). Ask in another way, or choose another model.', raw);
    case 'max-tokens':
      return l10n.t(
        'The model used up its output limit before it said anything. Choose a model with a higher limit, or one that thinks less.',
      );
    case 'context-window':
      return l10n.t('The conversation is larger than the context window of the model. Start a new chat, or choose a larger model.');
    case 'end':
    case 'stop-sequence':
    case 'tool-use':
    case 'pause':
    case 'unknown':
      return l10n.t('The model sent an empty answer. Ask again, or choose another model.');
    default:
      return reason satisfies never;
  }
}

/** Usage in the OpenAI shape, as the editor's context ring reads it: the prompt includes what was read from and written to a cache. */
export function openAiUsage(usage: Usage): Record<string, unknown> {
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output,
    total_tokens: prompt + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead },
    completion_tokens_details: { reasoning_tokens: usage.reasoningWithinOutput },
  };
}

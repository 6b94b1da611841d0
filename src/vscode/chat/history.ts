import type { ImageContent, TextContent, Turn } from '../../core/ir/call.ts';
import { CHAT_AGENT } from '../gateway-view.ts';

/** What an answer leaves in the chat for the next one; the editor keeps it with the conversation. */
export interface AnswerMetadata {
  /** The agent that is asked in this chat. */
  readonly agent: string;
  /** What follows the model's own words in the shown answer, so that it is not sent back to the model. */
  readonly footer?: string;
  /** The gateway's id of the request. */
  readonly request?: string;
  /** True for what a command said: no part of the conversation with the model. */
  readonly command?: boolean;
}

/** The editor's history, as far as it is read: requests have a prompt, responses have parts. */
export type HistoryItem =
  | { readonly prompt: string; readonly command?: string | undefined; readonly references: readonly unknown[] }
  | {
      readonly response: readonly unknown[];
      readonly result: { readonly metadata?: Readonly<Record<string, unknown>> | undefined };
    };

/** One exchange, before its references are read. */
export interface Exchange {
  readonly prompt: string;
  readonly references: readonly unknown[];
  readonly answer: string;
}

/** The agent chosen last in this chat. */
export function chosenAgent(history: readonly HistoryItem[]): string {
  for (const item of history.toReversed()) {
    const agent = 'result' in item ? item.result.metadata?.['agent'] : undefined;
    if (typeof agent === 'string') return agent;
  }
  return CHAT_AGENT;
}

/** The conversation with the model, oldest first: without commands and without our own lines under the answers. */
export function exchanges(history: readonly HistoryItem[]): Exchange[] {
  const found: { prompt: string; references: readonly unknown[]; answer: string }[] = [];
  let current: (typeof found)[number] | undefined;
  for (const item of history) {
    if ('prompt' in item) {
      current = item.command === undefined ? { prompt: item.prompt, references: item.references, answer: '' } : undefined;
      if (current !== undefined) found.push(current);
    } else if (current !== undefined && item.result.metadata?.['command'] !== true) {
      const shown = item.response.map(markdownOf).join('');
      const footer = item.result.metadata?.['footer'];
      current.answer =
        typeof footer === 'string' && footer !== '' && shown.endsWith(footer) ? shown.slice(0, -footer.length) : shown;
    }
  }
  return found;
}

export interface UserContent {
  readonly content: readonly (TextContent | ImageContent)[];
}

/**
 * The turns of a call: the newest question always, of the earlier exchanges as many as fit into `budget` characters, newest
 * first. `dropped` counts those that did not.
 */
export function turnsWithin(
  earlier: readonly (UserContent & { readonly answer: string })[],
  question: UserContent,
  budget: number,
): { readonly turns: readonly Turn[]; readonly dropped: number } {
  let left = budget - sizeOf(question);
  let first = earlier.length;
  while (first > 0) {
    const exchange = earlier[first - 1];
    if (exchange === undefined) break;
    left -= sizeOf(exchange) + exchange.answer.length;
    if (left < 0) break;
    first -= 1;
  }
  const turns = earlier.slice(first).flatMap((exchange): Turn[] => [
    { role: 'user', content: exchange.content },
    { role: 'assistant', content: [{ kind: 'text', text: exchange.answer }] },
  ]);
  return { turns: [...turns, { role: 'user', content: question.content }], dropped: first };
}

/** An image counts about as many tokens as 6,000 characters of text, whatever its bytes. */
function sizeOf(user: UserContent): number {
  return user.content.reduce((sum, part) => sum + (part.kind === 'text' ? part.text.length : 6_000), 0);
}

/** The text of a markdown part; buttons, anchors and trees are ours, not the model's. */
function markdownOf(part: unknown): string {
  const value = (part as { readonly value?: unknown } | null)?.value;
  const text = (value as { readonly value?: unknown } | null | undefined)?.value;
  return typeof text === 'string' ? text : '';
}

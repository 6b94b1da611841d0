import type { ImageContent, TextContent, Turn } from '../../core/ir/call.ts';
import { CHAT_AGENT } from '../gateway-view.ts';
import { sizeOfTurns, turnsOfRounds, type KeptRound, type Transcripts } from './transcripts.ts';

/** What an answer leaves in the chat for the next one; the editor keeps it with the conversation. Plain JSON. */
export interface AnswerMetadata {
  /** The agent that is asked in this chat. */
  readonly agent: string;
  /** The `provider/model` or alias that serves this chat in place of the agent's own model. */
  readonly model?: string;
  /** One for all requests of this chat. */
  readonly session?: string;
  /** What follows the model's own words in the shown answer, so that it is not sent back to the model. */
  readonly footer?: string;
  /** The gateway's id of the last request. */
  readonly request?: string;
  /** True for what a command said: no part of the conversation with the model. */
  readonly command?: boolean;
  /** Where `Transcripts` has what was really said. */
  readonly exchange?: string;
  /** The same in short, for when it has not any more. */
  readonly rounds?: readonly KeptRound[];
  /** The model's last words, where they are not all that was shown. */
  readonly said?: string;
  readonly spent?: Spent;
  readonly compared?: Compared;
  readonly followUps?: readonly FollowUp[];
}

/** What an answer used, over all of its requests. */
export interface Spent {
  readonly requests: number;
  readonly input: number;
  readonly output: number;
  readonly costNano: number;
  /** Requests. */
  readonly unpriced: number;
}

/** Several models on one question; the one that the chat goes on with has said its answer. */
export interface Compared {
  readonly prompt: string;
  readonly answers: readonly { readonly model: string; readonly text: string }[];
}

/** A next message, ready to be sent. */
export interface FollowUp {
  readonly label: string;
  readonly prompt: string;
  readonly command?: string;
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
  readonly metadata: Partial<AnswerMetadata>;
}

/** What was chosen last in this chat. */
export interface ChatChoice {
  readonly agent: string;
  readonly model?: string;
  readonly session?: string;
}

export function chosenIn(history: readonly HistoryItem[]): ChatChoice {
  for (const item of history.toReversed()) {
    const { agent, model, session } = metadataOf(item);
    if (typeof agent !== 'string') continue;
    return {
      agent,
      ...(typeof model === 'string' && { model }),
      ...(typeof session === 'string' && { session }),
    };
  }
  return { agent: CHAT_AGENT };
}

/** The last answer's request, of a model and not of a command. */
export function lastRequest(history: readonly HistoryItem[]): string | undefined {
  const last = history.findLast((item) => typeof metadataOf(item).request === 'string');
  return last && metadataOf(last).request;
}

/** What all answers of this chat used. */
export function spentIn(history: readonly HistoryItem[]): Spent {
  return history
    .map((item) => metadataOf(item).spent)
    .reduce<Spent>((sum, each) => (each ? addSpent(sum, each) : sum), NOTHING_SPENT);
}

export const NOTHING_SPENT: Spent = { requests: 0, input: 0, output: 0, costNano: 0, unpriced: 0 };

export function addSpent(a: Spent, b: Spent): Spent {
  return {
    requests: a.requests + b.requests,
    input: a.input + b.input,
    output: a.output + b.output,
    costNano: a.costNano + b.costNano,
    unpriced: a.unpriced + b.unpriced,
  };
}

/**
 * The conversation with the model, oldest first: without commands and without our own lines under the answers. Of a comparison the answer
 * of the model that the chat went on with, if it did.
 */
export function exchanges(history: readonly HistoryItem[]): Exchange[] {
  const found: { prompt: string; references: readonly unknown[]; answer: string; metadata: Partial<AnswerMetadata> }[] = [];
  let asked: Extract<HistoryItem, { prompt: string }> | undefined;
  let current: (typeof found)[number] | undefined;
  let compared: { readonly references: readonly unknown[]; readonly what: Compared } | undefined;
  for (const item of history) {
    if ('prompt' in item) {
      asked = item;
      current = undefined;
      if (item.command !== undefined) continue;
      current = { prompt: item.prompt, references: item.references, answer: '', metadata: {} };
      found.push(current);
      continue;
    }
    const metadata = metadataOf(item);
    if (metadata.compared !== undefined) compared = { references: asked?.references ?? [], what: metadata.compared };
    else if (metadata.command === true && compared !== undefined) {
      const { what, references } = compared;
      const picked = what.answers.find(({ model }) => model === metadata.model);
      if (picked !== undefined) found.push({ prompt: what.prompt, references, answer: picked.text, metadata: {} });
      compared = undefined;
    }
    if (current === undefined || metadata.command === true) continue;
    const shown = item.response.map(markdownOf).join('');
    const { footer } = metadata;
    current.answer = typeof footer === 'string' && footer !== '' && shown.endsWith(footer) ? shown.slice(0, -footer.length) : shown;
    current.metadata = metadata;
  }
  return found;
}

export interface UserContent {
  readonly content: readonly (TextContent | ImageContent)[];
}

/** An exchange as it is sent again: word for word where that is still known, else from what the editor kept. */
export function turnsOf({ answer, metadata }: Exchange, question: UserContent, transcripts: Transcripts): readonly Turn[] {
  const known = metadata.exchange === undefined ? undefined : transcripts.get(metadata.exchange);
  if (known !== undefined) return known;
  return [
    { role: 'user', content: question.content },
    ...turnsOfRounds(metadata.rounds ?? []),
    { role: 'assistant', content: [{ kind: 'text', text: metadata.said ?? answer }] },
  ];
}

/**
 * The turns of a call: the newest question always, of the earlier exchanges as many as fit into `budget` characters, newest
 * first. `dropped` counts those that did not.
 */
export function turnsWithin(
  earlier: readonly (readonly Turn[])[],
  question: UserContent,
  budget: number,
): { readonly turns: readonly Turn[]; readonly dropped: number } {
  const newest: Turn = { role: 'user', content: question.content };
  let left = budget - sizeOfTurns([newest]);
  let first = earlier.length;
  while (first > 0) {
    left -= sizeOfTurns(earlier[first - 1] ?? []);
    if (left < 0) break;
    first -= 1;
  }
  return { turns: [...earlier.slice(first).flat(), newest], dropped: first };
}

/** Written by us, and by no other version than this one or an earlier. */
function metadataOf(item: HistoryItem): Partial<AnswerMetadata> {
  return 'result' in item ? (item.result.metadata ?? {}) : {};
}

/** The text of a markdown part; buttons, anchors and trees are ours, not the model's. */
function markdownOf(part: unknown): string {
  const value = (part as { readonly value?: unknown } | null)?.value;
  const text = (value as { readonly value?: unknown } | null | undefined)?.value;
  return typeof text === 'string' ? text : '';
}

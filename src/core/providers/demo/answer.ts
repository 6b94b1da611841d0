import type { StopReason } from '../../ir/parts.ts';
import type { Usage } from '../../ir/usage.ts';

/** One finished answer, before it takes a dialect's shape. The writers beside this file turn it into frames or a whole body. */
export interface Answer {
  /** Letters and digits; each dialect puts its own prefix on it. */
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly text: string;
  readonly thinking?: AnswerThinking;
  readonly toolCalls?: readonly AnswerToolCall[];
  /** Left out: `tool-use` with tool calls, else `end`. */
  readonly stop?: StopReason;
  readonly usage: AnswerUsage;
  /** How many deltas the text of a stream is cut into; a default suits tests. */
  readonly pieces?: number;
}

export interface AnswerThinking {
  readonly text: string;
  /** State that only the issuer can read: a signature, encrypted reasoning, a thought signature. */
  readonly token: string | undefined;
  /** Anthropic only: the text is withheld and the token is all there is. */
  readonly redacted?: boolean;
}

export interface AnswerToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, or for a custom tool its free-form input. */
  readonly arguments: string;
  readonly custom?: boolean;
  /** OpenAI Responses only. */
  readonly namespace?: string;
}

export type AnswerUsage = Omit<Usage, 'units' | 'source'>;

export type FrameData = Readonly<Record<string, unknown>>;

/** One server-sent event that is not yet bytes. */
export interface Frame {
  readonly event: string | undefined;
  /** A string is sent as it is: chat's `[DONE]`. */
  readonly data: FrameData | string;
}

export function frameText(frame: Frame, newline = '\n'): string {
  const data = typeof frame.data === 'string' ? frame.data : JSON.stringify(frame.data);
  return `${frame.event === undefined ? '' : `event: ${frame.event}${newline}`}data: ${data}${newline}${newline}`;
}

export const DEFAULT_PIECES = 6;

/** Cuts text into at most `count` pieces of near-equal length; never inside a code point. */
export function splitText(text: string, count: number): readonly string[] {
  const points = Array.from(text);
  const pieces = Math.max(1, Math.min(count, points.length));
  const result: string[] = [];
  for (let at = 0; at < pieces; at++) {
    const piece = points.slice(Math.floor((at * points.length) / pieces), Math.floor(((at + 1) * points.length) / pieces)).join('');
    if (piece !== '') result.push(piece);
  }
  return result;
}

export function stopOf(answer: Answer): StopReason {
  return answer.stop ?? ((answer.toolCalls?.length ?? 0) > 0 ? 'tool-use' : 'end');
}

export const allInput = (usage: AnswerUsage): number => usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;

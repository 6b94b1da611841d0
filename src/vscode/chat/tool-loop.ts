import * as l10n from '@vscode/l10n';
import type { Call, ToolCallContent, Turn } from '../../core/ir/call.ts';
import { plus, type Usage } from '../../core/ir/usage.ts';
import { ask, type Answer } from '../ask.ts';
import type { Connection, TargetView } from '../gateway-view.ts';
import { AnswerTurn } from './answer-turn.ts';
import type { ChatOutput } from './chat-output.ts';
import type { Display } from './display.ts';
import { runTool, type ToolBox } from './tools.ts';

/** So many requests are made for one message; then the user is asked whether it shall go on. */
export const MOST_ROUNDS = 25;

export interface Loop {
  readonly connection: Connection;
  readonly target: TargetView;
  readonly call: Call;
  readonly session: string;
  readonly box: ToolBox;
  readonly display: Display;
  readonly out: ChatOutput;
  readonly signal: AbortSignal;
  readonly mostRounds?: number;
}

export interface LoopEnd {
  /** Of the last answer. */
  readonly answer: Answer;
  /** The message and everything that was said and done for it. */
  readonly turns: readonly Turn[];
  /** The gateway's ids. */
  readonly requests: readonly string[];
  readonly usage: Usage | undefined;
  /** The model's last words. */
  readonly said: string;
  /** `declined`: the user did not want a tool. `rounds`: there would have been more to do. */
  readonly why: 'answered' | 'declined' | 'rounds';
}

/** What happened before it failed. */
export interface LoopProgress {
  requests: string[];
  /** As `LoopEnd.turns`, so far. */
  turns: readonly Turn[];
}

/**
 * Asks, runs the tools that are called, and asks again with what they gave, until the model has nothing more to call. All requests have
 * one session and begin with the same bytes. Rejects as `ask` does; `progress` then says what was paid for.
 */
export async function toolLoop(loop: Loop, progress: LoopProgress): Promise<LoopEnd> {
  const { call, signal, target } = loop;
  const most = loop.mostRounds ?? MOST_ROUNDS;
  const own: Turn[] = call.turns.slice(-1);
  progress.turns = own;
  const before = call.turns.slice(0, -1);
  let usage: Usage | undefined;
  for (let round = 1; ; round += 1) {
    const turn = new AnswerTurn();
    const answer = await ask({
      ...loop.connection,
      dialect: target.dialect,
      call: { ...call, turns: [...before, ...own] },
      servedBy: target.model,
      caller: 'chat',
      session: loop.session,
      signal,
      onPart: (part) => {
        turn.take(part);
        loop.display.take(part);
      },
      ...(target.outputTokens === undefined ? {} : { maxOutputTokens: target.outputTokens }),
      ...(target.quirks === undefined ? {} : { quirks: target.quirks }),
    });
    if (answer.request !== undefined) progress.requests.push(answer.request);
    if (answer.usage !== undefined) usage = usage === undefined ? answer.usage : plus(usage, answer.usage);
    if (turn.content.length > 0) own.push({ role: 'assistant', content: turn.content });
    const end = (why: LoopEnd['why']): LoopEnd => ({
      answer,
      turns: own,
      requests: progress.requests,
      usage,
      said: turn.text,
      why,
    });
    if (turn.calls.length === 0) return end('answered');
    const declined = await runAll(turn.calls, loop, own);
    if (declined) return end('declined');
    if (round >= most) return end('rounds');
  }
}

/** All at once, as the model asked for them. True: the user did not want one. */
async function runAll(calls: readonly ToolCallContent[], loop: Loop, own: Turn[]): Promise<boolean> {
  loop.signal.throwIfAborted();
  const names = [...new Set(calls.map(({ name }) => name))].join(', ');
  loop.out.progress(l10n.t('Using {0}', names));
  const runs = await Promise.all(calls.map((call) => runTool(call, loop.call.tools, loop.box, loop.signal)));
  loop.signal.throwIfAborted();
  own.push({ role: 'user', content: runs.map(({ result }) => result) });
  return runs.some(({ declined }) => declined);
}

import { createHash } from 'node:crypto';
import type { Answer, AnswerToolCall } from './answer.ts';
import { lastUserText, newPieces, type OfferedTool, type ReadRequest } from './read-request.ts';

export const DEMO_MODEL = 'gatehouse-demo';

const HOW_TO_LEAVE = 'To use a real model, run the command "Gatehouse: Add Key".';
const QUOTE_LENGTH = 240;
const PIECES = 30;

/** What the demo provider answers. The same request gets the same answer, ids included. */
export function composeAnswer(request: ReadRequest, body: Uint8Array, created: number): Answer {
  const id = createHash('sha256').update(body).digest('hex').slice(0, 24);
  const plan = planCall(request, id);
  const said = [
    "This is Gatehouse's demo provider. No provider was called and nothing was spent.",
    `I saw ${count(request.turns.length, 'message')}.`,
    ...plan.sentences,
    HOW_TO_LEAVE,
  ].join(' ');
  const output = tokensOf(said.length + (plan.call?.arguments.length ?? 0));
  return {
    id,
    model: request.model === '' ? DEMO_MODEL : request.model,
    created,
    text: said,
    ...(plan.call === undefined ? {} : { toolCalls: [plan.call] }),
    usage: {
      input: tokensOf(request.characters),
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      output,
      reasoningWithinOutput: 0,
    },
    pieces: PIECES,
  };
}

/** About four characters a token; never zero, so that a ledger row shows something. */
export const tokensOf = (characters: number): number => Math.max(1, Math.ceil(characters / 4));

interface Plan {
  readonly sentences: readonly string[];
  readonly call?: AnswerToolCall;
}

function planCall(request: ReadRequest, id: string): Plan {
  const fresh = newPieces(request);
  const result = fresh.findLast((piece) => piece.kind === 'tool-result');
  // A result ends the loop, whatever the text beside it says: the order is asked for once and must not be carried out twice.
  if (result?.kind === 'tool-result') return { sentences: [`The tool answered: ${quote(result.text)}.`] };
  for (const piece of fresh.toReversed()) {
    const order = piece.kind === 'text' ? /^[ \t]*demo:[ \t]*call[ \t]+(\S+)[ \t]*(.*)$/im.exec(piece.text) : null;
    if (order !== null) return carryOut(order[1] ?? '', (order[2] ?? '').trim(), request.tools, id);
  }
  const words = lastUserText(request);
  return { sentences: [words === '' ? 'There was no text from you.' : `You wrote: ${quote(words)}.`] };
}

function carryOut(name: string, rest: string, tools: readonly OfferedTool[], id: string): Plan {
  const tool = tools.find((each) => each.name === name);
  if (tool === undefined) {
    const names = tools.map((each) => each.name).join(', ');
    return {
      sentences: [`The tool "${name}" was not offered to me. ${names === '' ? 'No tools were.' : `These were: ${names}.`}`],
    };
  }
  const text = tool.custom ? rest : rest === '' ? '{}' : asObject(rest);
  if (text === undefined) {
    return {
      sentences: [
        `What follows "demo: call ${name}" is not a JSON object. Write it like this: demo: call ${name} {"key": "value"}`,
      ],
    };
  }
  return {
    sentences: [`I am calling the tool "${name}", as you asked.`],
    call: {
      id: `call_${id}`,
      name,
      arguments: text,
      custom: tool.custom,
      ...(tool.namespace === undefined ? {} : { namespace: tool.namespace }),
    },
  };
}

/** The text itself when it is a JSON object; undefined otherwise. */
function asObject(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? json : undefined;
  } catch {
    return undefined;
  }
}

function quote(words: string): string {
  const points = Array.from(words.replace(/\s+/g, ' ').trim());
  return `"${points.length > QUOTE_LENGTH ? `${points.slice(0, QUOTE_LENGTH).join('')}...` : points.join('')}"`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

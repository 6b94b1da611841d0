import type { AssistantContent, Turn, UserContent } from '../../core/ir/call.ts';

/**
 * What was really said to and by the model, by the id of an exchange. The editor keeps only what it showed; a prompt cache wants the very
 * bytes, and some models their signatures. In memory and bounded: after a reload the chat's own history stands in for it.
 */
export class Transcripts {
  readonly #most: number;
  readonly #kept = new Map<string, { readonly turns: readonly Turn[]; readonly size: number }>();
  #size = 0;

  constructor(mostCharacters = 50_000_000) {
    this.#most = mostCharacters;
  }

  keep(id: string, turns: readonly Turn[]): void {
    const size = sizeOfTurns(turns, 'bytes');
    this.#kept.set(id, { turns, size });
    this.#size += size;
    for (const [oldest, { size }] of this.#kept) {
      if (this.#size <= this.#most) break;
      this.#kept.delete(oldest);
      this.#size -= size;
    }
  }

  get(id: string): readonly Turn[] | undefined {
    return this.#kept.get(id)?.turns;
  }
}

/** An image counts about as many tokens as 6,000 characters of text, whatever its bytes; in memory it is all of them. */
const IMAGE = 6_000;

/** Characters. */
export function sizeOfTurns(turns: readonly Turn[], images: 'bytes' | 'tokens' = 'tokens'): number {
  const part = (each: UserContent | AssistantContent): number => {
    switch (each.kind) {
      case 'text':
      case 'reasoning':
        return each.text.length;
      case 'tool-call':
        return each.arguments.length + each.name.length;
      case 'tool-result':
        return each.content.reduce((sum, inner) => sum + part(inner), 0);
      case 'remote':
        return IMAGE;
      default:
        return images === 'bytes' ? each.base64.length : IMAGE;
    }
  };
  return turns.reduce((sum, turn) => sum + turn.content.reduce((inner, each) => inner + part(each), 0), 0);
}

/** A round with tools, as the chat's own metadata keeps it: short, and without what only memory holds. Plain JSON. */
export interface KeptRound {
  readonly said: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly results: readonly { readonly id: string; readonly text: string; readonly isError: boolean }[];
}

const MOST_ROUNDS = 60_000;
const MOST_OF_ONE = 4_000;

/** The rounds of an exchange, the newest first to be kept. The last turn, which is the answer itself, is not among them. */
export function keptRounds(turns: readonly Turn[]): readonly KeptRound[] {
  const rounds: KeptRound[] = [];
  for (const [at, turn] of turns.entries()) {
    const next = turns[at + 1];
    if (turn.role !== 'assistant' || next?.role !== 'user') continue;
    const calls = turn.content.flatMap((part) =>
      part.kind === 'tool-call' ? [{ id: part.callId, name: part.name, arguments: shortArguments(part.arguments) }] : [],
    );
    if (calls.length === 0) continue;
    rounds.push({
      said: short(turn.content.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n\n')),
      calls,
      results: next.content.flatMap((part) =>
        part.kind === 'tool-result'
          ? [
              {
                id: part.callId,
                text: short(part.content.map((each) => (each.kind === 'text' ? each.text : '(an image)')).join('\n')),
                isError: part.isError,
              },
            ]
          : [],
      ),
    });
  }
  let left = MOST_ROUNDS;
  const first = rounds.findLastIndex((round) => (left -= JSON.stringify(round).length) < 0);
  return rounds.slice(first + 1);
}

/** As turns again. */
export function turnsOfRounds(rounds: readonly KeptRound[]): Turn[] {
  return rounds.flatMap(({ said, calls, results }): Turn[] => [
    {
      role: 'assistant',
      content: [
        ...(said === '' ? [] : [{ kind: 'text', text: said } as const]),
        ...calls.map(({ id, name, arguments: json }) => ({ kind: 'tool-call', callId: id, name, arguments: json }) as const),
      ],
    },
    {
      role: 'user',
      content: results.map(({ id, text, isError }) => ({
        kind: 'tool-result',
        callId: id,
        name: calls.find((call) => call.id === id)?.name ?? 'tool',
        content: [{ kind: 'text', text }],
        isError,
      })),
    },
  ]);
}

function short(text: string): string {
  return text.length <= MOST_OF_ONE ? text : `${text.slice(0, MOST_OF_ONE)}\n(The rest was cut.)`;
}

/** Cut JSON would be none. */
function shortArguments(json: string): string {
  return json.length <= MOST_OF_ONE ? json : JSON.stringify({ cut: json.slice(0, MOST_OF_ONE) });
}

import * as l10n from '@vscode/l10n';
import type { Call, Tool } from '../../core/ir/call.ts';
import type { TargetView } from '../gateway-view.ts';
import { exchanges, turnsOf, turnsWithin, type HistoryItem } from './history.ts';
import { MAX_REFERENCES, readReferences, type ReadReferences, type ReferenceReader } from './references.ts';
import { systemPrompt, type Surroundings } from './system-prompt.ts';
import type { Transcripts } from './transcripts.ts';

/** What is assumed to fit where nothing is known of a model: 400,000 characters are about 100,000 tokens. */
const DEFAULT_BUDGET = 400_000;
/** Less than the four that a token has on average: code has fewer. */
const CHARACTERS_PER_TOKEN = 3;

export interface CallParts {
  readonly prompt: string;
  readonly references: readonly unknown[];
  readonly history: readonly HistoryItem[];
  /** As the gateway is asked for it. */
  readonly model: string;
  readonly target: TargetView;
  readonly tools: readonly Tool[];
  readonly session: string;
  readonly surroundings: Surroundings;
  readonly transcripts: Transcripts;
}

/** The request for one message of the chat. `own`: how many of its turns, from the end, are this message's. */
export async function buildCall(
  parts: CallParts,
  reader: ReferenceReader,
): Promise<{ readonly call: Call; readonly notes: string[] }> {
  const { target } = parts;
  const now = await readReferences(parts.references, reader);
  const notes = [...now.notes];
  let left = MAX_REFERENCES - characters(now);
  const earlier = [];
  // A later question still means the files of an earlier one. Newest first, as long as there is room.
  for (const exchange of exchanges(parts.history).toReversed()) {
    const known = exchange.metadata.exchange !== undefined && parts.transcripts.get(exchange.metadata.exchange) !== undefined;
    const read = left > 0 && !known ? await readReferences(exchange.references, reader, left) : { content: [], notes: [] };
    left -= characters(read);
    const question = { content: [...read.content, { kind: 'text', text: exchange.prompt } as const] };
    earlier.unshift(turnsOf(exchange, question, parts.transcripts));
  }
  const room =
    target.contextTokens === undefined
      ? undefined
      : target.contextTokens - Math.min(target.outputTokens ?? 8_192, target.contextTokens / 2);
  const budget = room === undefined ? DEFAULT_BUDGET : room * CHARACTERS_PER_TOKEN;
  const toolsSize = JSON.stringify(parts.tools).length;
  const question = { content: [...now.content, { kind: 'text', text: parts.prompt } as const] };
  const { turns, dropped } = turnsWithin(earlier, question, budget - toolsSize);
  if (dropped > 0) {
    notes.push(
      l10n.t('The conversation is longer than the model can read. Left out, from the beginning: {0} of its questions.', dropped),
    );
  }
  if (target.imageInput === false && now.content.some(({ kind }) => kind === 'image'))
    notes.push(l10n.t('{0} is not known to look at images.', target.model));
  return {
    call: {
      model: parts.model,
      system: [{ kind: 'text', text: systemPrompt(parts.surroundings, parts.tools.length > 0) }],
      turns,
      tools: parts.tools,
      toolChoice: 'auto',
      maxOutputTokens: undefined,
      // For providers that find their prompt caches by it; others have no word for it.
      cacheKey: parts.session,
    },
    notes,
  };
}

function characters({ content }: Pick<ReadReferences, 'content'>): number {
  return content.reduce((sum, part) => sum + (part.kind === 'text' ? part.text.length : 0), 0);
}

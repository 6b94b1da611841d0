import type { DialectId } from '../../src/core/ir/dialect.ts';
import type { Part, StopReason } from '../../src/core/ir/parts.ts';
import { NO_USAGE, type Usage } from '../../src/core/ir/usage.ts';
import { assertOrder } from '../unit/codecs/support.ts';

/** An answer as an agent understands it, without what dialects are free in: how text is cut, and into how many blocks. */
export interface Meaning {
  readonly text: string;
  /** Without white space: dialects that know no blocks put some between two thoughts. */
  readonly reasoning: string;
  readonly calls: readonly { readonly callId: string; readonly name: string; readonly arguments: unknown }[];
  readonly stop: StopReason | undefined;
  readonly usage: Usage | undefined;
  readonly error: string | undefined;
  /** Kinds of blocks in their order, equal neighbours once. */
  readonly order: readonly string[];
}

export function meaningOf(parts: readonly Part[]): Meaning {
  assertOrder(parts);
  const texts = new Map<number, string>();
  const kinds: string[] = [];
  const calls: { callId: string; name: string; at: number }[] = [];
  let text = '';
  let reasoning = '';
  let stop: StopReason | undefined;
  let usage: Usage | undefined;
  let error: string | undefined;
  for (const part of parts) {
    if (part.type === 'block-start') {
      kinds[part.at] = part.block.kind;
      texts.set(part.at, '');
      if (part.block.kind === 'tool-call') calls.push({ callId: part.block.callId, name: part.block.name, at: part.at });
    } else if (part.type === 'block-delta') {
      texts.set(part.at, (texts.get(part.at) ?? '') + part.text);
      if (kinds[part.at] === 'text') text += part.text;
      if (kinds[part.at] === 'reasoning') reasoning += part.text;
    } else if (part.type === 'usage') usage = part.usage;
    else if (part.type === 'response-end') stop = part.stop.reason;
    else if (part.type === 'response-error') error = part.error.code;
  }
  const said = kinds.filter((kind, at) => kind === 'tool-call' || texts.get(at) !== '');
  return {
    text,
    reasoning: reasoning.replace(/\s+/g, ''),
    calls: calls.map(({ callId, name, at }) => ({ callId, name, arguments: parsed(texts.get(at) ?? '') })),
    stop,
    usage,
    error,
    order: said.filter((kind, at) => kind !== said[at - 1]),
  };
}

/** Broken arguments stay what they are: text. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json;
  }
}

/**
 * What a dialect can say of an answer's cost: OpenAI knows one kind of cache write, Gemini none. Anthropic's must say something, and
 * says zeros where nothing is known.
 */
export function usageIn(dialect: DialectId, usage: Usage = NO_USAGE): Omit<Usage, 'units' | 'source'> {
  const { input, cacheRead, cacheWrite5m, cacheWrite1h, output, reasoningWithinOutput } = usage;
  const common = { cacheRead, output, reasoningWithinOutput };
  switch (dialect) {
    case 'anthropic-messages':
      return { ...common, input, cacheWrite5m, cacheWrite1h };
    case 'openai-chat':
    case 'openai-responses':
      return { ...common, input, cacheWrite5m: cacheWrite5m + cacheWrite1h, cacheWrite1h: 0 };
    case 'gemini':
      return { ...common, input: input + cacheWrite5m + cacheWrite1h, cacheWrite5m: 0, cacheWrite1h: 0 };
    default:
      return dialect satisfies never;
  }
}

/** How a stop comes back from a dialect that has no word of its own for it. */
export function stopIn(dialect: DialectId, stop: StopReason): StopReason {
  if (dialect === 'anthropic-messages') return stop === 'unknown' ? 'end' : stop;
  if (stop === 'stop-sequence' || stop === 'pause' || stop === 'unknown') return 'end';
  if (stop === 'context-window') return 'max-tokens';
  return stop;
}

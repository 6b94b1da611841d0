import { tagOf, type Carry } from '../../ir/carry.ts';
import type { Block, Part, StopReason } from '../../ir/parts.ts';
import type { Usage } from '../../ir/usage.ts';
import { argumentsObject } from '../conversation.ts';
import { tagOfThoughts, type ThoughtBefore } from './thought-tag.ts';

export type WirePart = Record<string, unknown>;

const FINISH: Readonly<Record<StopReason, string>> = {
  end: 'STOP',
  'tool-use': 'STOP',
  'stop-sequence': 'STOP',
  pause: 'STOP',
  unknown: 'STOP',
  'max-tokens': 'MAX_TOKENS',
  'context-window': 'MAX_TOKENS',
  refusal: 'SAFETY',
};

export interface Finish {
  readonly finishReason: string;
  readonly finishMessage?: string;
}

/** The parts of an answer's content, as they become whole. */
export class AnswerContent {
  readonly #showsThoughts: boolean;
  #block: Block | undefined;
  /** The newest piece of a thought: its signature goes with the last one. */
  #held = '';
  #json = '';
  #thoughts: ThoughtBefore[] = [];
  #textSinceCall = 0;
  #broken: string | undefined;

  constructor(showsThoughts: boolean) {
    this.#showsThoughts = showsThoughts;
  }

  push(part: Part): readonly WirePart[] {
    switch (part.type) {
      case 'block-start':
        this.#block = part.block;
        this.#json = '';
        return [];
      case 'block-delta':
        return this.#delta(part.text);
      case 'block-end':
        return this.#end(part.carry);
      case 'response-error':
        return this.#flush();
      case 'response-start':
      case 'usage':
      case 'response-end':
        return [];
      default:
        part satisfies never;
        return [];
    }
  }

  /**
   * Arguments that are no object cannot be said here, and an invented `{}` might be carried out. The call is left out, and the answer
   * ends as Gemini's own do after such a call: the agents then ask once more.
   */
  finish(reason: StopReason): Finish {
    const finishReason = FINISH[reason];
    if (this.#broken === undefined) return { finishReason };
    return {
      finishReason: finishReason === 'MAX_TOKENS' ? finishReason : 'MALFORMED_FUNCTION_CALL',
      finishMessage: `The model called ${this.#broken} with arguments that are not a JSON object. The call was left out.`,
    };
  }

  #delta(text: string): readonly WirePart[] {
    switch (this.#block?.kind) {
      case 'text':
        this.#textSinceCall += text.length;
        return text === '' ? [] : [{ text }];
      case 'reasoning': {
        const before = this.#flush();
        this.#held = text;
        return before;
      }
      case 'tool-call':
        this.#json += text;
        return [];
      case undefined:
        return [];
      default:
        this.#block satisfies never;
        return [];
    }
  }

  #end(carry: Carry | undefined): readonly WirePart[] {
    const block = this.#block;
    this.#block = undefined;
    if (block?.kind === 'tool-call') return this.#call(block.callId, block.name, carry);
    if (block?.kind === 'text') return carry === undefined ? [] : [{ text: '', thoughtSignature: tagOf(carry) }];
    if (carry === undefined) return this.#flush();
    this.#thoughts.push({ carry, at: this.#textSinceCall });
    const text = this.#held;
    this.#held = '';
    return this.#showsThoughts ? [{ text, thought: true, thoughtSignature: tagOf(carry) }] : [];
  }

  #flush(): readonly WirePart[] {
    const text = this.#held;
    this.#held = '';
    return text === '' || !this.#showsThoughts ? [] : [{ text, thought: true }];
  }

  /** A signature of the call's own comes first: its provider refuses the call without. */
  #call(id: string, name: string, own: Carry | undefined): readonly WirePart[] {
    const [first, ...rest] = this.#thoughts;
    this.#thoughts = [];
    this.#textSinceCall = 0;
    const args = argumentsObject(this.#json);
    if (args === undefined) {
      this.#broken ??= name;
      return [];
    }
    const part = { functionCall: { id, name, args } };
    if (own !== undefined) return [{ ...part, thoughtSignature: tagOf(own) }];
    return [first === undefined ? part : { ...part, thoughtSignature: tagOfThoughts([first, ...rest]) }];
  }
}

/** Cached tokens are inside the prompt's count, thoughts beside the candidates'. */
export function usageMetadata(usage: Usage): Record<string, number> {
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  const thoughts = Math.min(usage.reasoningWithinOutput, usage.output);
  return {
    promptTokenCount: prompt,
    ...(usage.cacheRead > 0 ? { cachedContentTokenCount: usage.cacheRead } : {}),
    candidatesTokenCount: usage.output - thoughts,
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
    totalTokenCount: prompt + usage.output,
  };
}

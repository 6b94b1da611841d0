import type { Effort } from '../../ir/call.ts';
import { bareModel, claudeThinking } from '../model-traits.ts';

/**
 * What a model takes in this dialect, as far as its name tells. From the vendor's migration guides: each generation refuses with
 * 400 what the one before still took. Models of others behind this dialect are taken for Claude 4.0, the shape they imitate.
 */
export interface ClaudeTraits {
  readonly isClaude: boolean;
  /** How it is told to think; see `claudeThinking`. */
  readonly thinking: 'effort' | 'budget' | 'none';
  /** Thinks when nothing is said about it. Others' models often do, and can be told not to. */
  readonly thinksUnasked: boolean;
  /** Cannot be kept from thinking, so a tool cannot be forced, either. */
  readonly thinksAlways: boolean;
  readonly efforts: readonly ('low' | 'medium' | 'high' | 'xhigh' | 'max')[];
  /** Temperature, top_p, top_k: all, one of temperature and top_p, or none of them. */
  readonly sampling: 'all' | 'one' | 'none';
  /** Goes on with an answer that the request has begun. */
  readonly takesPrefill: boolean;
  /** Knows `output_config.format`. */
  readonly takesFormat: boolean;
}

const OF_OTHERS: ClaudeTraits = {
  isClaude: false,
  thinking: 'budget',
  thinksUnasked: true,
  thinksAlways: false,
  efforts: [],
  sampling: 'all',
  takesPrefill: true,
  takesFormat: false,
};

export function claudeTraits(model: string): ClaudeTraits {
  const name = bareModel(model).replaceAll('.', '-');
  if (!name.includes('claude')) return OF_OTHERS;
  const [, major, minor] = /claude-(?:[a-z]+-)?(\d+)(?:-(\d{1,2})(?!\d))?/.exec(name) ?? [];
  // Aliases without a number mean the newest.
  const version = major === undefined ? 5 : Number(major) + Number(minor ?? 0) / 100;
  const mythos = /claude-(?:fable|mythos)/.test(name);
  return {
    isClaude: true,
    thinking: mythos ? 'effort' : claudeThinking(model),
    thinksUnasked: mythos || version >= 5,
    thinksAlways: mythos || version >= 5.05,
    efforts: version >= 4.07 || mythos ? ['low', 'medium', 'high', 'xhigh', 'max'] : ['low', 'medium', 'high', 'max'],
    sampling: mythos || version >= 4.07 ? 'none' : version >= 4.01 ? 'one' : 'all',
    takesPrefill: !mythos && version < 4.06,
    takesFormat: mythos || version >= 4.05 || /opus-4-1/.test(name),
  };
}

/** `none` and `minimal` have no step of their own here. */
export function isKnownEffort(effort: Effort, traits: ClaudeTraits): boolean {
  return (traits.efforts as readonly Effort[]).includes(effort);
}

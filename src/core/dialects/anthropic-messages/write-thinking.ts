import type { Call, ReasoningWish } from '../../ir/call.ts';
import type { Loss } from '../../ir/loss.ts';
import type { CleanTurn } from '../conversation.ts';
import { budgetOf, effortOf, nearestEffort } from '../model-traits.ts';
import { isKnownEffort, type ClaudeTraits } from './claude-traits.ts';
import type { Json } from './write-messages.ts';

/** Smaller budgets are refused, and so is one that `max_tokens` does not exceed. */
const LEAST_BUDGET = 1024;

export interface Thinking {
  readonly choice: Json | undefined;
  readonly thinking: Json | undefined;
  readonly effort: string | undefined;
  /** Whether the answer will begin with thinking: sampling and prefill are refused then. */
  readonly thinks: boolean;
}

/**
 * Thinking and the choice of tools, which exclude each other: a model that thinks cannot be forced to call a tool. An agent that
 * forces one cannot use any other answer, while without thinking the answer is merely worse. So thinking gives way; where the
 * model cannot be kept from it, the tool is asked for with `auto`.
 */
export function writeThinking(
  call: Call,
  turns: readonly CleanTurn[],
  maxTokens: number,
  traits: ClaudeTraits,
  losses: Set<Loss>,
): Thinking {
  const wish = call.reasoning;
  const forced = isForced(call);
  if (forced && !traits.thinksAlways) {
    if (wish !== undefined && wish.mode !== 'off') losses.add('reasoning-effort');
    const choice = toolChoice(call, false, losses);
    // To other vendors' models, which may not know the field, nothing is said that was not asked for.
    if (wish === undefined && !traits.isClaude) return { choice, thinking: undefined, effort: undefined, thinks: false };
    return { choice, ...unthinking(traits) };
  }
  const choice = toolChoice(call, forced, losses);
  if (wish === undefined) return { choice, thinking: undefined, effort: undefined, thinks: traits.thinksAlways };
  if (wish.mode === 'off') return { choice, ...off(wish, traits, losses) };
  if (traits.thinking === 'effort') return { choice, ...byEffort(wish, traits, losses) };
  if (traits.thinking === 'budget') return { choice, ...byBudget(wish, turns, maxTokens, traits, losses) };
  losses.add('reasoning-effort');
  return { choice, ...unthinking(traits) };
}

function isForced(call: Call): boolean {
  const { tools, toolChoice: choice } = call;
  return typeof choice === 'object' ? tools.some((tool) => tool.name === choice.name) : choice === 'required' && tools.length > 0;
}

/** `eased`: a forced choice that has to be sent as `auto`. Left out where it says what the provider does unasked. */
function toolChoice(call: Call, eased: boolean, losses: Set<Loss>): Json | undefined {
  const { tools, toolChoice: wanted, parallelToolCalls: parallel } = call;
  // Without tools any choice is refused, and there is nothing to choose.
  if (tools.length === 0) return undefined;
  if (wanted === 'none') return { type: 'none' };
  const serial = parallel === false ? { disable_parallel_tool_use: true } : {};
  const unknown = typeof wanted === 'object' && !tools.some((tool) => tool.name === wanted.name);
  if (eased || unknown) losses.add('tool-choice');
  if (eased || unknown || wanted === 'auto') return parallel === false ? { type: 'auto', ...serial } : undefined;
  return wanted === 'required' ? { type: 'any', ...serial } : { type: 'tool', name: wanted.name, ...serial };
}

type Part = Omit<Thinking, 'choice'>;

function unthinking(traits: ClaudeTraits): Part {
  return { thinking: traits.thinksUnasked ? { type: 'disabled' } : undefined, effort: undefined, thinks: false };
}

function off(wish: ReasoningWish, traits: ClaudeTraits, losses: Set<Loss>): Part {
  // An effort would weigh on the words, too, but not every model takes one together with `disabled`.
  if (traits.thinksAlways || (wish.effort !== undefined && wish.effort !== 'none')) losses.add('reasoning-effort');
  if (traits.thinksAlways) return { thinking: adaptive(false), effort: 'low', thinks: true };
  return unthinking(traits);
}

function byEffort(wish: ReasoningWish, traits: ClaudeTraits, losses: Set<Loss>): Part {
  const thinking = adaptive(wish.shown);
  if (wish.effort === undefined && wish.budgetTokens === undefined) return { thinking, effort: undefined, thinks: true };
  const wished = effortOf(wish);
  if (!isKnownEffort(wished, traits)) losses.add('reasoning-effort');
  return { thinking, effort: nearestEffort(wished, traits.efforts), thinks: true };
}

/** Later models leave their thoughts out of the answer unless they are asked for. */
function adaptive(shown: boolean): Json {
  return { type: 'adaptive', display: shown ? 'summarized' : 'omitted' };
}

function byBudget(
  wish: ReasoningWish,
  turns: readonly CleanTurn[],
  maxTokens: number,
  traits: ClaudeTraits,
  losses: Set<Loss>,
): Part {
  if (maxTokens <= LEAST_BUDGET || interruptsTools(turns)) {
    losses.add('reasoning-effort');
    return unthinking(traits);
  }
  const wished = budgetOf(wish);
  // A budget that the agent counted out may use up everything but one token; an effort leaves an eighth for the answer.
  const most = wish.budgetTokens === undefined ? Math.floor((maxTokens * 7) / 8) : maxTokens - 1;
  const budget = Math.max(LEAST_BUDGET, Math.min(wished, most, maxTokens - 1));
  if (budget !== wished) losses.add('reasoning-effort');
  const hidden = traits.isClaude && !wish.shown ? { display: 'omitted' } : {};
  return { thinking: { type: 'enabled', budget_tokens: budget, ...hidden }, effort: undefined, thinks: true };
}

/**
 * Thinking by budget cannot begin in the middle of a tool round: the turn whose results come now must begin with its thoughts.
 * It does not when it was thought by another provider, or by none.
 */
function interruptsTools(turns: readonly CleanTurn[]): boolean {
  const last = turns.at(-1);
  const before = turns.at(-2);
  if (last?.role !== 'user' || last.results.length === 0 || before?.role !== 'assistant') return false;
  return before.content[0]?.kind !== 'reasoning';
}

import type { Effort, ReasoningWish } from '../ir/call.ts';

/** What a model's name tells of what it takes. Names of models that are not known here are taken for plain ones. */

/** The model without its provider: `openrouter/anthropic/claude-x` is `claude-x`. Lower case. */
export function bareModel(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1).toLowerCase();
}

/** OpenAI's reasoning models: they take an effort, want `max_completion_tokens`, and refuse sampling values. */
export function isOpenAiReasoning(model: string): boolean {
  const name = bareModel(model);
  return /^(?:o\d|gpt-(?:[5-9]|\d\d)|codex|computer-use)/.test(name) && !/-chat(?:-|$)/.test(name);
}

/** Models of others that take OpenAI's `reasoning_effort`. */
export function takesEffort(model: string): boolean {
  return isOpenAiReasoning(model) || /^(?:gpt-oss|grok-3-mini|grok-4|gemini-(?:[2-9]|flash|pro))/.test(bareModel(model));
}

/** How a Claude is told to think: by an effort (4.6 and later), by a budget (3.7 to 4.5), or not at all. */
export function claudeThinking(model: string): 'effort' | 'budget' | 'none' {
  const name = bareModel(model).replaceAll('.', '-');
  if (!name.includes('claude')) return 'budget';
  const version = /claude-(?:[a-z]+-)?(\d+)(?:-(\d{1,2})(?!\d))?/.exec(name);
  const major = Number(version?.[1] ?? 5);
  const minor = Number(version?.[2] ?? 0);
  if (major < 3 || (major === 3 && minor < 7)) return 'none';
  return major > 4 || (major === 4 && minor >= 6) ? 'effort' : 'budget';
}

/** Gemini 3 and later take a level, 2.5 a budget; what is older does not think. `-latest` aliases are Gemini 3 by now. */
export function geminiThinking(model: string): 'level' | 'budget' | 'none' {
  const name = bareModel(model);
  if (name.startsWith('gemini-2.5')) return 'budget';
  return /^gemini-[12](?:\D|$)/.test(name) || !name.startsWith('gemini-') ? 'none' : 'level';
}

/** Tokens of thinking that an effort stands for, where a model is told a number. Gemini 2.5 Flash takes 24,576 at most. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 4096,
  medium: 10_240,
  high: 24_576,
  xhigh: 31_999,
  max: 31_999,
};

export function budgetOf(wish: ReasoningWish): number {
  return wish.budgetTokens ?? BUDGETS[wish.effort ?? 'medium'];
}

/** The effort whose own budget is nearest; a doubling counts the same wherever it is. */
export function effortOf(wish: ReasoningWish): Effort {
  if (wish.mode === 'off') return 'none';
  if (wish.effort !== undefined) return wish.effort;
  if (wish.budgetTokens === undefined) return 'medium';
  const known: readonly Effort[] = ['minimal', 'low', 'medium', 'high'];
  const distance = (effort: Effort): number => Math.abs(Math.log(BUDGETS[effort] / Math.max(1, wish.budgetTokens ?? 1)));
  return known.toSorted((a, b) => distance(a) - distance(b))[0]!;
}

const USUAL: readonly Effort[] = ['low', 'medium', 'high'];

/**
 * The efforts that model families take, by the first pattern that fits; OpenAI refuses the others with an error. It added `none` with
 * 5.1 and `xhigh` with 5.1-codex-max.
 */
const EFFORTS: readonly (readonly [family: RegExp, known: readonly Effort[]])[] = [
  [/^gpt-5-pro/, ['high']],
  [/^gpt-5\.\d+-pro/, ['medium', 'high', 'xhigh']],
  [/^gpt-5-codex|^gpt-5\.1-codex(?!-max)/, USUAL],
  [/^gpt-5(?!\.)/, ['minimal', ...USUAL]],
  [/^gpt-5\.\d+-codex/, [...USUAL, 'xhigh']],
  [/^gpt-5\.1/, ['none', ...USUAL]],
  [/^gpt-(?!oss)/, ['none', ...USUAL, 'xhigh']],
  [/^grok/, ['low', 'high']],
  [/^gemini-2\.5-flash/, ['none', 'minimal', ...USUAL]],
  [/^gemini/, ['minimal', ...USUAL]],
];

export function effortsOf(model: string): readonly Effort[] {
  return EFFORTS.find(([family]) => family.test(bareModel(model)))?.[1] ?? USUAL;
}

/** The nearest effort below or at the wished one that a model knows, its least where all are higher. To think a little is not `none`. */
export function nearestEffort<Known extends Effort>(wished: Effort, known: readonly Known[]): Known {
  const order: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
  const thinking = wished === 'none' ? known : known.filter((effort) => effort !== 'none');
  const sorted = (thinking.length === 0 ? known : thinking).toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  return sorted.findLast((effort) => order.indexOf(effort) <= order.indexOf(wished)) ?? sorted[0]!;
}

/**
 * The most tokens a model can put out, by the first pattern that fits its bare name; providers answer 400 to a request for more. As
 * their vendors' documentation has it in late 2026. What is not listed is not clamped.
 */
const OUTPUT_LIMITS: readonly (readonly [RegExp, number])[] = [
  [/^gpt-4o|^chatgpt-4o/, 16_384],
  [/^gpt-4\.1/, 32_768],
  [/^gpt-4|^gpt-3/, 4096],
  [/^o1-mini/, 65_536],
  [/^o\d/, 100_000],
  [/^gpt-[5-9]|^codex/, 128_000],
  [/^claude-(?:instant|2|3-(?:haiku|opus|sonnet))/, 4096],
  [/^claude-3[-.]5/, 8192],
  [/^claude-opus-4(?:[-.]1)?(?:-\d{8}|$)|^claude-opus-4[-.][01](?:\D|$)/, 32_000],
  [/^claude-(?:3[-.]7|(?:sonnet|haiku|opus)-4(?:[-.][0-5])?(?:-\d{8}|$|-latest))/, 64_000],
  [/^claude-/, 128_000],
  [/^gemini-(?:1|2\.0)/, 8192],
  [/^gemini-/, 65_536],
  [/^deepseek-chat/, 8192],
];

export function outputLimitOf(model: string): number | undefined {
  const name = bareModel(model);
  return OUTPUT_LIMITS.find(([pattern]) => pattern.test(name))?.[1];
}

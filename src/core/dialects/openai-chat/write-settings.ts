import type { Call, Sampling } from '../../ir/call.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import { bareModel, effortOf, effortsOf, isOpenAiReasoning, nearestEffort, takesEffort } from '../model-traits.ts';

type Json = Record<string, unknown>;

/** OpenAI's own models. Only they know its hints; strict servers of others refuse a field that they do not know. */
export function isOpenAi(model: string): boolean {
  return isOpenAiReasoning(model) || /^(?:gpt-(?!oss)|chatgpt-)/.test(bareModel(model));
}

/** How much to think, where the model can be told. */
export function writeEffort(body: Json, call: Call, model: string, losses: Set<Loss>): void {
  const { reasoning } = call;
  const explicit = reasoning?.effort !== undefined || reasoning?.budgetTokens !== undefined;
  if (call.tools.length > 0 && thinksWithoutTools(model)) {
    body['reasoning_effort'] = 'none';
    if (reasoning?.mode !== 'off') losses.add('reasoning-effort');
    return;
  }
  if (reasoning === undefined) return;
  if (!takesEffort(model)) {
    if (reasoning.mode === 'on' && explicit) losses.add('reasoning-effort');
    return;
  }
  // An adaptive wish without a measure is what the model does unasked.
  if (reasoning.mode === 'adaptive' && !explicit) return;
  const wished = effortOf(reasoning);
  const effort = nearestEffort(wished, effortsOf(model));
  if (effort !== wished) losses.add('reasoning-effort');
  body['reasoning_effort'] = effort;
}

/**
 * Since GPT-5.4, OpenAI's Chat endpoint refuses functions together with any effort but `none`, also where a default stands in for it
 * (openai-openapi #541, joplin #16451). Routers, whose names of models begin with a vendor, ask its Responses endpoint and take both.
 */
function thinksWithoutTools(model: string): boolean {
  return /^gpt-(?:5\.(?:[4-9]|\d\d)|[6-9]|\d\d)(?!.*(?:-chat|-pro|codex))/.test(model.toLowerCase());
}

/** Sampling values and stop sequences. */
export function writeSampling(body: Json, call: Call, model: string, losses: Set<Loss>): void {
  const { sampling = {} } = call;
  // White space is a stop sequence like any other here; nothing at all is none.
  const stop = (call.stop ?? []).filter((each) => each !== '').slice(0, 4);
  if (sampling.topK !== undefined) losses.add(fieldLoss('top_k'));
  if (isOpenAiReasoning(model)) {
    // They take the defaults, and nothing else.
    if (!isDefault(sampling)) losses.add('clamped-sampling');
    if ((call.stop ?? []).length > 0) losses.add('stop-sequences');
  } else {
    const values: readonly (readonly [field: string, value: number | undefined, least: number, most: number])[] = [
      ['temperature', sampling.temperature, 0, 2],
      ['top_p', sampling.topP, 0, 1],
      ['presence_penalty', sampling.presencePenalty, -2, 2],
      ['frequency_penalty', sampling.frequencyPenalty, -2, 2],
    ];
    for (const [field, value, least, most] of values) {
      if (value === undefined) continue;
      const inside = Math.min(Math.max(value, least), most);
      if (inside !== value) losses.add('clamped-sampling');
      body[field] = inside;
    }
    if (stop.length < (call.stop ?? []).length) losses.add('stop-sequences');
    if (stop.length > 0) body['stop'] = stop;
  }
  if (sampling.seed !== undefined) body['seed'] = sampling.seed;
}

function isDefault({ temperature = 1, topP = 1, presencePenalty = 0, frequencyPenalty = 0 }: Sampling): boolean {
  return temperature === 1 && topP === 1 && presencePenalty === 0 && frequencyPenalty === 0;
}

const TIERS: Readonly<Record<string, string>> = {
  auto: 'auto',
  default: 'default',
  flex: 'flex',
  scale: 'scale',
  priority: 'priority',
  // Anthropic's word.
  standard_only: 'default',
};

/** OpenAI refuses longer ones. */
const LONGEST_NAME = 64;

/** Fields that change no word of the answer: verbosity excepted, which can only be told to GPT-5 and later. */
export function writeHints(body: Json, call: Call, model: string, losses: Set<Loss>): void {
  const openAi = isOpenAi(model);
  const { verbosity, serviceTier, user, cacheKey } = call;
  if (verbosity !== undefined) {
    if (isOpenAiReasoning(model) && bareModel(model).startsWith('gpt-')) body['verbosity'] = verbosity;
    else losses.add(fieldLoss('verbosity'));
  }
  const tier = serviceTier === undefined ? undefined : TIERS[serviceTier];
  if (openAi && tier !== undefined) body['service_tier'] = tier;
  // Elsewhere these two ask for what happens anyway.
  else if (serviceTier !== undefined && serviceTier !== 'auto' && serviceTier !== 'default') losses.add(fieldLoss('service_tier'));
  const names = { user, prompt_cache_key: cacheKey };
  for (const [field, value] of Object.entries(names)) {
    if (value === undefined) continue;
    if (openAi && value.length <= LONGEST_NAME) body[field] = value;
    else losses.add(fieldLoss(field));
  }
}

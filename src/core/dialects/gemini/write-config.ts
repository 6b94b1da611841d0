import type { Call, Effort, ReasoningWish, Sampling } from '../../ir/call.ts';
import type { Loss } from '../../ir/loss.ts';
import { fieldLoss } from '../../ir/loss.ts';
import { bareModel, budgetOf, effortOf, geminiThinking, nearestEffort } from '../model-traits.ts';
import { outputLimit, type WriteOptions } from '../wire-request.ts';
import { writeSchema } from './write-schema.ts';

type Json = Record<string, unknown>;

const MOST_STOPS = 5;

/** `generationConfig`; undefined where the call says nothing that belongs there. */
export function writeConfig(call: Call, options: WriteOptions, losses: Set<Loss>): Json | undefined {
  const model = options.servedBy ?? call.model;
  const limit = outputLimit(call.maxOutputTokens, options);
  if (limit !== call.maxOutputTokens) losses.add('clamped-max-tokens');
  const stop = stopSequences(call.stop ?? [], losses);
  const thinking = call.reasoning === undefined ? undefined : thinkingConfig(call.reasoning, model, losses);
  const config: Json = {
    ...(limit === undefined ? {} : { maxOutputTokens: limit }),
    ...(call.sampling === undefined ? {} : sampling(call.sampling, model, losses)),
    ...(stop.length === 0 ? {} : { stopSequences: stop }),
    ...(thinking === undefined ? {} : { thinkingConfig: thinking }),
    ...(isFormatInWords(call, model) ? {} : formatConfig(call, losses)),
  };
  return Object.keys(config).length === 0 ? undefined : config;
}

/** What the system instruction must say for want of a field: before Gemini 3 a JSON answer and functions exclude each other. */
export function formatWords(call: Call, model: string, losses: Set<Loss>): string | undefined {
  if (call.format === undefined || !isFormatInWords(call, model)) return undefined;
  losses.add('answer-format');
  const plain = 'Give your final answer as one JSON value and nothing else, without a code fence';
  return call.format.kind === 'json'
    ? `${plain}.`
    : `${plain}. It must fit this JSON schema:\n${JSON.stringify(call.format.schema)}`;
}

function isFormatInWords(call: Call, model: string): boolean {
  return call.tools.length > 0 && geminiThinking(model) !== 'level';
}

function formatConfig({ format }: Call, losses: Set<Loss>): Json {
  if (format === undefined) return {};
  const json = { responseMimeType: 'application/json' };
  return format.kind === 'json' ? json : { ...json, responseJsonSchema: writeSchema(format.schema, losses) };
}

function stopSequences(stop: readonly string[], losses: Set<Loss>): readonly string[] {
  const kept = [...new Set(stop)].filter((each) => each !== '').slice(0, MOST_STOPS);
  if (kept.length < new Set(stop).size) losses.add('stop-sequences');
  return kept;
}

function sampling(wanted: Sampling, model: string, losses: Set<Loss>): Json {
  const { temperature, topP, topK, seed } = wanted;
  const within = (value: number | undefined, low: number, high: number): number | undefined => {
    if (value === undefined || (value >= low && value <= high)) return value;
    losses.add('clamped-sampling');
    return Math.min(Math.max(value, low), high);
  };
  const values = {
    temperature: within(temperature, 0, 2),
    topP: within(topP, 0, 1),
    topK: within(topK === undefined ? undefined : Math.round(topK), 1, 1000),
    // 32 bits with a sign.
    seed: within(seed, -(2 ** 31), 2 ** 31 - 1),
    ...penalties(wanted, model, losses),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Only 2.0 and older take them; later models answer "Penalty is not enabled for this model". Zero is no penalty. */
function penalties({ presencePenalty, frequencyPenalty }: Sampling, model: string, losses: Set<Loss>): Json {
  const given = Object.entries({ presencePenalty, frequencyPenalty }).filter(([, value]) => value !== undefined && value !== 0);
  if (/^gemini-(?:1|2\.0)/.test(bareModel(model))) {
    if (given.some(([, value]) => Math.abs(value!) >= 2)) losses.add('clamped-sampling');
    return Object.fromEntries(given.map(([name, value]) => [name, Math.min(Math.max(value!, -1.99), 1.99)]));
  }
  for (const [name] of given) losses.add(fieldLoss(name));
  return {};
}

function thinkingConfig(wish: ReasoningWish, model: string, losses: Set<Loss>): Json | undefined {
  const means = geminiThinking(model);
  if (means === 'none') {
    if (wish.mode === 'on') losses.add('reasoning-effort');
    return undefined;
  }
  const amount = means === 'level' ? level(wish, model, losses) : budget(wish, model, losses);
  const shown = wish.shown && wish.mode !== 'off' ? { includeThoughts: true } : {};
  const config = { ...shown, ...amount };
  return Object.keys(config).length === 0 ? undefined : config;
}

/** No level turns thinking off. Pro has fewer of them: 3 two, later ones three. */
function level(wish: ReasoningWish, model: string, losses: Set<Loss>): Json {
  if (isOpen(wish)) return {};
  const name = bareModel(model);
  const flash: readonly Effort[] = ['minimal', 'low', 'medium', 'high'];
  const known = !name.includes('pro') ? flash : name.startsWith('gemini-3-pro') ? (['low', 'high'] as const) : flash.slice(1);
  const wanted = effortOf(wish);
  const found = nearestEffort(wanted, known);
  if (found !== wanted) losses.add('reasoning-effort');
  return { thinkingLevel: found.toUpperCase() };
}

/** 2.5 Pro thinks with 128 to 32,768 tokens and cannot be kept from it, Flash with up to 24,576, Flash-Lite with 512 at least. */
function budget(wish: ReasoningWish, model: string, losses: Set<Loss>): Json {
  if (isOpen(wish)) return { thinkingBudget: -1 };
  const name = bareModel(model);
  const [least, most] = name.includes('pro') ? [128, 32_768] : [name.includes('lite') ? 512 : 1, 24_576];
  const wanted = wish.mode === 'off' ? 0 : budgetOf(wish);
  if (wanted === 0 && !name.includes('pro')) return { thinkingBudget: 0 };
  const given = Math.min(Math.max(wanted, least), most);
  if (given !== wanted) losses.add('reasoning-effort');
  return { thinkingBudget: given };
}

/** The agent left the amount to the model. */
function isOpen(wish: ReasoningWish): boolean {
  return wish.mode !== 'off' && wish.effort === undefined && wish.budgetTokens === undefined;
}

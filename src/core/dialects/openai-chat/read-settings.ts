import type { AnswerFormat, Effort, ReasoningWish, Sampling } from '../../ir/call.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import { asRecord, type JsonRecord } from '../read-json.ts';
import { booleanIn, missing, numberIn, recordIn, refuse, said, saysNothing, shown, textIn, wordIn, wrong } from './reading.ts';

/** Some agents send -1 for "no limit", as llama.cpp and LM Studio want it. */
export function readMaxTokens(body: JsonRecord): number | undefined {
  const limits = (['max_completion_tokens', 'max_tokens'] as const).map((key) =>
    body[key] === -1 ? undefined : numberIn(body, key, { least: 1, whole: true }),
  );
  return limits[0] ?? limits[1];
}

export function readSampling(body: JsonRecord): Sampling | undefined {
  // Zero and -1 switch it off where it exists.
  const topK = numberIn(body, 'top_k', { least: -1, whole: true });
  const sampling = said({
    temperature: numberIn(body, 'temperature', { least: 0, most: 2 }),
    topP: numberIn(body, 'top_p', { least: 0, most: 1 }),
    topK: topK === undefined || topK < 1 ? undefined : topK,
    seed: numberIn(body, 'seed', { whole: true }),
    presencePenalty: numberIn(body, 'presence_penalty', { least: -2, most: 2 }),
    frequencyPenalty: numberIn(body, 'frequency_penalty', { least: -2, most: 2 }),
  });
  return Object.keys(sampling).length === 0 ? undefined : sampling;
}

export function readStop(body: JsonRecord): readonly string[] | undefined {
  const value = body['stop'] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return wrong('stop', 'a text or a list of texts', value);
  const stop = value.map((each, at) => (typeof each === 'string' ? each : wrong(`stop[${at}]`, 'a text', each)));
  return stop.length === 0 ? undefined : stop;
}

export function readFormat(body: JsonRecord, losses: Set<Loss>): AnswerFormat | undefined {
  const format = recordIn(body, 'response_format');
  if (format === undefined) return undefined;
  const type =
    wordIn(format, 'type', ['text', 'json_object', 'json_schema'] as const, 'response_format') ?? missing('response_format.type');
  if (type === 'text') return undefined;
  if (type === 'json_object') return { kind: 'json' };
  const path = 'response_format.json_schema';
  const told = recordIn(format, 'json_schema', 'response_format') ?? missing(path);
  if (!saysNothing(told['description'])) losses.add(fieldLoss('response_format.description'));
  return {
    kind: 'schema',
    name: textIn(told, 'name', path) || 'answer',
    schema: recordIn(told, 'schema', path) ?? missing(`${path}.schema`),
    strict: booleanIn(told, 'strict', path) ?? false,
  };
}

/** Fields by which one provider or another is told how much to think. */
export const REASONING_FIELDS = [
  'reasoning_effort',
  'reasoning',
  'thinking',
  'enable_thinking',
  'thinking_budget',
  'chat_template_kwargs',
  'include_reasoning',
  'reasoning_format',
] as const;

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const satisfies readonly Effort[];

/**
 * OpenAI says `reasoning_effort`, OpenRouter `reasoning`, DeepSeek and Moonshot `thinking`, Qwen `enable_thinking` (with vLLM inside
 * `chat_template_kwargs`), Groq `reasoning_format`. Where several speak, "off" outweighs the rest.
 */
export function readReasoning(body: JsonRecord, losses: Set<Loss>): ReasoningWish | undefined {
  const open = recordIn(body, 'reasoning');
  const thinking = recordIn(body, 'thinking');
  const efforts = [
    wordIn(body, 'reasoning_effort', [...EFFORTS, 'default'] as const),
    open === undefined ? undefined : wordIn(open, 'effort', EFFORTS, 'reasoning'),
  ];
  // Groq's word for a model's own measure.
  const effort = efforts.find((each): each is Effort => each !== undefined && each !== 'default');
  const budget =
    (open === undefined ? undefined : numberIn(open, 'max_tokens', { least: 0, whole: true }, 'reasoning')) ??
    (thinking === undefined ? undefined : numberIn(thinking, 'budget_tokens', { least: 0, whole: true }, 'thinking')) ??
    numberIn(body, 'thinking_budget', { least: 0, whole: true });
  const type = thinking === undefined ? undefined : textIn(thinking, 'type', 'thinking');
  const switches = [
    open === undefined ? undefined : booleanIn(open, 'enabled', 'reasoning'),
    booleanIn(body, 'enable_thinking'),
    templateSwitch(body, losses),
    type === undefined ? undefined : thinkingSwitch(type),
    efforts.includes('default') ? true : undefined,
  ];
  const hidden =
    (open !== undefined && booleanIn(open, 'exclude', 'reasoning') === true) ||
    booleanIn(body, 'include_reasoning') === false ||
    wordIn(body, 'reasoning_format', ['parsed', 'raw', 'hidden'] as const) === 'hidden';

  const shown = !hidden;
  if (switches.includes(false) || effort === 'none' || budget === 0) return { mode: 'off', shown };
  const amount = said({ effort, budgetTokens: budget });
  if (switches.includes('adaptive')) return { mode: 'adaptive', ...amount, shown };
  if (switches.includes(true) || effort !== undefined || budget !== undefined) return { mode: 'on', ...amount, shown };
  return hidden ? { mode: 'adaptive', shown } : undefined;
}

function thinkingSwitch(type: string): boolean | 'adaptive' {
  switch (type) {
    case 'enabled':
      return true;
    case 'disabled':
      return false;
    case 'adaptive':
    case 'auto':
      return 'adaptive';
    default:
      return refuse(`"thinking.type" is "${shown(type)}", but must be one of enabled, disabled, adaptive.`);
  }
}

/** Arguments of a local model's chat template. Only the switch for thinking means something to anyone else. */
function templateSwitch(body: JsonRecord, losses: Set<Loss>): boolean | undefined {
  const template = asRecord(body['chat_template_kwargs']);
  const { enable_thinking: qwen, thinking: deepseek, ...rest } = template ?? {};
  if (!saysNothing(rest)) losses.add(fieldLoss('chat_template_kwargs'));
  const told = qwen ?? deepseek;
  return typeof told === 'boolean' ? told : undefined;
}

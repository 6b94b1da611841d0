import type { AnswerFormat, Effort, ReasoningWish, Sampling } from '../../ir/call.ts';
import type { JsonRecord } from '../read-json.ts';
import { readSchema } from './read-schema.ts';
import { field, type Reading } from './reading.ts';

/** What `generationConfig` says. */
export interface Config {
  readonly maxOutputTokens: number | undefined;
  readonly sampling: Sampling | undefined;
  readonly stop: readonly string[] | undefined;
  readonly format: AnswerFormat | undefined;
  readonly reasoning: ReasoningWish | undefined;
}

const WHERE = 'generationConfig.';

const SAMPLING = ['temperature', 'topP', 'topK', 'seed', 'presencePenalty', 'frequencyPenalty'] as const;
const KNOWN = [
  ...SAMPLING,
  'maxOutputTokens',
  'stopSequences',
  'candidateCount',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'thinkingConfig',
];

const LEVELS: Readonly<Record<string, Effort>> = { MINIMAL: 'minimal', LOW: 'low', MEDIUM: 'medium', HIGH: 'high' };

export function readConfig(body: JsonRecord, reading: Reading): Config {
  const config = reading.record(body, 'generationConfig', '') ?? {};
  reading.loseUnknown(config, KNOWN, WHERE);
  const count = reading.number(config, 'candidateCount', WHERE);
  if (count !== undefined && count > 1)
    reading.refuse(`${WHERE}candidateCount is ${count}: through another provider there is one answer only. Leave it out.`);
  const modality = (reading.texts(config, 'responseModalities', WHERE) ?? []).find(
    (each) => !/^(?:text|modality_unspecified)$/i.test(each),
  );
  if (modality !== undefined)
    reading.refuse(
      `${WHERE}responseModalities asks for ${modality}: through another provider an answer is text. Choose a Gemini model.`,
    );
  const limit = reading.number(config, 'maxOutputTokens', WHERE);
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1))
    reading.refuse(`${WHERE}maxOutputTokens must be a whole number above 0.`);
  const stop = reading.texts(config, 'stopSequences', WHERE);
  return {
    maxOutputTokens: limit,
    sampling: readSampling(config, reading),
    stop: stop === undefined || stop.length === 0 ? undefined : stop,
    format: readFormat(config, reading),
    reasoning: readThinking(config, reading),
  };
}

function readSampling(config: JsonRecord, reading: Reading): Sampling | undefined {
  const given = SAMPLING.flatMap((name) => {
    const value = reading.number(config, name, WHERE);
    return value === undefined ? [] : [[name, value] as const];
  });
  return given.length === 0 ? undefined : (Object.fromEntries(given) as Sampling);
}

function readFormat(config: JsonRecord, reading: Reading): AnswerFormat | undefined {
  const type = (reading.text(config, 'responseMimeType', WHERE) ?? 'text/plain').toLowerCase();
  if (type === 'text/plain' || type === '') return undefined;
  if (type !== 'application/json') {
    return reading.refuse(
      `${WHERE}responseMimeType is "${type}": through another provider an answer is text/plain or application/json.`,
    );
  }
  const key = field(config, 'responseJsonSchema') === undefined ? 'responseSchema' : 'responseJsonSchema';
  const schema = reading.record(config, key, WHERE);
  if (schema === undefined) return { kind: 'json' };
  // Not strict: OpenAI refuses a strict schema with a property that is not required, which are most schemas written for Gemini.
  return { kind: 'schema', name: 'answer', schema: readSchema(schema), strict: false };
}

function readThinking(config: JsonRecord, reading: Reading): ReasoningWish | undefined {
  const thinking = reading.record(config, 'thinkingConfig', WHERE);
  if (thinking === undefined) return undefined;
  const where = `${WHERE}thinkingConfig.`;
  reading.loseUnknown(thinking, ['includeThoughts', 'thinkingBudget', 'thinkingLevel'], 'thinkingConfig.');
  const shown = field(thinking, 'includeThoughts') === true;
  const budget = reading.number(thinking, 'thinkingBudget', where);
  const level = (reading.text(thinking, 'thinkingLevel', where) ?? 'THINKING_LEVEL_UNSPECIFIED').toUpperCase();
  if (level !== 'THINKING_LEVEL_UNSPECIFIED') {
    const effort = Object.hasOwn(LEVELS, level) ? LEVELS[level] : undefined;
    if (effort === undefined)
      return reading.refuse(`${where}thinkingLevel is "${level}": it must be MINIMAL, LOW, MEDIUM or HIGH.`);
    return { mode: 'on', effort, shown };
  }
  if (budget === 0) return { mode: 'off', shown: false };
  // -1 leaves the amount to the model, as does no word on it.
  return budget === undefined || budget < 0 ? { mode: 'adaptive', shown } : { mode: 'on', budgetTokens: budget, shown };
}

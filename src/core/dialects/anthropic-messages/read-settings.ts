import type { AnswerFormat, Effort, ReasoningWish, Sampling } from '../../ir/call.ts';
import { fieldLoss } from '../../ir/loss.ts';
import { asRecord, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import type { Reading } from './reading.ts';

const EFFORTS: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/**
 * Thinking and effort. `lastEffort` is what a message asked for, and newer than the request's own. An effort alone leaves it to the
 * model whether to think, and models that do so unasked keep their thoughts to themselves.
 */
export function readReasoning(body: JsonRecord, lastEffort: unknown, reading: Reading): ReasoningWish | undefined {
  const value = body['thinking'];
  const config = recordAt(body, 'output_config');
  for (const key of Object.keys(config ?? {}))
    if (key !== 'effort' && key !== 'format') reading.losses.add(fieldLoss(`output_config.${key}`));
  const effort = readEffort(lastEffort ?? config?.['effort'], reading);
  if (value === undefined || value === null) return effort && { mode: 'adaptive', ...effort, shown: false };
  const thinking = asRecord(value);
  const shown = thinking?.['display'] !== 'omitted';
  switch (thinking?.['type']) {
    case 'disabled':
      return { mode: 'off', ...effort, shown: false };
    case 'adaptive':
      return { mode: 'adaptive', ...effort, shown };
    case 'between_tools':
      reading.losses.add('reasoning-effort');
      return { mode: 'adaptive', ...effort, shown };
    case 'enabled': {
      const budget = thinking['budget_tokens'];
      if (budget !== undefined && !(Number.isSafeInteger(budget) && (budget as number) > 0))
        reading.refuse('thinking.budget_tokens', 'it should be a whole number above 0');
      return { mode: 'on', ...effort, ...(typeof budget === 'number' ? { budgetTokens: budget } : {}), shown };
    }
    default:
      reading.refuse('thinking.type', 'it should be "enabled", "adaptive" or "disabled"');
      return undefined;
  }
}

function readEffort(value: unknown, reading: Reading): { readonly effort: Effort } | undefined {
  if (value === undefined || value === null) return undefined;
  const effort = EFFORTS.find((each) => each === value);
  if (effort === undefined) reading.refuse('output_config.effort', `it should be one of ${EFFORTS.join(', ')}`);
  return effort && { effort };
}

const SAMPLING = { temperature: 'temperature', top_p: 'topP', top_k: 'topK' } as const;

export function readSampling(body: JsonRecord, reading: Reading): Sampling | undefined {
  const sampling: { -readonly [Key in keyof Sampling]: number } = {};
  for (const [field, key] of Object.entries(SAMPLING)) {
    const value = body[field];
    if (value === undefined || value === null) continue;
    if (typeof value === 'number') sampling[key] = value;
    else reading.refuse(field, 'it should be a number');
  }
  return Object.keys(sampling).length === 0 ? undefined : sampling;
}

/** `output_format` is what the field was called before `output_config`. */
export function readFormat(body: JsonRecord, reading: Reading): AnswerFormat | undefined {
  const where = body['output_format'] === undefined ? 'output_config.format' : 'output_format';
  const value = body['output_format'] ?? recordAt(body, 'output_config')?.['format'];
  if (value === undefined || value === null) return undefined;
  const format = asRecord(value);
  const schema = recordAt(format, 'schema');
  if (format?.['type'] !== 'json_schema' || schema === undefined) {
    reading.refuse(where, 'it should be of the type "json_schema", with a schema');
    return undefined;
  }
  // Others want a name for it, of letters and digits.
  const name = (textAt(schema, 'title') ?? 'answer').replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64);
  return { kind: 'schema', name, schema, strict: true };
}

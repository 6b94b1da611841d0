import type { GatewayError } from '../../ir/error.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import type { Asked } from '../codec.ts';
import type { JsonRecord } from '../read-json.ts';
import type { CompletionCall, ReadCompletion } from './completion-call.ts';
import { ExactFields } from './exact-fields.ts';
import { COMPLETION_FORMS, type CompletionForm } from './forms.ts';

/** What an agent asks in `form`. */
export function readCompletion(form: CompletionForm, body: JsonRecord, asked: Asked): ReadCompletion | GatewayError {
  const traits = COMPLETION_FORMS[form];
  const fields = new ExactFields(body);
  for (const name of ['model', 'stream']) fields.any(name);
  const prompt = promptOf(fields);
  const suffix = fields.text('suffix');
  const minTokens = fields.integer('min_tokens', 0);
  const user = fields.text('user');
  const includeUsage = fields.record('stream_options')?.['include_usage'] === true;
  const seed = fields.integer(traits.seed ?? 'seed', -Infinity);
  const sampling = {
    temperature: fields.number('temperature', 0, traits.highestTemperature),
    topP: fields.number('top_p', 0, 1),
    presencePenalty: fields.number('presence_penalty', -2, 2),
    frequencyPenalty: fields.number('frequency_penalty', -2, 2),
    seed,
  };
  const maxTokens = fields.integer('max_tokens', 0) ?? traits.defaultTokens;
  const stop = fields.texts('stop');
  const losses = refuseWhatOneAnswerCannotHold(fields);
  if (fields.fault !== undefined || prompt === undefined) return fields.fault!;
  return {
    call: {
      model: asked.model,
      prompt,
      // Nothing before the end of the file is the same as no suffix, and some servers refuse a suffix of any kind.
      ...(suffix === undefined || suffix === '' ? {} : { suffix }),
      maxTokens,
      ...(minTokens === undefined ? {} : { minTokens }),
      sampling: Object.fromEntries(
        Object.entries(sampling).filter(([, value]) => value !== undefined),
      ) as CompletionCall['sampling'],
      stop,
      stream: asked.stream,
      includeUsage: includeUsage || !traits.asksForUsage,
      ...(user === undefined ? {} : { user }),
    },
    losses: [...losses, ...fields.unread.map(fieldLoss)],
  };
}

/** Undefined only beside a fault. */
function promptOf(fields: ExactFields): string | undefined {
  const prompt = fields.any('prompt');
  const list: readonly unknown[] = Array.isArray(prompt) ? prompt : [prompt];
  if (list.some((each) => typeof each === 'number' || Array.isArray(each))) {
    const reason = 'holds token numbers, which only the model that they were made for can read: send the text itself.';
    return fields.refuse('prompt', reason);
  }
  if (list.length > 1) return fields.refuse('prompt', 'holds several texts: send one request for each.');
  return fields.texts('prompt')[0] ?? fields.refuse('prompt', 'is missing: send the text before the gap, which may be empty.');
}

/** What would make more of an answer than one text. Said at its default, each of these is nothing. */
function refuseWhatOneAnswerCannotHold(fields: ExactFields): readonly Loss[] {
  if (fields.flag('echo') === true)
    fields.refuse('echo', 'cannot be true through a provider of another form: put the prompt before the answer yourself.');
  for (const name of ['n', 'best_of']) {
    if ((fields.integer(name, 1) ?? 1) > 1)
      fields.refuse(name, 'must be 1: only one text comes back. Send several requests for more.');
  }
  return (fields.any('logprobs') ?? false) === false ? [] : [fieldLoss('logprobs')];
}

import { fieldLoss, type Loss } from '../../ir/loss.ts';
import type { DialectQuirks } from '../dialect.ts';
import type { CompletionCall, WrittenCompletion } from './completion-call.ts';
import { COMPLETION_FORMS, type CompletionForm } from './forms.ts';

/**
 * What is asked for where the agent's form lets the model write as much as it likes and the provider's would stop after a line. A
 * proposal in an editor is shorter than this, and the smallest model behind the form has room for it beside a prompt.
 */
const AMPLE_TOKENS = 1024;

/** `call.model` is the provider's own name of the model by now. */
export function writeCompletion(form: CompletionForm, call: CompletionCall, quirks: DialectQuirks = {}): WrittenCompletion {
  const traits = COMPLETION_FORMS[form];
  const losses = new Set<Loss>();
  const { sampling } = call;

  const taken = <Value>(
    name: 'min_tokens' | 'presence_penalty' | 'frequency_penalty' | 'user',
    value: Value,
  ): Value | undefined => {
    if (traits.takes.has(name)) return value;
    if (value !== undefined) losses.add(fieldLoss(name));
    return undefined;
  };
  const atMost = (value: number | undefined, most: number, loss: Loss): number | undefined => {
    if (value === undefined || value <= most) return value;
    losses.add(loss);
    return most;
  };

  const wanted = call.maxTokens ?? (traits.defaultTokens === undefined ? undefined : AMPLE_TOKENS);
  const stop = call.stop.filter((each) => each !== '').slice(0, traits.mostStops);
  if (stop.length < call.stop.length) losses.add('stop-sequences');
  if (traits.seed === undefined && sampling.seed !== undefined) losses.add(fieldLoss('seed'));
  const asksForUsage = call.stream && traits.asksForUsage && (quirks.streamUsage ?? 'ask') === 'ask';

  const body = {
    model: call.model,
    prompt: call.prompt,
    suffix: call.suffix,
    max_tokens: atMost(wanted, traits.mostTokens, 'clamped-max-tokens'),
    min_tokens: taken('min_tokens', call.minTokens),
    temperature: atMost(sampling.temperature, traits.highestTemperature, 'clamped-sampling'),
    top_p: sampling.topP,
    presence_penalty: taken('presence_penalty', sampling.presencePenalty),
    frequency_penalty: taken('frequency_penalty', sampling.frequencyPenalty),
    stop: stop.length === 0 ? undefined : stop,
    ...(traits.seed === undefined ? {} : { [traits.seed]: sampling.seed }),
    user: taken('user', call.user),
    stream: call.stream,
    stream_options: asksForUsage ? { include_usage: true } : undefined,
  };
  return { path: traits.path, body: JSON.stringify(body), losses: [...losses] };
}

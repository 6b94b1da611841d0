import type { Call } from '../../ir/call.ts';
import type { GatewayError } from '../../ir/error.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import type { Asked, ReadCall } from '../codec.ts';
import type { JsonRecord } from '../read-json.ts';
import { booleanIn, listIn, numberIn, orRefusal, recordIn, refuse, said, saysNothing, shown, textIn, wordIn } from './reading.ts';
import { readMessages } from './read-messages.ts';
import { readFormat, readMaxTokens, readReasoning, readSampling, readStop, REASONING_FIELDS } from './read-settings.ts';
import { readTools } from './read-tools.ts';

/** What is read here or known elsewhere (`model`, `stream`). Any other field that says something is named as lost. */
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'stream_options',
  'messages',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'parallel_tool_calls',
  'web_search_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'stop',
  'response_format',
  'verbosity',
  'service_tier',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'n',
  'modalities',
  ...REASONING_FIELDS,
]);

export function readCall(body: JsonRecord, asked: Asked): ReadCall | GatewayError {
  return orRefusal(() => {
    const losses = new Set<Loss>();
    refuseOtherAnswers(body);
    const { system, turns } = readMessages(body, losses);
    const { tools, toolChoice } = readTools(body, losses);
    const call: Call = {
      model: asked.model,
      system,
      turns,
      tools,
      toolChoice,
      maxOutputTokens: readMaxTokens(body),
      ...said({
        parallelToolCalls: booleanIn(body, 'parallel_tool_calls'),
        reasoning: readReasoning(body, losses),
        sampling: readSampling(body),
        stop: readStop(body),
        format: readFormat(body, losses),
        verbosity: wordIn(body, 'verbosity', ['low', 'medium', 'high'] as const),
        serviceTier: textIn(body, 'service_tier'),
        user: textIn(body, 'user') ?? textIn(body, 'safety_identifier'),
        cacheKey: textIn(body, 'prompt_cache_key'),
      }),
    };
    nameLosses(body, losses);
    return { call, losses: [...losses] };
  });
}

/** Wishes for an answer of another kind: to give the usual one instead would be a wrong answer, not a poorer one. */
function refuseOtherAnswers(body: JsonRecord): void {
  const answers = numberIn(body, 'n', { least: 1, whole: true }) ?? 1;
  if (answers > 1) {
    refuse(`"n" asks for ${answers} answers, but other providers give one to a request. Send the request once for each answer.`);
  }
  for (const modality of listIn(body, 'modalities')) {
    if (modality === 'text') continue;
    refuse(
      `"modalities" asks for ${typeof modality === 'string' ? `"${shown(modality)}"` : 'something that is no text'}, ` +
        'but only text can be passed on from other providers. Use a model of the provider that gives it.',
    );
  }
}

function nameLosses(body: JsonRecord, losses: Set<Loss>): void {
  for (const [key, value] of Object.entries(body)) if (!KNOWN_FIELDS.has(key) && !saysNothing(value)) losses.add(fieldLoss(key));
  const options = recordIn(body, 'stream_options') ?? {};
  for (const [key, value] of Object.entries(options)) {
    // Obfuscation only pads the events; usage is the encoder's matter.
    if (key === 'include_usage' || key === 'include_obfuscation' || saysNothing(value)) continue;
    losses.add(fieldLoss(`stream_options.${key}`));
  }
  const [user, other] = [textIn(body, 'user'), textIn(body, 'safety_identifier')];
  if (user !== undefined && other !== undefined && user !== other) losses.add(fieldLoss('safety_identifier'));
}

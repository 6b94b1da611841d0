import { createHash } from 'node:crypto';
import type { Call, ReasoningWish, Tool } from '../../ir/call.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import { conversation, systemText, type Conversation } from '../conversation.ts';
import { effortOf, effortsOf, isOpenAiReasoning, nearestEffort, takesEffort } from '../model-traits.ts';
import { outputLimit, type WireRequest, type WriteOptions } from '../wire-request.ts';
import { functionParameters, isStrictSchema } from '../openai-schema.ts';
import { inputItems } from './write-items.ts';

type Json = Record<string, unknown>;

export function writeRequest(call: Call, options: WriteOptions): WireRequest {
  const clean = conversation(call, { issuer: options.issuer, longestToolName: 64, systemTurns: 'keep' });
  const { losses } = clean;
  const model = options.servedBy ?? call.model;
  if (hasCacheMarks(call)) losses.add('cache-marks');

  // Nothing is kept there: the agent sends the whole conversation each time.
  const body: Json = { model: call.model, stream: options.stream, store: false };
  const instructions = systemText(call);
  if (instructions !== '') body['instructions'] = instructions;
  body['input'] = clean.turns.flatMap((turn) => inputItems(turn, losses));
  Object.assign(body, toolFields(clean, call), limitField(call, options, losses), samplingFields(call, model, losses));
  if (takesEffort(model)) body['include'] = ['reasoning.encrypted_content'];
  const reasoning = call.reasoning && reasoningField(call.reasoning, model, losses);
  if (reasoning !== undefined) body['reasoning'] = reasoning;
  const text = textField(call, model, losses);
  if (Object.keys(text).length > 0) body['text'] = text;
  // The only answer format that is refused unless the word falls.
  if (call.format?.kind === 'json' && !/json/i.test(`${instructions}${JSON.stringify(body['input'])}`))
    body['instructions'] = [instructions, 'Answer with a JSON object.'].filter((line) => line !== '').join('\n\n');
  if (call.serviceTier !== undefined) Object.assign(body, tierField(call.serviceTier, losses));
  if (call.cacheKey !== undefined) body['prompt_cache_key'] = short(call.cacheKey);
  if (call.user !== undefined) body['user'] = short(call.user);
  return { path: '/v1/responses', body: JSON.stringify(body), losses: [...losses], toolNames: clean.toolNames };
}

function toolFields(clean: Conversation, call: Call): Json {
  const { tools, toolChoice, losses } = clean;
  if (tools.length === 0) {
    if (toolChoice !== 'auto' && toolChoice !== 'none') losses.add('tool-choice');
    return {};
  }
  const fields: Json = { tools: tools.map((tool) => toolField(tool, losses)) };
  if (typeof toolChoice === 'string') {
    if (toolChoice !== 'auto') fields['tool_choice'] = toolChoice;
  } else if (tools.some((tool) => tool.name === toolChoice.name)) {
    fields['tool_choice'] = { type: 'function', name: toolChoice.name };
  } else {
    losses.add('tool-choice');
  }
  if (call.parallelToolCalls !== undefined) fields['parallel_tool_calls'] = call.parallelToolCalls;
  return fields;
}

function toolField(tool: Tool, losses: Set<Loss>): Json {
  const parameters = functionParameters(tool.parameters, true, losses);
  const strict = tool.strict === true && isStrictSchema(parameters);
  if (tool.strict === true && !strict) losses.add(fieldLoss('strict'));
  return { type: 'function', name: tool.name, description: tool.description, parameters, strict };
}

/** Fewer than 16 are refused. */
const LEAST_OUTPUT = 16;

function limitField(call: Call, options: WriteOptions, losses: Set<Loss>): Json {
  const limit = outputLimit(call.maxOutputTokens, options);
  if (limit === undefined) return {};
  const sent = Math.max(limit, LEAST_OUTPUT);
  if (sent !== call.maxOutputTokens) losses.add('clamped-max-tokens');
  return { max_output_tokens: sent };
}

function samplingFields(call: Call, model: string, losses: Set<Loss>): Json {
  if ((call.stop?.length ?? 0) > 0) losses.add('stop-sequences');
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = call.sampling ?? {};
  const unknown = { top_k: topK, seed, presence_penalty: presencePenalty, frequency_penalty: frequencyPenalty };
  for (const [name, value] of Object.entries(unknown)) if (value !== undefined && value !== 0) losses.add(fieldLoss(name));
  const fields: Json = {};
  for (const [name, value, most] of [
    ['temperature', temperature, 2],
    ['top_p', topP, 1],
  ] as const) {
    if (value === undefined) continue;
    const sent = isOpenAiReasoning(model) ? 1 : Math.min(Math.max(value, 0), most);
    if (sent !== value) losses.add('clamped-sampling');
    if (!isOpenAiReasoning(model)) fields[name] = sent;
  }
  return fields;
}

function reasoningField(wish: ReasoningWish, model: string, losses: Set<Loss>): Json | undefined {
  if (!takesEffort(model)) {
    if (wish.mode !== 'off') losses.add('reasoning-effort');
    return undefined;
  }
  const field: Json = {};
  if (wish.mode !== 'adaptive' || wish.effort !== undefined || wish.budgetTokens !== undefined) {
    const wished = effortOf(wish);
    const effort = nearestEffort(wished, effortsOf(model));
    if (effort !== wished) losses.add('reasoning-effort');
    field['effort'] = effort;
  }
  if (wish.shown && wish.mode !== 'off') field['summary'] = 'auto';
  return Object.keys(field).length === 0 ? undefined : field;
}

function textField(call: Call, model: string, losses: Set<Loss>): Json {
  const text: Json = {};
  if (call.format?.kind === 'json') text['format'] = { type: 'json_object' };
  if (call.format?.kind === 'schema') {
    const { name, schema } = call.format;
    const strict = call.format.strict && isStrictSchema(schema);
    if (call.format.strict && !strict) losses.add('schema-keywords');
    text['format'] = { type: 'json_schema', name: name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'answer', schema, strict };
  }
  // Older models know `medium` only.
  if (call.verbosity !== undefined && (isOpenAiReasoning(model) || call.verbosity === 'medium')) text['verbosity'] = call.verbosity;
  else if (call.verbosity !== undefined) losses.add(fieldLoss('verbosity'));
  return text;
}

function tierField(tier: string, losses: Set<Loss>): Json {
  if (tier === 'standard_only') return { service_tier: 'default' };
  if (['auto', 'default', 'flex', 'priority'].includes(tier)) return { service_tier: tier };
  losses.add(fieldLoss('service_tier'));
  return {};
}

/** Keys may have 64 characters; a longer one stays the same key as its digest. */
function short(key: string): string {
  return key.length <= 64 ? key : createHash('sha256').update(key).digest('hex');
}

function hasCacheMarks(call: Call): boolean {
  const marked = (part: object): boolean => 'cache' in part && part.cache !== undefined;
  return call.system.some(marked) || call.tools.some(marked) || call.turns.some((turn) => turn.content.some(marked));
}

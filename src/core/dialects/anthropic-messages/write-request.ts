import type { AnswerFormat, Call, Tool } from '../../ir/call.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import { conversation, isBlank } from '../conversation.ts';
import { bareModel } from '../model-traits.ts';
import { outputLimit, type WireRequest, type WriteOptions } from '../wire-request.ts';
import { answerSchema, toolSchema } from './schemas.ts';
import { claudeTraits, type ClaudeTraits } from './claude-traits.ts';
import { keepCacheRules, setBreakpoints } from './cache-marks.ts';
import { writeMessages, writeText, type Json } from './write-messages.ts';
import { writeSampling } from './write-sampling.ts';
import { writeThinking } from './write-thinking.ts';

/** Longer ones are refused. */
const LONGEST_USER_ID = 256;

export function writeRequest(call: Call, options: WriteOptions): WireRequest {
  const model = options.servedBy ?? call.model;
  const traits = claudeTraits(model);
  const { turns, tools, toolChoice, toolNames, losses } = conversation(call, {
    issuer: options.issuer,
    longestToolName: 128,
    systemTurns: 'as-user',
  });
  const maxTokens = outputLimit(call.maxOutputTokens, options) ?? defaultMaxTokens(model, options.maxOutputTokens);
  if (call.maxOutputTokens !== undefined && maxTokens < call.maxOutputTokens) losses.add('clamped-max-tokens');
  const { choice, thinking, effort, thinks } = writeThinking({ ...call, tools, toolChoice }, turns, maxTokens, traits, losses);
  const format = call.format && writeFormat(call.format, traits, losses);

  const messages = writeMessages(turns, thinks || !traits.takesPrefill, losses);
  const system = [...call.system.filter((part) => !isBlank(part.text)).map(writeText), ...(format?.system ?? [])];
  const toolList = tools.map((tool) => writeTool(tool, losses));
  const marked = { tools: toolList, system, messages };
  if (!keepCacheRules(marked, options.quirks?.shortCacheOnly === true, losses) && options.cacheBreakpoints !== false)
    setBreakpoints(marked);

  const outputConfig: Json = {
    ...(effort === undefined ? {} : { effort }),
    ...(format?.format === undefined ? {} : { format: format.format }),
  };
  const body: Json = { model: call.model, max_tokens: maxTokens, stream: options.stream };
  if (system.length > 0) body['system'] = system;
  if (toolList.length > 0) body['tools'] = toolList;
  if (choice !== undefined) body['tool_choice'] = choice;
  if (thinking !== undefined) body['thinking'] = thinking;
  if (Object.keys(outputConfig).length > 0) body['output_config'] = outputConfig;
  Object.assign(body, writeSampling(call, thinks, traits, losses), writeRest(call, losses));
  body['messages'] = messages;
  return { path: '/v1/messages', body: JSON.stringify(body), losses: [...losses], toolNames };
}

/**
 * `max_tokens` where the caller set none; the dialect requires one. It is a ceiling, not a price: only what is written is
 * billed. Claude 3 can write 4,096 tokens and 3.5 8,192; every later Claude takes 32,000 (Opus 4 allows no more). Other
 * vendors' models behind this dialect get 8,192, which all of them take. A known limit of the model wins.
 */
export function defaultMaxTokens(model: string, known: number | undefined): number {
  const name = bareModel(model);
  const family = /claude-3-[5]|claude-3\.5/.test(name)
    ? 8192
    : /claude-3-(?:haiku|sonnet|opus)/.test(name)
      ? 4096
      : name.includes('claude')
        ? 32_000
        : 8192;
  return known === undefined ? family : Math.min(known, 32_000);
}

function writeTool(tool: Tool, losses: Set<Loss>): Json {
  // Strict tools are limited in number and in keywords, and each breach is a 400: a tool that is not strict is still a tool.
  if (tool.strict === true) losses.add(fieldLoss('strict'));
  return {
    name: tool.name,
    description: tool.description,
    input_schema: toolSchema(tool.parameters, losses),
    ...(tool.cache === undefined ? {} : { cache_control: { type: 'ephemeral', ttl: tool.cache } }),
  };
}

/** A form for the answer, or the words that ask for it. */
function writeFormat(format: AnswerFormat, traits: ClaudeTraits, losses: Set<Loss>): { format?: Json; system?: readonly Json[] } {
  if (format.kind === 'schema' && traits.takesFormat)
    return { format: { type: 'json_schema', schema: answerSchema(format.schema, losses) } };
  losses.add('answer-format');
  const words = 'Answer with one JSON object and nothing else: no text around it, no code fence.';
  const text = format.kind === 'json' ? words : `${words} It must fit this JSON schema:\n${JSON.stringify(format.schema)}`;
  return { system: [{ type: 'text', text }] };
}

/**
 * What is written as it is. `cacheKey` has no field: this dialect finds its caches by content and marks. Two tiers are known:
 * `auto`, which uses bought priority and is what the provider does unasked, and `standard_only`.
 */
function writeRest(call: Call, losses: Set<Loss>): Json {
  const rest: Json = {};
  const stops = call.stop?.filter((stop) => !isBlank(stop)) ?? [];
  if (stops.length < (call.stop?.length ?? 0)) losses.add('stop-sequences');
  if (stops.length > 0) rest['stop_sequences'] = stops;
  if (call.verbosity !== undefined) losses.add(fieldLoss('verbosity'));
  if (call.user !== undefined && call.user !== '') {
    if (call.user.length > LONGEST_USER_ID) losses.add(fieldLoss('user'));
    else rest['metadata'] = { user_id: call.user };
  }
  switch (call.serviceTier) {
    case undefined:
    case 'auto':
      break;
    case 'priority':
      rest['service_tier'] = 'auto';
      break;
    case 'default':
    case 'standard_only':
      rest['service_tier'] = 'standard_only';
      break;
    default:
      losses.add(fieldLoss('service_tier'));
  }
  return rest;
}

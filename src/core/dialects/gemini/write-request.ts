import type { Call, ToolChoice } from '../../ir/call.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import { conversation, systemText, type Conversation } from '../conversation.ts';
import type { WireRequest, WriteOptions } from '../wire-request.ts';
import { formatWords, writeConfig } from './write-config.ts';
import { writeContent } from './write-contents.ts';
import { writeParameters } from './write-schema.ts';

type Json = Record<string, unknown>;

const LONGEST_TOOL_NAME = 64;

export function writeRequest(call: Call, options: WriteOptions): WireRequest {
  const said = conversation(call, { issuer: options.issuer, longestToolName: LONGEST_TOOL_NAME, systemTurns: 'as-user' });
  const { losses } = said;
  const servedBy = options.servedBy ?? call.model;
  const body: Json = { contents: said.turns.map((turn) => writeContent(turn, servedBy, losses)) };
  const system = [systemText(call), formatWords(call, servedBy, losses) ?? ''].filter((each) => each !== '').join('\n\n');
  if (system !== '') body['systemInstruction'] = { parts: [{ text: system }] };
  if (said.tools.length > 0) {
    body['tools'] = [{ functionDeclarations: declarations(said, losses) }];
    const config = callingConfig(said.toolChoice, said, losses);
    if (config !== undefined) body['toolConfig'] = { functionCallingConfig: config };
    if (call.parallelToolCalls === false) losses.add('parallel-tool-calls');
  }
  const config = writeConfig(call, options, losses);
  if (config !== undefined) body['generationConfig'] = config;
  const tier = serviceTier(call.serviceTier, losses);
  if (tier !== undefined) body['serviceTier'] = tier;
  loseTheRest(call, losses);
  // A model name may hold slashes (`provider/model`); Google's own client leaves them as they are.
  const model = call.model.split('/').map(encodeURIComponent).join('/');
  const method = options.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return {
    path: `/v1beta/models/${model}:${method}`,
    body: JSON.stringify(body),
    losses: [...losses],
    toolNames: said.toolNames,
  };
}

/** The older `parameters` takes a still smaller subset of JSON Schema. */
function declarations({ tools }: Conversation, losses: Set<Loss>): readonly Json[] {
  return tools.map((tool) => {
    if (tool.strict === true) losses.add(fieldLoss('strict'));
    return { name: tool.name, description: tool.description, parametersJsonSchema: writeParameters(tool.parameters, losses) };
  });
}

function callingConfig(choice: ToolChoice, { tools }: Conversation, losses: Set<Loss>): Json | undefined {
  if (choice === 'auto') return undefined;
  if (choice === 'none') return { mode: 'NONE' };
  if (choice === 'required') return { mode: 'ANY' };
  if (tools.some((tool) => tool.name === choice.name)) return { mode: 'ANY', allowedFunctionNames: [choice.name] };
  // A name that is not declared is refused.
  losses.add('tool-choice');
  return { mode: 'ANY' };
}

/** `auto`, `default` and the like are what happens anyway. */
function serviceTier(tier: string | undefined, losses: Set<Loss>): string | undefined {
  if (tier === undefined || ['auto', 'default', 'standard', 'standard_only'].includes(tier)) return undefined;
  if (tier === 'flex' || tier === 'priority') return tier;
  losses.add(fieldLoss('service_tier'));
  return undefined;
}

function loseTheRest(call: Call, losses: Set<Loss>): void {
  if (call.verbosity !== undefined) losses.add(fieldLoss('verbosity'));
  if (call.user !== undefined) losses.add(fieldLoss('user'));
  if (call.cacheKey !== undefined) losses.add(fieldLoss('prompt_cache_key'));
  const marked = [...call.system, ...call.tools, ...call.turns.flatMap((turn) => [...turn.content])];
  if (marked.some((each) => 'cache' in each && each.cache !== undefined)) losses.add('cache-marks');
}

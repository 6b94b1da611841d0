import type { AnswerFormat, Call, Tool, ToolChoice } from '../../ir/call.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import { conversation, isBlank, systemText } from '../conversation.ts';
import { isOpenAiReasoning } from '../model-traits.ts';
import { outputLimit, type WireRequest, type WriteOptions } from '../wire-request.ts';
import { functionParameters, isStrictSchema } from '../openai-schema.ts';
import { writeMessages } from './write-messages.ts';
import { isOpenAi, writeEffort, writeHints, writeSampling } from './write-settings.ts';

type Json = Record<string, unknown>;

export function writeRequest(call: Call, options: WriteOptions): WireRequest {
  const { quirks } = options;
  const model = options.servedBy ?? call.model;
  const { turns, tools, toolChoice, toolNames, losses } = conversation(call, {
    issuer: options.issuer,
    longestToolName: 64,
    systemTurns: quirks?.systemFirstOnly === true ? 'as-user' : 'keep',
    callIds: quirks?.callIds,
  });
  if (marksCache(call)) losses.add('cache-marks');
  const rules = {
    // Who is told not to think wants no thoughts back either.
    replaysReasoning: quirks?.replaysReasoning === true && call.reasoning?.mode !== 'off',
    modelSpeaksAfterTools: quirks?.modelSpeaksAfterTools === true,
  };
  const messages = writeMessages(turns, rules, losses);
  const system = [systemText(call), ...(asksForJsonUnsaid(call, messages) ? ['Answer with a JSON object.'] : [])];
  const instructions = system.filter((line) => line !== '').join('\n\n');
  if (instructions !== '') messages.unshift({ role: 'system', content: instructions });

  const body: Json = { model: call.model, messages, stream: options.stream };
  // Asking a provider that cannot is an error there; one that always tells need not be asked.
  if (options.stream && (quirks?.streamUsage ?? 'ask') === 'ask') body['stream_options'] = { include_usage: true };
  const limit = outputLimit(call.maxOutputTokens, options);
  if (limit !== call.maxOutputTokens) losses.add('clamped-max-tokens');
  if (limit !== undefined) {
    body[isOpenAiReasoning(model) ? 'max_completion_tokens' : (quirks?.maxTokensField ?? 'max_tokens')] = limit;
  }
  if (tools.length > 0) writeTools(body, tools, toolChoice, call.parallelToolCalls, model, losses);
  writeEffort(body, call, model, losses);
  writeSampling(body, call, model, losses);
  if (call.format !== undefined) body['response_format'] = formatOf(call.format, losses);
  writeHints(body, call, model, losses);
  return { path: '/v1/chat/completions', body: JSON.stringify(body), losses: [...losses], toolNames };
}

function writeTools(
  body: Json,
  tools: readonly Tool[],
  choice: ToolChoice,
  parallel: boolean | undefined,
  model: string,
  losses: Set<Loss>,
): void {
  body['tools'] = tools.map((tool) => {
    if (tool.form?.kind === 'custom') losses.add('custom-tool-as-function');
    const parameters = functionParameters(tool.parameters, isOpenAi(model), losses);
    const told: Json = { name: tool.name };
    if (!isBlank(tool.description)) told['description'] = tool.description;
    told['parameters'] = parameters;
    if (tool.strict === true) {
      // Strict mode refuses a schema that leaves anything open, and closing it here would change what the tool takes.
      if (isStrictSchema(parameters)) told['strict'] = true;
      else losses.add(fieldLoss('tools.strict'));
    }
    return { type: 'function', function: told };
  });
  if (typeof choice === 'string') {
    // `auto` is what every provider does unasked.
    if (choice !== 'auto') body['tool_choice'] = choice;
  } else if (tools.some((tool) => tool.name === choice.name)) {
    body['tool_choice'] = { type: 'function', function: { name: choice.name } };
  } else {
    losses.add('tool-choice');
  }
  if (parallel !== false) return;
  // The o models call one tool at a time anyway, and refuse to be told so.
  if (/(?:^|\/)o\d/.test(model)) losses.add('parallel-tool-calls');
  else body['parallel_tool_calls'] = false;
}

function formatOf(format: AnswerFormat, losses: Set<Loss>): Json {
  if (format.kind === 'json') return { type: 'json_object' };
  const strict = format.strict && isStrictSchema(format.schema);
  if (format.strict && !strict) losses.add(fieldLoss('response_format.strict'));
  const name = format.name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'answer';
  return { type: 'json_schema', json_schema: { name, schema: format.schema, strict } };
}

/** OpenAI refuses `json_object` unless a message speaks of JSON; agents of other dialects need not have said it. */
function asksForJsonUnsaid(call: Call, messages: readonly Json[]): boolean {
  if (call.format?.kind !== 'json') return false;
  return !/json/i.test(systemText(call)) && !/json/i.test(JSON.stringify(messages));
}

function marksCache(call: Call): boolean {
  const marked = (part: object): boolean =>
    ('cache' in part && part.cache !== undefined) ||
    ('content' in part && Array.isArray(part.content) && part.content.some(marked));
  return call.system.some(marked) || call.tools.some(marked) || call.turns.some((turn) => marked(turn));
}

import type { StopReason } from '../../ir/parts.ts';
import type { Usage } from '../../ir/usage.ts';
import type { AnswerFrame } from '../codec.ts';

type Json = Record<string, unknown>;

const responseId = (frame: AnswerFrame): string => `resp_${frame.id}`;

/**
 * The Response object with what all its readers ask for. It repeats little of the request: three events of each stream hold it, and
 * an agent's instructions and tools are 50 KB and more.
 */
export function answerObject(frame: AnswerFrame, output: readonly Json[], more: Json): Json {
  const { call } = frame;
  return {
    id: responseId(frame),
    object: 'response',
    created_at: frame.createdAt,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: call.maxOutputTokens ?? null,
    model: frame.model,
    output,
    parallel_tool_calls: call.parallelToolCalls ?? true,
    previous_response_id: null,
    reasoning: { effort: call.reasoning?.effort ?? null, summary: call.reasoning?.shown === true ? 'auto' : null },
    store: false,
    temperature: call.sampling?.temperature ?? null,
    text: { format: { type: 'text' } },
    tool_choice: typeof call.toolChoice === 'string' ? call.toolChoice : { type: 'function', name: call.toolChoice.name },
    tools: [],
    top_p: call.sampling?.topP ?? null,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: {},
    ...more,
  };
}

/** How the answer stands at its end. A pause is none of the reasons that agents know: they would take it for an error. */
export function endOf(stop: StopReason): Json {
  switch (stop) {
    case 'max-tokens':
    case 'context-window':
      return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    case 'refusal':
      return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
    case 'end':
    case 'tool-use':
    case 'stop-sequence':
    case 'pause':
    case 'unknown':
      return { status: 'completed' };
    default:
      return stop satisfies never;
  }
}

export function usageObject(usage: Usage | undefined): Json | null {
  if (usage === undefined) return null;
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  const input = usage.input + usage.cacheRead + written;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: written },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoningWithinOutput },
    total_tokens: input + usage.output,
  };
}

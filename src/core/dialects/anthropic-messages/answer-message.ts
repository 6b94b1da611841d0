import type { StopReason } from '../../ir/parts.ts';
import type { Usage } from '../../ir/usage.ts';
import type { AnswerFrame } from '../codec.ts';

/** What a streamed answer and a whole one say in the same words. */

export type Json = Record<string, unknown>;

const STOP: Readonly<Record<StopReason, string>> = {
  end: 'end_turn',
  'max-tokens': 'max_tokens',
  'tool-use': 'tool_use',
  'stop-sequence': 'stop_sequence',
  refusal: 'refusal',
  pause: 'pause_turn',
  'context-window': 'model_context_window_exceeded',
  unknown: 'end_turn',
};

/** A message without its content, its end and its usage. The model is the agent's own name for it. */
export function messageHead(frame: AnswerFrame): Json {
  return { id: `msg_${frame.id}`, type: 'message', role: 'assistant', model: frame.model };
}

/** Which of several stop sequences it was, no other dialect tells. */
export function stopFields(reason: StopReason, frame: AnswerFrame): Json {
  const stops = frame.call.stop ?? [];
  return {
    stop_reason: STOP[reason],
    stop_sequence: reason === 'stop-sequence' && stops.length === 1 ? stops[0] : null,
  };
}

/** The input leaves out what was read from the cache or written to it. */
export function usageFields(usage: Usage): Json {
  const searches = usage.units['webSearches'] ?? 0;
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite5m, ephemeral_1h_input_tokens: usage.cacheWrite1h },
    output_tokens: usage.output,
    ...(usage.reasoningWithinOutput > 0 ? { output_tokens_details: { thinking_tokens: usage.reasoningWithinOutput } } : {}),
    ...(searches > 0 ? { server_tool_use: { web_search_requests: searches } } : {}),
  };
}

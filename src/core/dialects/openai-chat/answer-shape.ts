import type { Call } from '../../ir/call.ts';
import { tagOf, type Carry } from '../../ir/carry.ts';
import type { StopReason } from '../../ir/parts.ts';
import type { Usage } from '../../ir/usage.ts';
import type { AnswerFrame } from '../codec.ts';
import { parseRecord } from '../read-json.ts';

/** What streamed and whole answers to agents have in common. */

type Json = Record<string, unknown>;

/**
 * A refusal's words stay in `content`: parts do not tell them from other text, and agents that show `refusal` are few. The finish
 * reason says that it is one.
 */
export const FINISH: Readonly<Record<StopReason, string>> = {
  end: 'stop',
  'max-tokens': 'length',
  'context-window': 'length',
  'tool-use': 'tool_calls',
  'stop-sequence': 'stop',
  refusal: 'content_filter',
  pause: 'stop',
  unknown: 'stop',
};

export function answerId(frame: AnswerFrame): string {
  return `chatcmpl-${frame.id}`;
}

/** Input counts what was read from the cache and written to it; output counts thoughts. */
export function usageShape(usage: Usage): Json {
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  const input = usage.input + usage.cacheRead + written;
  return {
    prompt_tokens: input,
    completion_tokens: usage.output,
    total_tokens: input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead, ...(written > 0 ? { cache_write_tokens: written } : {}) },
    completion_tokens_details: { reasoning_tokens: usage.reasoningWithinOutput },
  };
}

/** Agents that asked for no thoughts get none; those that said nothing do, as from DeepSeek or vLLM. */
export function showsThoughts(call: Call): boolean {
  return call.reasoning?.shown ?? true;
}

/**
 * A thought of an issuer that wants it back, as an entry of `reasoning_details`. Its text is in `reasoning_content` as well; it stands
 * here again because an issuer takes its signature only with the text that was signed, and agents join all thoughts of a message.
 */
export function thoughtDetail(text: string, carry: Carry, index: number): Json {
  const tag = tagOf(carry);
  return text === ''
    ? { type: 'reasoning.encrypted', data: tag, format: 'unknown', index }
    : { type: 'reasoning.text', text, signature: tag, format: 'unknown', index };
}

/** Google's place for the signature of a thought that led to a call; the AI SDK and others send it back. */
export function signedExtra(carry: Carry | undefined): Json {
  return carry === undefined ? {} : { extra_content: { google: { thought_signature: tagOf(carry) } } };
}

export function isCustom(call: Call, name: string): boolean {
  return call.tools.some((tool) => tool.name === name && tool.form?.kind === 'custom');
}

/** A whole call in the form in which its tool was declared. */
export function callShape(call: Call, callId: string, name: string, json: string, carry: Carry | undefined): Json {
  const extra = signedExtra(carry);
  if (isCustom(call, name)) return { id: callId, type: 'custom', custom: { name, input: customInput(json) }, ...extra };
  return { id: callId, type: 'function', function: { name, arguments: json.trim() === '' ? '{}' : json }, ...extra };
}

/** What a free-form tool is called with. Arguments of another shape reach it as they are: the agent can say what is wrong with them. */
function customInput(json: string): string {
  const input = parseRecord(json)?.['input'];
  return typeof input === 'string' ? input : json;
}

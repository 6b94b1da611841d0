import type { StopReason } from '../../ir/parts.ts';
import {
  allInput,
  type Answer,
  type AnswerToolCall,
  DEFAULT_PIECES,
  type Frame,
  type FrameData,
  splitText,
  stopOf,
} from './answer.ts';

/** The chunks of `POST /v1/chat/completions` with `stream: true`. Usage comes in a chunk of its own, only where it was asked for. */
export function chatFrames(answer: Answer, includeUsage: boolean): readonly Frame[] {
  const pieces = answer.pieces ?? DEFAULT_PIECES;
  const base = { ...shell(answer), object: 'chat.completion.chunk' };
  const frames: Frame[] = [];
  const usage = includeUsage ? { usage: null } : {};
  const send = (delta: FrameData, finish: string | null = null): void =>
    void frames.push({
      event: undefined,
      data: { ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...usage },
    });

  send({ role: 'assistant', content: '', refusal: null });
  if (answer.thinking !== undefined)
    for (const piece of splitText(answer.thinking.text, pieces)) send({ reasoning_content: piece });
  for (const piece of splitText(answer.text, pieces)) send({ content: piece });
  (answer.toolCalls ?? []).forEach((call, index) => {
    send({ tool_calls: [{ index, ...callOf(call, '') }] });
    for (const piece of splitText(call.arguments, 3)) {
      send({ tool_calls: [{ index, ...(call.custom ? { custom: { input: piece } } : { function: { arguments: piece } }) }] });
    }
  });
  send({}, STOP[stopOf(answer)]);
  if (includeUsage) frames.push({ event: undefined, data: { ...base, choices: [], usage: usageOf(answer) } });
  frames.push({ event: undefined, data: '[DONE]' });
  return frames;
}

export function chatWhole(answer: Answer): FrameData {
  const calls = answer.toolCalls ?? [];
  const message = {
    role: 'assistant',
    content: answer.text === '' && calls.length > 0 ? null : answer.text,
    refusal: null,
    annotations: [],
    ...(answer.thinking === undefined ? {} : { reasoning_content: answer.thinking.text }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => callOf(call, call.arguments)) }),
  };
  return {
    ...shell(answer),
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: STOP[stopOf(answer)] }],
    usage: usageOf(answer),
  };
}

/** The error body of both OpenAI dialects. */
export function openaiError(type: string, message: string, code: string | null = null, param: string | null = null): FrameData {
  return { error: { message, type, param, code } };
}

export function openaiModels(ids: readonly string[]): FrameData {
  return { object: 'list', data: ids.map((id) => openaiModel(id)) };
}

export function openaiModel(id: string): FrameData {
  return { id, object: 'model', created: 1_767_225_600, owned_by: 'system' };
}

const STOP: Readonly<Record<StopReason, string>> = {
  end: 'stop',
  'max-tokens': 'length',
  'tool-use': 'tool_calls',
  'stop-sequence': 'stop',
  refusal: 'content_filter',
  pause: 'stop',
  'context-window': 'length',
  unknown: 'stop',
};

function callOf(call: AnswerToolCall, text: string): FrameData {
  return call.custom
    ? { id: call.id, type: 'custom', custom: { name: call.name, input: text } }
    : { id: call.id, type: 'function', function: { name: call.name, arguments: text } };
}

function shell(answer: Answer): FrameData {
  return {
    id: `chatcmpl-${answer.id}`,
    object: '',
    created: answer.created,
    model: answer.model,
    service_tier: 'default',
    system_fingerprint: 'fp_0000000000',
  };
}

function usageOf({ usage }: Answer): FrameData {
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  return {
    prompt_tokens: allInput(usage),
    completion_tokens: usage.output,
    total_tokens: allInput(usage) + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      audio_tokens: 0,
      ...(written > 0 ? { cache_write_tokens: written } : {}),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningWithinOutput,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

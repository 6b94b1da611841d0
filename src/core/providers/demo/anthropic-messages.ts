import type { StopReason } from '../../ir/parts.ts';
import { type Answer, DEFAULT_PIECES, type Frame, type FrameData, splitText, stopOf } from './answer.ts';

/** The event sequence of `POST /v1/messages` with `stream: true`. */
export function anthropicFrames(answer: Answer): readonly Frame[] {
  const pieces = answer.pieces ?? DEFAULT_PIECES;
  const frames: Frame[] = [];
  const send = (data: FrameData & { readonly type: string }): void => void frames.push({ event: data.type, data });

  send({
    type: 'message_start',
    message: { ...shell(answer), content: [], stop_reason: null, usage: { ...usageOf(answer), output_tokens: 1 } },
  });
  blocksOf(answer).forEach((block, index) => {
    send({ type: 'content_block_start', index, content_block: block.opening });
    if (index === 0) send({ type: 'ping' });
    for (const delta of block.deltas(pieces)) send({ type: 'content_block_delta', index, delta });
    send({ type: 'content_block_stop', index });
  });
  const { cache_creation: _, service_tier: __, ...usage } = usageOf(answer);
  send({ type: 'message_delta', delta: { stop_reason: STOP[stopOf(answer)], stop_sequence: null }, usage });
  send({ type: 'message_stop' });
  return frames;
}

export function anthropicWhole(answer: Answer): FrameData {
  return {
    ...shell(answer),
    content: blocksOf(answer).map((block) => block.whole),
    stop_reason: STOP[stopOf(answer)],
    usage: usageOf(answer),
  };
}

export function anthropicError(type: string, message: string, requestId: string): FrameData {
  return { type: 'error', error: { type, message }, request_id: requestId };
}

export function anthropicModels(ids: readonly string[]): FrameData {
  return { data: ids.map((id) => anthropicModel(id)), has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}

export function anthropicModel(id: string): FrameData {
  return { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' };
}

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

interface Written {
  readonly opening: FrameData;
  readonly whole: FrameData;
  readonly deltas: (pieces: number) => readonly FrameData[];
}

function blocksOf(answer: Answer): readonly Written[] {
  const blocks: Written[] = [];
  const { thinking } = answer;
  if (thinking?.redacted === true) {
    const block = { type: 'redacted_thinking', data: thinking.token ?? '' };
    blocks.push({ opening: block, whole: block, deltas: () => [] });
  } else if (thinking !== undefined) {
    const signature = thinking.token ?? '';
    blocks.push({
      opening: { type: 'thinking', thinking: '', signature: '' },
      whole: { type: 'thinking', thinking: thinking.text, signature },
      deltas: (pieces) => [
        ...splitText(thinking.text, pieces).map((piece) => ({ type: 'thinking_delta', thinking: piece })),
        { type: 'signature_delta', signature },
      ],
    });
  }
  if (answer.text !== '') {
    blocks.push({
      opening: { type: 'text', text: '' },
      whole: { type: 'text', text: answer.text },
      deltas: (pieces) => splitText(answer.text, pieces).map((text) => ({ type: 'text_delta', text })),
    });
  }
  for (const call of answer.toolCalls ?? []) {
    const base = { type: 'tool_use', id: call.id, name: call.name };
    blocks.push({
      opening: { ...base, input: {} },
      whole: { ...base, input: JSON.parse(call.arguments) },
      // An empty fragment comes first, and for a tool without arguments it is the only one.
      deltas: () =>
        ['', ...(call.arguments === '{}' ? [] : splitText(call.arguments, 3))].map((partial_json) => ({
          type: 'input_json_delta',
          partial_json,
        })),
    });
  }
  return blocks;
}

function shell(answer: Answer): FrameData {
  return { model: answer.model, id: `msg_${answer.id}`, type: 'message', role: 'assistant', stop_sequence: null };
}

function usageOf({ usage }: Answer): FrameData {
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite5m, ephemeral_1h_input_tokens: usage.cacheWrite1h },
    output_tokens: usage.output,
    service_tier: 'standard',
  };
}

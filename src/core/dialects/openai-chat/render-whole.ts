import type { Part } from '../../ir/parts.ts';
import type { AnswerFrame } from '../codec.ts';
import { answerId, callShape, FINISH, showsThoughts, thoughtDetail, usageShape } from './answer-shape.ts';

type Json = Record<string, unknown>;

/** Says what the stream says: the message is its deltas joined. */
export function renderWhole(parts: readonly Part[], frame: AnswerFrame): Record<string, unknown> {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const details: Json[] = [];
  const calls: Json[] = [];
  const shown = showsThoughts(frame.call);
  let usage: Json | undefined;
  let finish = FINISH.unknown;
  let open: Extract<Part, { type: 'block-start' }>['block'] | undefined;
  let text = '';
  let afterThought = false;
  for (const part of parts) {
    if (part.type === 'block-start') {
      open = part.block;
      text = '';
    } else if (part.type === 'block-delta') {
      text += part.text;
    } else if (part.type === 'usage') {
      usage = usageShape(part.usage);
    } else if (part.type === 'response-end') {
      finish = FINISH[part.stop.reason];
    } else if (part.type === 'block-end' && open !== undefined) {
      if (open.kind === 'tool-call') calls.push(callShape(frame.call, open.callId, open.name, text, part.carry));
      else if (open.kind === 'text') texts.push(text);
      else if (shown) {
        if (text !== '') thoughts.push(afterThought ? `\n\n${text}` : text);
        if (part.carry !== undefined) details.push(thoughtDetail(text, part.carry, details.length));
      }
      if (open.kind === 'tool-call' || text !== '') afterThought = open.kind === 'reasoning' && shown;
    }
  }
  const content = texts.join('');
  const message: Json = {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    refusal: null,
    ...(thoughts.length > 0 ? { reasoning_content: thoughts.join('') } : {}),
    ...(details.length > 0 ? { reasoning_details: details } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  return {
    id: answerId(frame),
    object: 'chat.completion',
    created: frame.createdAt,
    model: frame.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    ...(usage === undefined ? {} : { usage }),
  };
}

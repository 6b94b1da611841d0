import { tagOf, type Carry } from '../../ir/carry.ts';
import type { Block, Part } from '../../ir/parts.ts';
import { NO_USAGE } from '../../ir/usage.ts';
import type { AnswerFrame, Encoder } from '../codec.ts';
import { messageHead, stopFields, usageFields, type Json } from './answer-message.ts';
import { bearerBlock } from './bearer.ts';
import { renderStreamError } from './errors.ts';
import { toolUseId } from './tool-use-id.ts';

/**
 * The one open block. `begun`: its start is on the wire. Prose begins with its first word, because agents send their blocks back and
 * an empty one is refused; what is opaque, or only thought in silence, is known at its end.
 */
interface Open {
  readonly block: Block;
  begun: boolean;
}

/** Blocks strictly one after the other, numbered from 0 without a gap, each delta of its block's kind. */
export function encoder(frame: AnswerFrame): Encoder {
  const silent = frame.call.reasoning?.shown === false;
  let usage = NO_USAGE;
  let index = 0;
  let open: Open | undefined;
  let ended = false;

  function push(part: Part): string {
    if (ended) return '';
    switch (part.type) {
      case 'response-start':
        return event('message_start', {
          message: { ...messageHead(frame), content: [], stop_reason: null, stop_sequence: null, usage: usageFields(usage) },
        });
      case 'block-start':
        open = { block: part.block, begun: false };
        return part.block.kind === 'tool-call' ? begin(open) : '';
      case 'block-delta':
        return open === undefined ? '' : add(open, part.text);
      case 'block-end': {
        const closed = open === undefined ? '' : close(open, part.carry);
        open = undefined;
        return closed;
      }
      case 'usage':
        usage = part.usage;
        return '';
      case 'response-end':
        ended = true;
        return (
          event('message_delta', { delta: stopFields(part.stop.reason, frame), usage: usageFields(usage) }) +
          event('message_stop', {})
        );
      case 'response-error':
        ended = true;
        return renderStreamError(part.error);
      default:
        return part satisfies never;
    }
  }

  function begin(opened: Open, data = ''): string {
    opened.begun = true;
    return start(emptyBlock(opened.block, data));
  }

  function start(content_block: Json): string {
    return event('content_block_start', { index, content_block });
  }

  function stop(): string {
    return event('content_block_stop', { index: index++ });
  }

  function add(opened: Open, text: string): string {
    const delta = deltaOf(opened.block, text, silent);
    if (delta === undefined || text === '') return '';
    return (opened.begun ? '' : begin(opened)) + event('content_block_delta', { index, delta });
  }

  function close(opened: Open, carry: Carry | undefined): string {
    const tag = opened.block.kind === 'reasoning' && carry !== undefined ? tagOf(carry) : '';
    let text = '';
    if (!opened.begun && tag !== '') text += begin(opened, tag);
    if (!opened.begun) return '';
    if (tag !== '' && !isRedacted(opened.block))
      text += event('content_block_delta', { index, delta: { type: 'signature_delta', signature: tag } });
    text += stop();
    if (carry !== undefined && opened.block.kind === 'tool-call') text += start(bearerBlock(carry, opened.block.callId)) + stop();
    return text;
  }

  return { push, fail: (error) => renderStreamError(error) };
}

function isRedacted(block: Block): boolean {
  return block.kind === 'reasoning' && block.form === 'redacted';
}

/** A signature is empty until its delta, and stays so where nobody vouches for the thought. */
function emptyBlock(block: Block, data: string): Json {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text: '' };
    case 'reasoning':
      return block.form === 'redacted' ? { type: 'redacted_thinking', data } : { type: 'thinking', thinking: '', signature: '' };
    case 'tool-call':
      return { type: 'tool_use', id: toolUseId(block.callId), name: block.name, input: {} };
    default:
      return block satisfies never;
  }
}

function deltaOf(block: Block, text: string, silent: boolean): Json | undefined {
  switch (block.kind) {
    case 'text':
      return { type: 'text_delta', text };
    case 'reasoning':
      return silent || block.form === 'redacted' ? undefined : { type: 'thinking_delta', thinking: text };
    case 'tool-call':
      return { type: 'input_json_delta', partial_json: text };
    default:
      return block satisfies never;
  }
}

function event(type: string, fields: Json): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

import { tagOf, type Carry } from '../../ir/carry.ts';
import type { Loss } from '../../ir/loss.ts';
import type { Block, Part, StopReason } from '../../ir/parts.ts';
import { NO_USAGE } from '../../ir/usage.ts';
import type { AnswerFrame } from '../codec.ts';
import { argumentsOrUnparsed } from '../conversation.ts';
import { messageHead, stopFields, usageFields, type Json } from './answer-message.ts';
import { bearerBlock } from './bearer.ts';
import { toolUseId } from './tool-use-id.ts';

export function renderWhole(parts: readonly Part[], frame: AnswerFrame): Record<string, unknown> {
  const silent = frame.call.reasoning?.shown === false;
  const content: Json[] = [];
  let usage = NO_USAGE;
  let reason: StopReason = 'unknown';
  let open: Block | undefined;
  let text = '';
  for (const part of parts) {
    switch (part.type) {
      case 'block-start':
        open = part.block;
        text = '';
        break;
      case 'block-delta':
        text += part.text;
        break;
      case 'block-end':
        if (open !== undefined) {
          const written = contentOf(open, text, part.carry, silent);
          content.push(...written);
          if (part.carry !== undefined && open.kind === 'tool-call') content.push(bearerBlock(part.carry, open.callId));
        }
        open = undefined;
        break;
      case 'usage':
        usage = part.usage;
        break;
      case 'response-end':
        reason = part.stop.reason;
        break;
      case 'response-start':
      case 'response-error':
        break;
      default:
        part satisfies never;
    }
  }
  return { ...messageHead(frame), content, ...stopFields(reason, frame), usage: usageFields(usage) };
}

/** The same blocks as in a stream: none that is empty. */
function contentOf(block: Block, text: string, carry: Carry | undefined, silent: boolean): Json[] {
  switch (block.kind) {
    case 'text':
      return text === '' ? [] : [{ type: 'text', text }];
    case 'reasoning': {
      const tag = carry === undefined ? '' : tagOf(carry);
      if (block.form === 'redacted') return tag === '' ? [] : [{ type: 'redacted_thinking', data: tag }];
      const thinking = silent ? '' : text;
      return thinking === '' && tag === '' ? [] : [{ type: 'thinking', thinking, signature: tag }];
    }
    case 'tool-call': {
      // A stream passes broken arguments on as text; a whole message has room for an object only.
      const input = argumentsOrUnparsed(text, new Set<Loss>());
      return [{ type: 'tool_use', id: toolUseId(block.callId), name: block.name, input }];
    }
    default:
      return block satisfies never;
  }
}

import type { Usage } from '../../ir/usage.ts';
import type { AnswerFrame, Encoder } from '../codec.ts';
import { AnswerContent, usageMetadata, type Finish, type WirePart } from './answer-content.ts';

/** Only `data:` lines: Gemini CLI breaks on comments and on named events. */
export function encoder(frame: AnswerFrame): Encoder {
  const content = new AnswerContent(showsThoughts(frame));
  let usage: Usage | undefined;
  return {
    push(part) {
      if (part.type === 'usage') usage = part.usage;
      if (part.type === 'response-end') return event(generated(frame, [{ text: '' }], content.finish(part.stop.reason), usage));
      const parts = content.push(part);
      return parts.length === 0 ? '' : event(generated(frame, parts));
    },
    // Gemini CLI takes an error in the stream for its clean end.
    fail: () => undefined,
  };
}

/** A `GenerateContentResponse`: a chunk, or with its finish the whole answer. */
export function generated(frame: AnswerFrame, parts: readonly WirePart[], finish?: Finish, usage?: Usage): Record<string, unknown> {
  return {
    candidates: [{ content: { parts, role: 'model' }, ...finish, index: 0 }],
    ...(usage === undefined ? {} : { usageMetadata: usageMetadata(usage) }),
    modelVersion: frame.model,
    responseId: frame.id,
  };
}

export function showsThoughts(frame: AnswerFrame): boolean {
  return frame.call.reasoning?.shown !== false;
}

function event(chunk: Record<string, unknown>): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

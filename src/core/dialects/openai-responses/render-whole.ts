import type { Part } from '../../ir/parts.ts';
import type { AnswerFrame } from '../codec.ts';
import { answerObject } from './answer-object.ts';
import { AnswerWriter } from './encode.ts';

/** The Response object that the stream of these parts ends with. */
export function renderWhole(parts: readonly Part[], frame: AnswerFrame): Record<string, unknown> {
  const writer = new AnswerWriter(frame);
  for (const part of parts) writer.write(part);
  return writer.response ?? answerObject(frame, [], {});
}

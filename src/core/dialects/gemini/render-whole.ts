import type { Part } from '../../ir/parts.ts';
import type { Usage } from '../../ir/usage.ts';
import { AnswerContent, type Finish, type WirePart } from './answer-content.ts';
import type { AnswerFrame } from '../codec.ts';
import { generated, showsThoughts } from './encode.ts';

export function renderWhole(parts: readonly Part[], frame: AnswerFrame): Record<string, unknown> {
  const content = new AnswerContent(showsThoughts(frame));
  const wire: WirePart[] = [];
  let usage: Usage | undefined;
  let finish: Finish | undefined;
  for (const part of parts) {
    if (part.type === 'usage') usage = part.usage;
    if (part.type === 'response-end') finish = content.finish(part.stop.reason);
    for (const each of content.push(part)) add(wire, each);
  }
  return generated(frame, wire.length === 0 ? [{ text: '' }] : wire, finish, usage);
}

/** Pieces of one text become one part; a signature ends it. */
function add(wire: WirePart[], part: WirePart): void {
  const last = wire.at(-1);
  const goesOn =
    typeof last?.['text'] === 'string' &&
    typeof part['text'] === 'string' &&
    last['thought'] === part['thought'] &&
    last['thoughtSignature'] === undefined;
  if (goesOn) wire[wire.length - 1] = { ...last, ...part, text: `${last['text'] as string}${part['text'] as string}` };
  else wire.push(part);
}

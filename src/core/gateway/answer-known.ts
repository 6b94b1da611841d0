import type { Target } from '../routing/resolve-target.ts';
import type { Answer } from './exchange.ts';
import { ownHeaders } from './own-headers.ts';

/** A count without a provider: see `dialects/count-tokens.ts`. */
const ESTIMATED = { mode: 'translate', losses: [] } as const;

export function answerKnown(answer: Answer, known: Record<string, unknown>, id: string, target: Target): void {
  const body = Buffer.from(JSON.stringify(known));
  answer.begin(200, {
    'content-type': 'application/json',
    'content-length': String(body.length),
    'x-gatehouse-estimated': 'true',
    ...ownHeaders(id, target, 0, ESTIMATED),
  });
  answer.write(body);
  answer.end();
}

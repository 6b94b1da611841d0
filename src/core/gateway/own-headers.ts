import type { Target } from '../routing/resolve-target.ts';
import type { AnswerHeaders } from './exchange.ts';
import type { Serving } from './serving.ts';

/** More names than this are counted, not named: a header has no room for a list without end. */
const MOST_NAMED = 20;

const LONGEST_ROUTE = 1000;

/** On every answer of a request that reached a target. Never a key id. `route`: how it came there. */
export function ownHeaders(
  id: string,
  target: Target,
  attempts: number,
  { mode, losses }: Pick<Serving, 'mode' | 'losses'>,
  route?: string,
): AnswerHeaders {
  const headers = headersOfRefusal(id, target, attempts);
  headers['x-gatehouse-mode'] = mode;
  if (route !== undefined) headers['x-gatehouse-route'] = asHeader(route).slice(0, LONGEST_ROUTE);
  if (losses.length > 0) headers['x-gatehouse-losses'] = `${losses.length}; ${[...losses].sort().slice(0, MOST_NAMED).join(', ')}`;
  return headers;
}

/** On the refusal of a request whose target is known and was not asked: there is no way of serving to name. */
export function headersOfRefusal(id: string, target: Target | undefined, attempts = 0): AnswerHeaders {
  const headers: AnswerHeaders = { 'x-gatehouse-request': id, 'x-gatehouse-attempts': String(attempts) };
  if (target !== undefined) headers['x-gatehouse-target'] = `${target.provider.id}/${target.model}`.replace(/[^\x21-\x7e]/g, '?');
  return headers;
}

/** On an answer that is our own: no provider was asked, so there is no target and no way of serving to name. */
export function headersWithoutTarget(id: string): AnswerHeaders {
  return { 'x-gatehouse-request': id, 'x-gatehouse-attempts': '0' };
}

/** Names of models, sessions and rules may hold what a header may not. */
function asHeader(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

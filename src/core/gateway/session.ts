import type { Agent } from '../routing/agent.ts';
import type { Exchange } from './exchange.ts';

/** Headers in which agents name their session, most telling first (seen on Claude Code, Codex, OpenCode). */
const SESSION_HEADERS = ['x-claude-code-session-id', 'session-id', 'x-session-id', 'x-session-affinity', 'thread-id'] as const;

export function sessionOf(exchange: Pick<Exchange, 'headers'>): string | undefined {
  for (const name of SESSION_HEADERS) {
    const value = exchange.headers[name];
    if (typeof value === 'string' && value !== '') return value.slice(0, 128);
  }
  return undefined;
}

/** Who is to stay with one target; undefined: nobody. An agent that names no session counts as one; anything else does not. */
export function bondOf(agent: Agent, session: string | undefined): string | undefined {
  return session ?? (agent.kind === 'generic' ? undefined : `agent/${agent.id}`);
}

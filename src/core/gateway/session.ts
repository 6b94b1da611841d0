import type { Exchange } from './exchange.ts';

/** Headers in which agents name their session, most telling first (seen on Claude Code, Codex, OpenCode). */
const SESSION_HEADERS = ['x-claude-code-session-id', 'session-id', 'x-session-id', 'x-session-affinity', 'thread-id'] as const;

export function sessionOf(exchange: Exchange): string | undefined {
  for (const name of SESSION_HEADERS) {
    const value = exchange.headers[name];
    if (typeof value === 'string' && value !== '') return value.slice(0, 128);
  }
  return undefined;
}

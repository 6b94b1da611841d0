import type { DialectId } from '../../ir/dialect.ts';

/** The agent's own headers say things about its own dialect; none of them means anything to this provider. */
export function translatedHeaders(
  dialect: DialectId,
  stream: boolean,
  userAgent: string | readonly string[] | undefined,
): string[] {
  return [
    'content-type',
    'application/json',
    'accept',
    stream ? 'text/event-stream' : 'application/json',
    'accept-encoding',
    'identity',
    'user-agent',
    // eslint-disable-next-line no-control-regex -- a header may not hold them
    typeof userAgent !== 'string' || /[^\x20-\x7e]/.test(userAgent) ? 'gatehouse' : userAgent,
    ...(dialect === 'anthropic-messages' ? ['anthropic-version', '2023-06-01'] : []),
  ];
}

const MADE = 'toolu_x_';

/**
 * Agents send ids back, and Anthropic refuses some that others make. The same id always becomes the same one, so calls and results
 * still meet, and two never become one.
 */
export function toolUseId(callId: string): string {
  return /^[a-zA-Z0-9_-]+$/.test(callId) ? callId : MADE + Buffer.from(callId).toString('base64url');
}

/** The id as its issuer made it: what was kept of a call is kept by that one. */
export function callIdOf(id: string): string {
  if (!id.startsWith(MADE)) return id;
  const callId = Buffer.from(id.slice(MADE.length), 'base64url').toString();
  return toolUseId(callId) === id ? callId : id;
}

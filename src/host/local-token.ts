import { randomBytes } from 'node:crypto';

/** What an agent presents to the gateway: 256 random bits, worthless anywhere else. The prefix lets a person recognise it. */
export function newLocalToken(): string {
  return `gh-${randomBytes(32).toString('base64url')}`;
}

/** Whether something that was kept is a token of ours: a damaged store must not bring in an empty or a guessable one. */
export function isLocalToken(value: unknown): value is string {
  return typeof value === 'string' && /^gh-[\w-]{43}$/.test(value);
}

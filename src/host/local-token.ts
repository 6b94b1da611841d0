import { randomBytes } from 'node:crypto';

/** What an agent presents to the gateway: 256 random bits, worthless anywhere else. The prefix lets a person recognise it. */
export function newLocalToken(): string {
  return `gh-${randomBytes(32).toString('base64url')}`;
}

// What a fake provider saw that it should not have seen.
import { TAG_START } from '../../../src/core/ir/carry.ts';
import type { FakeProvider } from '../../support/fake-providers/server.ts';
import type { FakeRequest } from '../../support/fake-providers/script.ts';

/** How each signature and encrypted thought of a fake provider begins: fifteen bytes are twenty characters without a rest. */
const ISSUED_START = Buffer.from('fake signature ').toString('base64');
const ISSUED = new RegExp(`${ISSUED_START}[A-Za-z0-9+/=]*`, 'g');

export function generated(fake: FakeProvider): readonly FakeRequest[] {
  return fake.requests.filter(({ operation }) => operation === 'generate');
}

/** Each request that was not answered with success, and why. */
export function refused(fake: FakeProvider): readonly string[] {
  return fake.requests
    .filter(({ status }) => status !== 200)
    .map(({ method, path, status, refusal }) => `${method} ${path}: ${status ?? 'unanswered'} ${refusal ?? ''}`);
}

/** Requests that hold this text anywhere: path, headers, body. */
export function requestsHolding(fake: FakeProvider, text: string): readonly string[] {
  return fake.requests.flatMap((request, at) =>
    wholeOf(request).includes(text) ? [`${request.method} ${request.path} (request ${at + 1})`] : [],
  );
}

/** A tag is between the gateway and an agent: no provider may ever get one. */
export function requestsHoldingTags(fake: FakeProvider): readonly string[] {
  return requestsHolding(fake, TAG_START);
}

/** The signatures, of whichever fake, that came with this request. */
export function signaturesIn(request: FakeRequest): readonly string[] {
  return [...new Set(request.raw.toString('utf8').match(ISSUED) ?? [])];
}

function wholeOf(request: FakeRequest): string {
  return [request.path, ...request.rawHeaders, request.raw.toString('utf8')].join('\n');
}

import assert from 'node:assert/strict';
import type { FakeProvider } from '../../support/fake-providers/server.ts';

/** A request that breaks one rule of a provider, and what the provider says to it. */
export type BrokenRule = readonly [hazard: string, body: Record<string, unknown>, says: RegExp, status?: number];

export async function post(
  fake: FakeProvider,
  path: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<{ status: number; json: any }> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(fake.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: payload,
  });
  return { status: response.status, json: await response.json() };
}

/** The unbroken request must pass first, else the table would prove nothing. */
export function refuses(
  send: (body: unknown) => Promise<{ status: number; json: any }>,
  good: () => unknown,
  rules: readonly BrokenRule[],
): void {
  it('takes the request that the broken ones are made from', async () => {
    const { status, json } = await send(good());
    assert.equal(status, 200, JSON.stringify(json));
  });
  for (const [hazard, body, says, expected = 400] of rules) {
    it(`refuses ${hazard}`, async () => {
      const { status, json } = await send(body);
      assert.equal(status, expected, JSON.stringify(json));
      assert.match(json.error.message, says);
    });
  }
}

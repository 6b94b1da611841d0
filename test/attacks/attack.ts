import assert from 'node:assert/strict';
import { sendRaw } from '../support/send-raw.ts';

/** A gateway under attack, wherever it runs. */
export interface Victim {
  readonly port: number;
  /** A valid token. An attack that holds one shows that it does not help. */
  readonly token: string;
  /** Requests that have reached the provider. */
  readonly reached: () => number;
}

export interface Attack {
  readonly name: string;
  run(victim: Victim): Promise<void>;
}

export const own = ({ port }: Victim): string => `127.0.0.1:${port}`;

/** A whole request as text. `headers`: lines without line ends; Host is ours unless one names another. */
export function post(victim: Victim, headers: readonly string[], body = '{}', path = '/v1/messages'): string {
  const named = headers.some((line) => /^host:/i.test(line)) ? [] : [`host: ${own(victim)}`];
  const sized = headers.some((line) => /^(content-length|transfer-encoding)/i.test(line)) ? [] : [`content-length: ${body.length}`];
  return `POST ${path} HTTP/1.1\r\n${[...named, ...headers, ...sized].join('\r\n')}\r\n\r\n${body}`;
}

/** The statuses of all answers to these bytes. */
export async function statuses(victim: Victim, ...parts: readonly string[]): Promise<readonly number[]> {
  return statusesIn(await sendRaw(victim.port, ...parts));
}

export function statusesIn(heard: string): readonly number[] {
  return [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}

/** Refused before its body is read: the promised body never comes, and the answer does not wait for it. */
export async function refusedEarly(
  victim: Victim,
  headers: readonly string[],
  expected: readonly number[],
  path?: string,
): Promise<string> {
  const text = post(victim, [...headers, 'connection: close', 'content-length: 50'], '', path);
  const started = performance.now();
  const heard = await sendRaw(victim.port, text);
  const found = statusesIn(heard);
  assert.ok(
    found.length === 1 && expected.includes(found[0]!),
    `${headers.join(' | ')}: ${found.join()} and not ${expected.join(' or ')}`,
  );
  assert.ok(performance.now() - started < 1900, 'it waited for the body');
  assert.doesNotMatch(heard, /^access-control-/im);
  return heard;
}

/** A request as agents send it is served, so that an attack that reached nothing has not merely met a gateway that serves nobody. */
export async function servesAgents(victim: Victim): Promise<void> {
  const before = victim.reached();
  const body = JSON.stringify({ model: 'claude-opus-5-5', max_tokens: 10, messages: [{ role: 'user', content: 'hello' }] });
  const headers = [
    `x-api-key: ${victim.token}`,
    'anthropic-version: 2023-06-01',
    'content-type: application/json',
    'connection: close',
  ];
  assert.deepEqual(await statuses(victim, post(victim, headers, body)), [200]);
  assert.equal(victim.reached(), before + 1);
}

/** One test for each attack, and one that shows that agents are still served. */
export function attackTests(attacks: readonly Attack[], victim: () => Victim): void {
  for (const attack of attacks) {
    it(attack.name, async () => {
      const before = victim().reached();
      await attack.run(victim());
      assert.equal(victim().reached(), before, 'the provider was reached');
    });
  }
  it('and agents are served as before', () => servesAgents(victim()));
}

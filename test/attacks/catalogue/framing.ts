import assert from 'node:assert/strict';
import { sendRaw } from '../../support/send-raw.ts';
import { own, post, statuses, statusesIn, type Attack, type Victim } from '../attack.ts';

/** What a second request would be, hidden in the first: with a valid token, so that it would be served. */
function hidden(victim: Victim): string {
  const body = JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] });
  return post(victim, [`x-api-key: ${victim.token}`, 'anthropic-version: 2023-06-01', 'content-type: application/json'], body);
}

/** One refusal and the end of the connection: nothing that follows is read as a request. */
async function refusedAndClosed(victim: Victim, what: string, text: string): Promise<void> {
  const found = await statuses(victim, text);
  assert.ok(found.length === 1 && [400, 413].includes(found[0]!), `${what}: ${found.join() || 'no answer'}`);
}

export const FRAMING: readonly Attack[] = [
  {
    name: 'two opinions on the length of a body are refused, and what follows is not a request',
    async run(victim) {
      const token = `x-api-key: ${victim.token}`;
      const lengths: readonly (readonly string[])[] = [
        ['content-length: 2', 'transfer-encoding: chunked'],
        ['transfer-encoding: chunked', 'content-length: 2'],
        ['content-length: 2', 'content-length: 3'],
        ['content-length: 2', 'content-length: 2'],
        ['content-length: 2, 3'],
        ['content-length: -1'],
        ['content-length: +2'],
        ['content-length: 0x2'],
        ['content-length: 2 2'],
        ['content-length: 99999999999999999999999'],
        ['transfer-encoding: chunked, identity'],
        ['transfer-encoding: xchunked'],
        ['transfer-encoding : chunked'],
        ['transfer-encoding: chunked', 'transfer-encoding: identity'],
        ['transfer-encoding:\u000bchunked'],
        ['content-length: 2\r\n transfer-encoding: chunked'],
        ['content-length : 2'],
        ['transfer-encoding: gzip'],
      ];
      for (const lines of lengths) {
        const text = `POST /v1/messages HTTP/1.1\r\nhost: ${own(victim)}\r\n${token}\r\n${lines.join('\r\n')}\r\n\r\n0\r\n\r\n${hidden(victim)}`;
        await refusedAndClosed(victim, lines.join(' | '), text);
      }
    },
  },
  {
    name: 'chunks that are not chunks are refused',
    async run(victim) {
      const chunked = (body: string): string => post(victim, [`x-api-key: ${victim.token}`, 'transfer-encoding: chunked'], body);
      const bodies = [
        `2\n{}\n0\n\n${hidden(victim)}`,
        `2\r\n{}0\r\n\r\n${hidden(victim)}`,
        `-2\r\n{}\r\n0\r\n\r\n${hidden(victim)}`,
        `0x2\r\n{}\r\n0\r\n\r\n${hidden(victim)}`,
        ` 2\r\n{}\r\n0\r\n\r\n${hidden(victim)}`,
        `fffffffffffffffff\r\n{}\r\n0\r\n\r\n${hidden(victim)}`,
        `2;a=\n{}\r\n0\r\n\r\n${hidden(victim)}`,
        `2\r\r\n{}\r\n0\r\n\r\n${hidden(victim)}`,
        `zz\r\n{}\r\n0\r\n\r\n${hidden(victim)}`,
      ];
      for (const body of bodies) await refusedAndClosed(victim, JSON.stringify(body.slice(0, 20)), chunked(body));
    },
  },
  {
    name: 'extensions of chunks and trailers carry nothing in: no token, no length, no host',
    async run(victim) {
      const lines = ['transfer-encoding: chunked', 'trailer: x-api-key', 'connection: close'];
      const late = `2;x-api-key="${victim.token}"\r\n{}\r\n0\r\nx-api-key: ${victim.token}\r\ncontent-length: 0\r\n\r\n`;
      const [first] = await statuses(victim, post(victim, lines, late));
      assert.ok(first === 401 || first === 429, String(first));
      const extended = `2;${'e'.repeat(40_000)}\r\n[]\r\n0\r\n\r\n`;
      const found = await statuses(victim, post(victim, [`x-api-key: ${victim.token}`, ...lines], extended));
      assert.ok(
        found.every((status) => status >= 400),
        String(found),
      );
    },
  },
  {
    name: 'lines that are folded, bare, broken or nameless are refused',
    async run(victim) {
      const start = `POST /v1/messages HTTP/1.1\r\nhost: ${own(victim)}\r\n`;
      const token = `x-api-key: ${victim.token}`;
      const end = `\r\ncontent-length: 2\r\n\r\n{}${hidden(victim)}`;
      const heads = [
        `${start}${token}\r\n folded: 1${end}`,
        `${start}x-a: b\r\n\t${token}${end}`,
        `${start}${token}\rx-evil: 1${end}`,
        `${start}x-a: b\u0000c\r\n${token}${end}`,
        `${start}: nameless\r\n${token}${end}`,
        `${start}x a: 1\r\n${token}${end}`,
        `${start}x-a\r\n${token}${end}`,
        `${start.replace('\r\nhost', '\nhost')}${token}${end}`,
        `${start}x-a: b\n${token}${end}`,
        `${start.replace('HTTP/1.1', 'HTTP/1.1 ')}${token}${end}`,
        `${start.replace('HTTP/1.1', 'HTTP/9.9')}${token}${end}`,
        `${start.replace('POST', 'PO ST')}${token}${end}`,
        `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden(victim)}`,
      ];
      for (const text of heads) await refusedAndClosed(victim, JSON.stringify(text.slice(0, 90)), text);
    },
  },
  {
    name: 'requests that are sent ahead are each judged on their own',
    async run(victim) {
      const get = (host: string, more = ''): string => `GET /healthz HTTP/1.1\r\nhost: ${host}\r\n${more}\r\n`;
      assert.deepEqual(
        await statuses(
          victim,
          get(own(victim)) + get('evil.example') + get(own(victim), 'origin: null\r\n') + get(own(victim), 'connection: close\r\n'),
        ),
        [200, 403, 403, 200],
      );
      // A body that is longer than it says goes on as a request, and has no token of its own.
      const body = '[]';
      const rest = `POST /v1/messages HTTP/1.1\r\nhost: ${own(victim)}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`;
      const found = statusesIn(await sendRaw(victim.port, post(victim, [`x-api-key: ${victim.token}`], body) + rest));
      assert.equal(found[0], 400);
      assert.ok(found[1] === 401 || found[1] === 429, String(found));
    },
  },
];

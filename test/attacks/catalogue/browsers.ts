import assert from 'node:assert/strict';
import { sendRaw } from '../../support/send-raw.ts';
import { own, refusedEarly, statusesIn, type Attack } from '../attack.ts';

const REFUSED = [401, 403, 429];

/** A page that any browser on this machine has open. */
export const BROWSERS: readonly Attack[] = [
  {
    name: 'a simple POST, which no browser asks about first, is refused before its body is read',
    async run(victim) {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/json',
        '',
      ]) {
        for (const origin of [
          ['origin: https://evil.example'],
          ['origin: null'],
          [],
          [`origin: http://${own(victim)}`],
          ['origin: '],
        ])
          await refusedEarly(victim, [...origin, `content-type: ${type}`, 'sec-fetch-mode: no-cors', 'cookie: a=b'], REFUSED);
      }
    },
  },
  {
    name: 'any Origin is refused, whatever the token',
    async run(victim) {
      for (const origin of ['https://evil.example', 'null', '', `http://${own(victim)}`, 'vscode-webview://x', 'file://'])
        await refusedEarly(victim, [`origin: ${origin}`, `x-api-key: ${victim.token}`, 'content-type: text/plain'], [403]);
    },
  },
  {
    name: 'an Origin behind thousands of other headers is not overlooked',
    async run(victim) {
      const many = Array.from({ length: 2500 }, (_, n) => `x-${n}: 1`);
      await refusedEarly(victim, [...many, 'origin: https://evil.example', `x-api-key: ${victim.token}`], [403, 431]);
    },
  },
  {
    name: 'a preflight is refused without a word about what would be allowed, private networks included',
    async run(victim) {
      for (const path of ['/v1/messages', '/healthz', '/', '*']) {
        const heard = await sendRaw(
          victim.port,
          `OPTIONS ${path} HTTP/1.1\r\nhost: ${own(victim)}\r\norigin: https://evil.example\r\naccess-control-request-method: POST\r\naccess-control-request-headers: x-api-key, content-type\r\naccess-control-request-private-network: true\r\nconnection: close\r\n\r\n`,
        );
        assert.deepEqual(statusesIn(heard), [403], path);
        assert.doesNotMatch(heard, /^access-control-/im);
      }
    },
  },
  {
    name: 'a link, an image or a script gets nothing, and a websocket is not opened',
    async run(victim) {
      for (const path of ['/v1/models', '/v1/messages', '/', '/favicon.ico', `/v1/models?key=`]) {
        const heard = await sendRaw(victim.port, `GET ${path} HTTP/1.1\r\nhost: ${own(victim)}\r\nconnection: close\r\n\r\n`);
        assert.ok(REFUSED.includes(statusesIn(heard)[0] ?? 0), path);
        assert.doesNotMatch(heard, /^access-control-/im);
      }
      const upgrade = `GET /v1/responses HTTP/1.1\r\nhost: ${own(victim)}\r\norigin: https://evil.example\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: ${victim.token}\r\n\r\n`;
      assert.deepEqual(statusesIn(await sendRaw(victim.port, upgrade)), [426]);
    },
  },
];

import assert from 'node:assert/strict';
import { sendRaw } from '../../support/send-raw.ts';
import { own, post, statuses, statusesIn, type Attack } from '../attack.ts';

export const PATHS: readonly Attack[] = [
  {
    name: 'paths that climb, hide, or are not paths lead nowhere',
    async run(victim) {
      const targets = [
        '/v1/../v1/messages',
        '/v1/%2e%2e/messages',
        '/v1/%2e%2e/v1/messages',
        '/v1%2fmessages',
        '/v1/messages%00',
        '/v1/messages%0d%0ax-evil:%201',
        '/v1/messages/../../admin',
        '/v1/messages;x=1',
        '/v1\\messages',
        '/V1/MESSAGES',
        '/v1beta/models/..%2f..%2fx:generateContent',
        '/v1beta/models/%252e%252e/x:generateContent',
        '/v1beta/models/a\\..\\b:generateContent',
        '/v1beta/models/..:generateContent',
        'http://evil.example/v1/messages',
        `http://${own(victim)}/v1/messages`,
        'https://169.254.169.254/latest/meta-data',
        '//evil.example/v1/messages',
        'evil.example:443',
        'file:///etc/passwd',
        '*',
        '?',
      ];
      for (const target of targets) {
        const found = await statuses(victim, post(victim, [`x-api-key: ${victim.token}`, 'connection: close'], '{}', target));
        assert.ok(found.length === 1 && found[0]! >= 400 && found[0]! < 500, `${target}: ${found.join()}`);
      }
    },
  },
  {
    name: 'no tunnel, no trace, no method that agents do not use',
    async run(victim) {
      assert.doesNotMatch(
        await sendRaw(victim.port, `CONNECT evil.example:443 HTTP/1.1\r\nhost: ${own(victim)}\r\n\r\n`),
        /^HTTP\/1\.1 2/,
      );
      for (const method of ['TRACE', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'OPTIONS']) {
        const text = `${method} /v1/messages HTTP/1.1\r\nhost: ${own(victim)}\r\nx-api-key: ${victim.token}\r\nconnection: close\r\n\r\n`;
        const heard = await sendRaw(victim.port, text);
        assert.deepEqual(statusesIn(heard), [405], method);
        assert.ok(!heard.includes(victim.token), 'it was sent back');
      }
    },
  },
  {
    name: 'the probes that need no token tell nothing',
    async run(victim) {
      const heard = await sendRaw(victim.port, `GET /healthz HTTP/1.1\r\nhost: ${own(victim)}\r\nconnection: close\r\n\r\n`);
      assert.match(heard, /\r\n\r\nok$/);
      assert.doesNotMatch(heard, /gatehouse|node|version|server:/i);
    },
  },
];

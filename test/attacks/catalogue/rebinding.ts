import assert from 'node:assert/strict';
import { sendRaw } from '../../support/send-raw.ts';
import { own, refusedEarly, statuses, type Attack } from '../attack.ts';

/** A page whose name was made to mean 127.0.0.1: its Host tells on it, whatever token it has. */
export const REBINDING: readonly Attack[] = [
  {
    name: 'another Host is refused before the body is read, even with a valid token',
    async run(victim) {
      const { port, token } = victim;
      const hosts = [
        'evil.example',
        `evil.example:${port}`,
        '127.0.0.1',
        'localhost:1',
        `127.0.0.1:${port}.evil.example`,
        `localhost.evil:${port}`,
        `0.0.0.0:${port}`,
        `127.0.0.2:${port}`,
        `2130706433:${port}`,
        `127.1:${port}`,
        `[::ffff:127.0.0.1]:${port}`,
        `user@127.0.0.1:${port}`,
        `127.0.0.1:${port}@evil.example`,
        `127.0.0.1:${port},evil.example`,
        '',
      ];
      for (const host of hosts) await refusedEarly(victim, [`host: ${host}`, `x-api-key: ${token}`], [400, 403]);
    },
  },
  {
    name: 'no Host, two of them, or one that only a proxy knows help nobody',
    async run(victim) {
      const token = `x-api-key: ${victim.token}`;
      const head = (lines: readonly string[], version = '1.1'): string =>
        `GET /healthz HTTP/${version}\r\n${[...lines, token, 'connection: close'].join('\r\n')}\r\n\r\n`;
      assert.deepEqual(await statuses(victim, head([])), [400]);
      assert.match(await sendRaw(victim.port, head([], '1.0')), /^HTTP\/1\.1 403 /);
      // Node reads the first of two; a second one may not make it another.
      const twice = await statuses(victim, head(['host: evil.example', `host: ${own(victim)}`]));
      assert.ok(twice[0] === 400 || twice[0] === 403, String(twice));
      await refusedEarly(
        victim,
        ['host: evil.example', `x-forwarded-host: ${own(victim)}`, `forwarded: host=${own(victim)}`, token],
        [403],
      );
    },
  },
  {
    name: 'our own names are served: the attack is told from the agent by nothing else',
    async run(victim) {
      for (const host of [own(victim), `localhost:${victim.port}`, `LOCALHOST:${victim.port}`, `[::1]:${victim.port}`])
        assert.deepEqual(
          await statuses(victim, `GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`),
          [200],
          host,
        );
    },
  },
];

import assert from 'node:assert/strict';
import net from 'node:net';
import { sendRaw } from '../../support/send-raw.ts';
import { own, post, refusedEarly, statuses, statusesIn, type Attack } from '../attack.ts';

const MEGABYTE = 1024 * 1024;

export const SIZES: readonly Attack[] = [
  {
    name: 'a body of 33 MB is refused by its length before it is read, and by its chunks once it is too much',
    async run(victim) {
      const lines = [`x-api-key: ${victim.token}`, 'connection: close'];
      assert.deepEqual(await statuses(victim, post(victim, [...lines, `content-length: ${33 * MEGABYTE}`], '')), [413]);
      const chunk = `100000\r\n${'a'.repeat(MEGABYTE)}\r\n`;
      const chunked = post(victim, [...lines, 'transfer-encoding: chunked'], chunk.repeat(33) + '0\r\n\r\n');
      assert.deepEqual(await statuses(victim, chunked), [413]);
    },
  },
  {
    name: 'a body that swells when it is unpacked is refused',
    async run(victim) {
      const { gzipSync } = await import('node:zlib');
      const bomb = gzipSync(Buffer.alloc(64 * MEGABYTE, 0x20)).toString('latin1');
      const lines = [`x-api-key: ${victim.token}`, 'content-encoding: gzip', `content-length: ${bomb.length}`, 'connection: close'];
      const heard = await new Promise<string>((resolve) => {
        const socket = net.connect(victim.port, '127.0.0.1');
        let text = '';
        socket.on('data', (data) => (text += data.toString()));
        socket.on('error', () => resolve(text));
        socket.on('close', () => resolve(text));
        socket.write(post(victim, lines, bomb), 'latin1');
      });
      assert.deepEqual(statusesIn(heard), [413]);
    },
  },
  {
    name: 'a body without a token is not read, however large',
    async run(victim) {
      await refusedEarly(victim, [], [401, 429]);
      const found = await statuses(victim, post(victim, [`content-length: ${33 * MEGABYTE}`, 'connection: close'], ''));
      assert.ok(found[0] === 401 || found[0] === 429, String(found));
    },
  },
  {
    name: 'a header of a megabyte, and a million headers, are refused without reading on',
    async run(victim) {
      const start = `GET /healthz HTTP/1.1\r\nhost: ${own(victim)}\r\n`;
      for (const flood of [
        `x: ${'a'.repeat(MEGABYTE)}\r\n\r\n`,
        'a: b\r\n'.repeat(1_000_000),
        `${'n'.repeat(100_000)}: 1\r\n\r\n`,
      ]) {
        // The answer may be lost with the connection, which is cut under what is still being sent.
        const found = statusesIn(await sendRaw(victim.port, start + flood));
        assert.ok(found.length === 0 || (found.length === 1 && found[0] === 431), String(found));
      }
      const path = `/v1/messages?${'q'.repeat(100_000)}`;
      const found = statusesIn(await sendRaw(victim.port, post(victim, [], '{}', path)));
      assert.ok(found.length === 0 || [400, 414, 431].includes(found[0]!), String(found));
    },
  },
];

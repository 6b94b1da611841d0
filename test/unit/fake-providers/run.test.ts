import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('../../support/fake-providers/run.ts', import.meta.url));

describe('the standalone fake provider', () => {
  it('prints its address, answers as its options say, logs, and ends on SIGTERM', async () => {
    const options = [
      '--key',
      'k',
      '--dialect',
      'openai-chat',
      '--characters',
      '1000',
      '--chunks',
      '50',
      '--first-ms',
      '30',
      '--log',
    ];
    const child = spawn(process.execPath, [RUN, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const { url } = JSON.parse((await lines.next()).value as string) as { url: string };
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }),
      });
      const events = (await response.text()).trim().split('\n\n');
      const text = events.slice(0, -1).map((event) => JSON.parse(event.slice(6)).choices[0].delta.content ?? '');
      assert.deepEqual([text.join('').length, text.filter((piece) => piece !== '').length], [1000, 50]);
      const logged = JSON.parse((await lines.next()).value as string) as object;
      assert.deepEqual(logged, {
        dialect: 'openai-chat',
        operation: 'generate',
        method: 'POST',
        path: '/v1/chat/completions',
        status: 200,
        aborted: false,
      });
    } finally {
      child.kill('SIGTERM');
    }
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  it('refuses an unknown dialect by name', async () => {
    const child = spawn(process.execPath, [RUN, '--dialect', 'smoke'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [said] = (await once(child.stderr, 'data')) as [Buffer];
    assert.match(said.toString(), /unknown dialect "smoke": use one of openai-chat/);
    assert.deepEqual(await once(child, 'exit'), [2, null]);
  });
});

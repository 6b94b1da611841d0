import assert from 'node:assert/strict';
import { AGENT_PROGRAMS } from '../../src/core/routing/agent-kinds.ts';
import { startFakeProvider } from '../support/fake-providers/server.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import { runProgram } from '../support/start/child-process.ts';
import { startGateway } from './launch/gateway.ts';
import { installAgent } from './launch/programs.ts';

/** Codex takes no base URL from the environment, so its terminal prints a line to type. It must be the right one. */
describe('the line that a terminal for Codex prints', function () {
  this.timeout(120_000);

  it('makes Codex work with its own provider, whose websocket is refused in the way it gets over', async () => {
    const key = 'sk-hint';
    const fake = await startFakeProvider({
      dialect: 'openai-responses',
      key,
      script: toolLoop({ command: 'echo hi', final: 'All done.' }),
    });
    const gateway = await startGateway(
      {
        providers: { openai: { kind: 'openai', baseUrl: `${fake.url}/v1` } },
        keys: [{ id: 'openai/test', provider: 'openai', env: 'REAL_PROVIDER_KEY' }],
        agents: { codex: { model: 'openai/gpt-5.5' } },
      },
      { REAL_PROVIDER_KEY: key },
    );
    try {
      const { url, env } = gateway.agent('codex');
      const setting = /^codex -c (openai_base_url="[^"]+")$/.exec(AGENT_PROGRAMS.codex.hint?.(url) ?? '')?.[1] ?? '';
      const { binary } = await installAgent('codex');
      const { code, stdout, stderr } = await runProgram({
        command: binary,
        args: ['exec', '-c', setting, '--skip-git-repo-check', '--json', '--dangerously-bypass-approvals-and-sandbox', 'say hi'],
        cwd: gateway.folder('workspace'),
        env: { PATH: process.env['PATH'], HOME: gateway.folder('home'), ...env },
        timeoutMs: 60_000,
      });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /All done\./);
      assert.deepEqual(
        fake.requests.map(({ status }) => status),
        [200, 200],
      );
    } finally {
      await gateway.stop();
      await fake.close();
      gateway.remove();
    }
  });
});

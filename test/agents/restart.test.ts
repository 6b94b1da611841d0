import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { startFakeProvider } from '../support/fake-providers/server.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import { startGateway } from './launch/gateway.ts';
import type { AgentName } from './launch/programs.ts';
import { RUN } from './launch/run-agent.ts';
import { generated, refused, requestsHoldingTags, signaturesIn } from './launch/seen-by-provider.ts';

/**
 * What a model signed travels through the agent where its dialect has room for it, else it is kept in the gateway's memory alone. Gemini 3
 * refuses a tool call without its signature, so a session must go on without that memory, too.
 */
const AGENTS: readonly { readonly agent: AgentName; readonly keepsSignatures: boolean }[] = [
  { agent: 'claude-code', keepsSignatures: true },
  { agent: 'codex', keepsSignatures: true },
  { agent: 'opencode', keepsSignatures: false },
];

describe('a session on Gemini that outlives its gateway', function () {
  this.timeout(120_000);

  for (const { agent, keepsSignatures } of AGENTS) {
    it(`goes on with another one: ${agent}, which ${keepsSignatures ? 'brings back' : 'has no room for'} what Gemini signed`, async () => {
      const key = `canary-${randomBytes(12).toString('hex')}`;
      const fake = await startFakeProvider({ dialect: 'gemini', key });
      const config = {
        providers: { google: { kind: 'google', baseUrl: fake.url, dialects: ['gemini'] } },
        keys: [{ id: 'google/test', provider: 'google', env: 'REAL_PROVIDER_KEY' }],
        agents: { [agent]: { model: 'google/gemini-3.1-pro-preview' } },
      };
      const first = await startGateway(config, { REAL_PROVIDER_KEY: key });
      const folders = { workspace: first.folder('workspace'), home: first.folder('home') };
      const script = (final: string): void => {
        const loop = toolLoop({ command: 'echo hello >> hello.txt', final });
        fake.script((request) => ({ thinking: 'A shell will do.', ...loop(request) }));
      };
      try {
        script('Said once.');
        const once = await RUN[agent]({ ...folders, ...first.agent(agent), task: 'say hello' });
        assert.equal(once.final, 'Said once.', once.stderr + once.stdout);
        await first.stop();
        const before = generated(fake).length;
        const signed = new Set(generated(fake).flatMap(signaturesIn));
        assert.notEqual(signed.size, 0);

        const second = await startGateway(config, { REAL_PROVIDER_KEY: key });
        try {
          script('Said twice.');
          const twice = await RUN[agent]({ ...folders, ...second.agent(agent), task: 'say it again', resume: true });
          assert.deepEqual(refused(fake), []);
          assert.equal(twice.final, 'Said twice.', twice.stderr + twice.stdout);
        } finally {
          await second.stop();
          second.remove();
        }
        assert.deepEqual(requestsHoldingTags(fake), []);
        const [resumed] = generated(fake)
          .slice(before)
          .filter(({ raw }) => raw.includes('Said once.'));
        const brought = resumed === undefined ? [] : signaturesIn(resumed).filter((signature) => signed.has(signature));
        assert.equal(brought.length > 0, keepsSignatures);
      } finally {
        await first.stop();
        await fake.close();
        first.remove();
      }
    });
  }
});

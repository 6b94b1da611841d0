import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { runGateway } from '../../src/host/run-gateway.ts';
import { newLocalToken } from '../../src/host/local-token.ts';
import { logTo } from '../../src/host/system-ports.ts';
import { temporaryFolder } from '../vscode/launch/project.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, KEY, sourceFor } from '../support/gateway.ts';

/** A window was closed, and another one got its port: an agent of the first still knocks there. */
describe('a port that has another owner now', () => {
  it('takes no token of the former, with the same agents, settings and key', async () => {
    const fake: FakeProvider = await startFakeProvider({ key: KEY });
    const tokens = [newLocalToken(), newLocalToken()];
    const folders = tokens.map(() => temporaryFolder('stale'));
    let port = 0;
    try {
      for (const [at, token] of tokens.entries()) {
        const gateway = await runGateway({
          source: { ...sourceFor({ provider: fake.url }), tokens: { tester: token } },
          network: { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true },
          dataDir: folders[at]!.path,
          port,
          portIsWish: false,
          workspace: `w${at}`,
          log: logTo(() => undefined),
        });
        try {
          ({ port } = gateway.server);
          for (const [whose, presented] of tokens.entries()) {
            const before = fake.requests.length;
            const { status } = await ask(gateway.server, 'anthropic-messages', false, { headers: { 'x-api-key': presented } });
            assert.deepEqual(
              [status, fake.requests.length - before],
              whose === at ? [200, 1] : [401, 0],
              `owner ${at}, token ${whose}`,
            );
          }
        } finally {
          await gateway.close(0);
        }
      }
    } finally {
      for (const folder of folders) folder.remove();
      await fake.close();
    }
  });
});

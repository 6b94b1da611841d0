import assert from 'node:assert/strict';
import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'mocha';
import { parseConfig } from '../../src/core/config/parse.ts';
import type { SnapshotSource } from '../../src/core/routing/snapshot.ts';
import { GatewayProcess } from '../../src/vscode/gateway-process.ts';
import { startCollector } from '../support/collector/collector.ts';
import { send, TOKEN } from '../support/gateway.ts';
import { buildProgram } from './command-line.ts';

const HEADER = 'Bearer worker-canary-0123456789abcdef';

describe('telemetry of a window', function () {
  this.timeout(30_000);

  it('is loaded by the worker when a setting turns it on, sends a header of SecretStorage, and what waits when the window closes', async () => {
    const program = await buildProgram();
    const collector = await startCollector();
    const log: string[] = [];
    const source = (telemetry: object): SnapshotSource => {
      const parsed = parseConfig({ providers: { demo: { kind: 'demo' } }, agents: { tester: { model: 'demo/echo' } }, telemetry });
      if (parsed.faults !== undefined) throw new Error(JSON.stringify(parsed.faults));
      return {
        config: parsed.config,
        keys: [],
        tokens: { tester: TOKEN },
        telemetryHeaders: [{ name: 'authorization', value: HEADER, origin: collector.url }],
      };
    };
    const dataDir = path.join(program.folder, 'window');
    mkdirSync(dataDir);
    const gateway = new GatewayProcess(
      path.join(program.folder, 'dist', 'worker.js'),
      () =>
        Promise.resolve({
          source: source({}),
          network: { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true },
          dataDir,
          port: 0,
          workspace: 'a window',
        }),
      {
        stateChanged: () => {},
        settled: () => {},
        trouble: () => {},
        audited: () => {},
        activity: () => {},
        news: () => {},
        log: ({ line }) => log.push(line),
        died: (reason) => log.push(reason),
      },
    );
    const ask = async (model: string): Promise<void> => {
      const { state } = gateway;
      if (state.phase !== 'running') throw new Error(`the gateway is ${state.phase}: ${log.join()}`);
      const { status } = await send(state.url, {
        path: '/v1/chat/completions',
        headers: { authorization: `Bearer ${TOKEN}` },
        body: { model, messages: [{ role: 'user', content: 'hello' }] },
      });
      assert.equal(status, 200);
    };
    const bundle = path.join(program.folder, 'dist', 'telemetry.js');
    try {
      // Not there while it is off: nothing may look for it.
      renameSync(bundle, `${bundle}.away`);
      await gateway.start();
      await ask('off');
      assert.equal((await gateway.call('requests', {})).length, 1);
      renameSync(`${bundle}.away`, bundle);
      await gateway.call('swap', source({ endpoint: collector.url }));
      await ask('on');
      await gateway.stop();
      const asked = collector.spans.map(({ attributes }) => [
        attributes['gen_ai.request.model'],
        attributes['gatehouse.workspace'],
        attributes['server.address'],
      ]);
      assert.deepEqual(
        asked.filter(([model]) => model !== undefined),
        [['on', 'a window', undefined]],
      );
      assert.ok(collector.requests.every(({ headers }) => headers['authorization'] === HEADER));
      assert.doesNotMatch(log.join('\n'), /canary|telemetry/);
    } finally {
      await gateway.stop();
      await collector.close();
      await program.close();
    }
  });
});

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'mocha';
import esbuild from 'esbuild';
import { DIALECT_IDS } from '../../src/core/ir/dialect.ts';
import { GatewayProcess } from '../../src/vscode/gateway-process.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { filesHolding } from '../support/files-holding.ts';
import { eventually, send, sourceFor, TOKEN, WIRES } from '../support/gateway.ts';
import { assertAbsent } from '../support/secret-forms.ts';
import { buildProgram, type Program } from './command-line.ts';

const KEY = 'sk-proj-canary-thrown-4f3e2d1c0b9a8877';
const ROOT = path.resolve(import.meta.dirname, '../..');
const PRELOAD = path.join(import.meta.dirname, 'thrown-with-key.cjs');
/** Half of a key is one, too. */
const SECRETS = [KEY, KEY.slice(0, 20), KEY.slice(18)];

/** What an agent hears of a fault on the way to its provider or back. */
const TOLD = /upstream|provider|closed|not valid HTTP/i;

/** The ends of a gateway, and whether the worker or the program survives them. */
const FAULTS = [
  { where: 'thrown', fatal: false },
  { where: 'rejected', fatal: true },
  { where: 'uncaught', fatal: true },
  { where: 'text', fatal: true },
] as const;

describe('a key that is thrown', function () {
  this.timeout(60_000);
  let fake: FakeProvider;
  let folder: string;
  before(async () => {
    fake = await startFakeProvider({ key: KEY });
    folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-thrown-'));
  });
  after(async () => {
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the agent hears; nothing where the connection ends. */
  async function ask(url: string, token: string, headers: Record<string, string>): Promise<string> {
    const wire = WIRES['openai-chat'];
    const credentials = { authorization: `Bearer ${token}`, ...headers };
    const answer = await send(url, { path: wire.path(false), headers: credentials, body: wire.body(false) }).catch(() => undefined);
    return answer === undefined ? '' : JSON.stringify(answer.headers) + answer.text;
  }

  describe('in the gateway without an editor', () => {
    let program: Program;
    before(async () => void (program = await buildProgram()));
    after(() => program.close());

    for (const { where, fatal } of FAULTS) {
      it(`${where}: is in no answer, log or file`, async () => {
        const config = program.config({
          providers: { fake: { kind: 'openai-compatible', baseUrl: `${fake.url}/v1`, dialects: DIALECT_IDS } },
          keys: [{ id: 'fake/a', provider: 'fake', env: 'CANARY' }],
          agents: { tester: { provider: 'fake' } },
          retries: { attempts: 0 },
          timeouts: { firstByteSeconds: 1 },
        });
        const served = await program.serve(config, [], { env: { CANARY: KEY, NODE_OPTIONS: `--require ${PRELOAD}` } });
        const token = served.ready.agents['tester']?.token ?? '';
        let heard = '';
        if (!fatal) {
          fake.script({ headers: { 'x-thrown-key': Buffer.from(KEY).toString('hex') } });
          heard = await ask(served.ready.url, token, {});
          assert.match(heard, TOLD, 'the agent was not told that its answer could not be passed on');
        }
        heard += await ask(served.ready.url, token, { 'x-fault': where });
        if (fatal) {
          assert.equal((await served.exited).code, 1);
          assert.match(served.err, /error the gateway fell/, 'it did not say why it ended');
        } else {
          served.child.kill('SIGTERM');
          assert.equal((await served.exited).code, 0);
        }
        assertAbsent(SECRETS, `an answer, ${where}`, heard);
        assertAbsent(SECRETS, `standard error, ${where}`, served.err);
        for (const secret of SECRETS) assert.deepEqual(filesHolding(path.join(program.folder, 'data'), secret), []);
      });
    }
  });

  describe('in the worker of the editor', () => {
    let script: string;
    before(async () => {
      const outfile = path.join(folder, 'worker.cjs');
      await esbuild.build({
        entryPoints: [path.join(ROOT, 'src/worker.ts')],
        outfile,
        bundle: true,
        platform: 'node',
        format: 'cjs',
        target: 'node22.15',
        logLevel: 'error',
      });
      cpSync(PRELOAD, path.join(folder, 'preload.cjs'));
      script = path.join(folder, 'start.cjs');
      writeFileSync(script, `require('./preload.cjs'); require('./worker.cjs');`);
    });

    for (const { where, fatal } of FAULTS) {
      it(`${where}: is in nothing that the editor is told, and in no file`, async () => {
        const told: string[] = [];
        const deaths: string[] = [];
        const dataDir = mkdtempSync(path.join(folder, 'data-'));
        let url = '';
        const source = sourceFor({ provider: fake.url, config: { timeouts: { firstByteSeconds: 1 } } });
        const options = {
          source: { ...source, keys: source.keys.map((key) => ({ ...key, secret: KEY })) },
          network: { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true },
          dataDir,
          port: 0,
          workspace: 'test',
          audit: { key: 'a'.repeat(43), anchor: undefined, operator: 'headless' as const },
        };
        const hear = (event: unknown): void => void told.push(JSON.stringify(event));
        const gateway = new GatewayProcess(script, () => Promise.resolve(options), {
          stateChanged: (next) => {
            if (next.phase === 'running') ({ url } = next);
            hear(next);
          },
          settled: hear,
          trouble: hear,
          audited: () => {},
          activity: hear,
          news: hear,
          log: hear,
          died: (reason) => {
            deaths.push(reason);
            void gateway.stop();
          },
        });
        await gateway.start();
        let heard = '';
        if (!fatal) {
          fake.script({ headers: { 'x-thrown-key': Buffer.from(KEY).toString('hex') } });
          heard = await ask(url, TOKEN, {});
          assert.match(heard, TOLD, 'the agent was not told that its answer could not be passed on');
        }
        heard += await ask(url, TOKEN, { 'x-fault': where });
        if (fatal) {
          await eventually(
            () => deaths.length,
            (count) => count > 0,
            10_000,
          );
          assert.match(deaths.join(), where === 'text' ? /just/ : /TypeError: Invalid value/, 'nobody was told why it ended');
        } else {
          assert.match(heard, TOLD, 'the agent was not told that it failed');
          assert.deepEqual(deaths, []);
        }
        await gateway.stop();
        assertAbsent(SECRETS, `an answer, ${where}`, heard);
        assertAbsent(SECRETS, `a message to the editor, ${where}`, [...told, ...deaths].join('\n'));
        assert.ok(existsSync(path.join(dataDir, 'ledger.sqlite')) && readFileSync(path.join(dataDir, 'ledger.sqlite')).length > 0);
        for (const secret of [...SECRETS, TOKEN]) assert.deepEqual(filesHolding(dataDir, secret), []);
      });
    }
  });
});

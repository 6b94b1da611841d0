import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { configSchema } from '../../../src/core/config/schema.ts';
import { LEDGER_FILE } from '../../../src/host/ledger-file.ts';
import { EditorAudit } from '../../../src/vscode/audit/editor-audit.ts';
import { AUDIT_KEY } from '../../../src/vscode/audit/audit-key.ts';
import { GatewayProcess } from '../../../src/vscode/gateway-process.ts';
import { filesHolding } from '../../support/files-holding.ts';
import { entriesOf, tamper, verdictOf } from '../ledger/audit/audit-kit.ts';
import { scratch } from '../ledger/ledger-kit.ts';
import { memorySecrets } from './secret-storage.ts';

const WORKER = path.resolve(import.meta.dirname, '../../../src/worker.ts');
const ANCHOR = 'gatehouse.audit.anchor';

/** The real worker on a real disk; what is played is the store of secrets. */
describe('the audit log of a window and its gateway', function () {
  this.timeout(30_000);
  let place: ReturnType<typeof scratch>;
  let windows: { audit: EditorAudit; gateway: GatewayProcess }[] = [];
  beforeEach(() => (place = scratch()));
  afterEach(async () => {
    for (const { audit, gateway } of windows) {
      audit.dispose();
      await gateway.stop();
    }
    windows = [];
    place.clean();
  });

  function window(kept: Map<string, string>) {
    const log: string[] = [];
    const secrets = memorySecrets(kept);
    const write = (line: string) => void log.push(line);
    const gateway = new GatewayProcess(
      WORKER,
      async () => ({
        source: { config: configSchema.parse({}), keys: [], tokens: {} },
        network: { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true },
        dataDir: place.folder,
        port: 0,
        workspace: 'test',
        audit: await audit.options(place.folder),
      }),
      {
        stateChanged: ({ phase }) => phase === 'running' && audit.deliver(),
        settled: () => {},
        trouble: () => {},
        audited: () => audit.written(),
        activity: () => {},
        news: () => {},
        log: ({ line }) => write(line),
        died: (reason) => write(reason),
      },
    );
    const audit: EditorAudit = new EditorAudit(secrets, gateway, { error: write, warn: write });
    const made = { audit, gateway, secrets, log };
    windows.push(made);
    return made;
  }
  const file = () => path.join(place.folder, LEDGER_FILE);
  const agentsIn = async () =>
    (await entriesOf(file())).flatMap(({ body }) => (JSON.parse(body) as { agent?: string }).agent ?? []);
  const rotated = (agent: string) => ({ kind: 'token-rotated', agent }) as const;
  const until = async (good: () => boolean | Promise<boolean>, what: string) => {
    for (let tries = 0; tries < 200; tries++) {
      if (await good()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(`waited in vain until ${what}`);
  };
  const anchored = (kept: Map<string, string>) => (JSON.parse(kept.get(ANCHOR) ?? '{"seq":0}') as { seq: number }).seq;

  it('records what was done before the gateway ran, keeps the anchor, and has the key in no file', async () => {
    const kept = new Map<string, string>();
    const { audit, gateway } = window(kept);
    audit.record(rotated('early'), 'user');
    await gateway.start();
    audit.record(rotated('late'), 'user');
    await until(() => anchored(kept) === 3, 'all was anchored');
    assert.deepEqual(await agentsIn(), ['early', 'late']);
    const key = kept.get(AUDIT_KEY)!;
    assert.deepEqual(filesHolding(place.folder, key), []);
    assert.equal((await verdictOf(file(), undefined, key)).broken, undefined);
    assert.deepEqual(
      (await audit.latest(2)).map(({ seq }) => seq),
      [2, 3],
    );
  });

  it('of two windows that begin at once has one key, one chain and the newest anchor', async () => {
    const kept = new Map<string, string>();
    const two = [window(kept), window(kept)];
    await Promise.all(two.map(({ gateway }) => gateway.start()));
    for (let turn = 0; turn < 10; turn++) for (const { audit } of two) audit.record(rotated(`${turn}`), 'user');
    await until(() => anchored(kept) === 21, 'all was anchored');
    const verdict = await two[0]!.audit.verify();
    assert.deepEqual([verdict.broken, verdict.entries, verdict.anchored], [undefined, 21, true]);
  });

  it('that was cut keeps its anchor, warns, and is found out at the next start too', async () => {
    const kept = new Map<string, string>();
    const first = window(kept);
    await first.gateway.start();
    for (const agent of ['a', 'b', 'c']) first.audit.record(rotated(agent), 'user');
    await until(() => anchored(kept) === 4, 'all was anchored');
    await first.audit.settle();
    await first.gateway.stop();
    tamper(file(), 'DELETE FROM audit WHERE seq > 2');
    const second = window(kept);
    await second.gateway.start();
    for (let turn = 0; turn < 5; turn++) second.audit.record(rotated(`after ${turn}`), 'user');
    await until(async () => (await agentsIn()).length === 6, 'it went on');
    await second.audit.settle();
    assert.equal(anchored(kept), 4);
    assert.ok(second.log.some((line) => line.includes('does not go on from where it was last seen')));
    assert.deepEqual((await second.audit.verify()).broken, { seq: 4, at: undefined, what: 'cut' });
  });

  it('is erased with its key, its anchor and what waits, and begins anew with the next gateway', async () => {
    const kept = new Map<string, string>();
    const { audit, gateway } = window(kept);
    await gateway.start();
    audit.record(rotated('canary-agent'), 'user');
    await until(() => anchored(kept) === 2, 'it was anchored');
    const key = kept.get(AUDIT_KEY);
    await audit.clear();
    assert.deepEqual([...kept.keys()], []);
    assert.deepEqual(await entriesOf(file()), []);
    assert.deepEqual(filesHolding(place.folder, 'canary-agent'), []);
    await gateway.restart();
    audit.record({ kind: 'purged', what: ['all'] }, 'user');
    await until(() => anchored(kept) === 2, 'the new one was anchored');
    assert.notEqual(kept.get(AUDIT_KEY), key);
    const verdict = await audit.verify();
    assert.deepEqual([verdict.broken, verdict.before], [undefined, undefined]);
  });

  it('goes on in a new file when the old one is damaged, and loses nothing that waited', async () => {
    const kept = new Map<string, string>();
    const first = window(kept);
    await first.gateway.start();
    first.audit.record(rotated('a'), 'user');
    await until(() => anchored(kept) === 2, 'it was anchored');
    await first.gateway.stop();
    first.audit.record(rotated('b'), 'user');
    writeFileSync(file(), 'not a ledger '.repeat(1_000));
    await first.gateway.start();
    await until(async () => (await agentsIn()).includes('b'), 'it was recorded');
    await until(() => anchored(kept) === 2, 'the new log was anchored');
    const verdict = await first.audit.verify();
    assert.deepEqual([verdict.broken, verdict.before?.before?.seq], [undefined, 2]);
  });
});

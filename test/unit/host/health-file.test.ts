import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'mocha';
import { Health } from '../../../src/core/routing/health/health-book.ts';
import { HEALTH_FILE, keepHealth } from '../../../src/host/health-file.ts';
import { logTo, systemClock } from '../../../src/host/system-ports.ts';
import { ask, KEY, startGateway } from '../../support/gateway.ts';
import { startFakeProvider } from '../../support/fake-providers/server.ts';

describe('what is known of keys and providers', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-health-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('survives a restart: a key that was rejected is tried once, and by nobody else meanwhile', async () => {
    const fake = await startFakeProvider({ key: KEY });
    const first = await startGateway({ provider: fake.url, dataDir: folder });
    fake.script({ error: { status: 401 } });
    assert.equal((await ask(first, 'openai-chat', false)).status, 401);
    assert.equal((await ask(first, 'openai-chat', false)).status, 401);
    assert.equal(fake.requests.length, 1, 'the second was not sent');
    await first.close();

    const file = path.join(folder, HEALTH_FILE);
    assert.match(readFileSync(file, 'utf8'), /"key-rejected"/);
    assert.equal(readFileSync(file, 'utf8').includes(KEY), false);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.new')),
      [],
    );

    const second = await startGateway({ provider: fake.url, dataDir: folder });
    try {
      assert.deepEqual(
        second.running.routing.health.all().map(({ key, state, why }) => [key, state, why]),
        [['fake/key', 'half-open', 'key-rejected']],
      );
      fake.script({ delay: { headersMs: 100 } });
      const [probe, other] = await Promise.all([ask(second, 'openai-chat', false), ask(second, 'openai-chat', false)]);
      assert.deepEqual([probe.status, other.status], [200, 200]);
      const [, tried, waited] = fake.requests.map(({ times }) => times);
      assert.ok(waited!.started > tried!.ended!, 'the other one waited for the verdict');
      assert.deepEqual(second.running.routing.health.of({ provider: 'fake', model: 'gpt-4.1', key: 'fake/key' }).state, 'well');
    } finally {
      await second.close();
      await fake.close();
    }
  });

  it('is nothing where the file is damaged, and a folder that cannot be written is no more than a line in the log', () => {
    writeFileSync(path.join(folder, HEALTH_FILE), '{"version":1,"held":[{"scope":"key"}]}');
    const lines: string[] = [];
    const health = new Health(systemClock, () => undefined);
    const kept = keepHealth(
      path.join(folder, HEALTH_FILE),
      health,
      systemClock,
      logTo((_level, line) => lines.push(line)),
    );
    assert.deepEqual(health.all(), []);
    rmSync(folder, { recursive: true });
    kept.changed();
    kept.close();
    assert.deepEqual(lines, ['what is known of the providers could not be kept code=ENOENT']);
  });
});

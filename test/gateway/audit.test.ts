import assert from 'node:assert/strict';
import path from 'node:path';
import type { AuditOptions } from '../../src/core/ledger/audit/audit-log.ts';
import { LEDGER_FILE } from '../../src/host/ledger-file.ts';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { ask, KEY, sourceFor, startGateway, TOKEN, type TestGateway, USED } from '../support/gateway.ts';
import { filesHolding } from '../support/files-holding.ts';
import { entriesOf, verdictOf } from '../unit/ledger/audit/audit-kit.ts';
import { scratch } from '../unit/ledger/ledger-kit.ts';

const AUDIT: AuditOptions = { key: 'an-audit-key-of-0123456789abcdef', anchor: undefined, operator: 'user' };

describe('gateway: the audit log', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  let place: ReturnType<typeof scratch>;
  beforeEach(async () => {
    place = scratch();
    fake = await startFakeProvider({ key: KEY, script: () => ({ usage: USED }) });
  });
  afterEach(async () => {
    await gateway.close();
    await fake.close();
    place.clean();
  });

  const start = async (config: object = {}): Promise<void> => {
    gateway = await startGateway({ provider: fake.url, audit: AUDIT, dataDir: place.folder, config });
  };

  const file = () => path.join(place.folder, LEDGER_FILE);
  /** Kind, actor and fields of what was recorded, but for the beginning and the first settings. */
  const recorded = async (): Promise<unknown[]> => {
    gateway.running.ledger.audit.flush();
    const entries = (await entriesOf(file())).slice(2);
    return entries.map(({ kind, actor, body }) => {
      const { state: _, until: __, ...fields } = JSON.parse(body);
      return [kind, actor, fields];
    });
  };

  it('begins with the settings that it found', async () => {
    await start();
    gateway.running.ledger.audit.flush();
    const [began, config] = await entriesOf(file());
    assert.deepEqual([began?.kind, config?.kind, config?.actor], ['log-began', 'config-changed', 'user']);
    assert.match(config?.body ?? '', /"name":"fake","change":"added"/);
  });

  it('records refused tokens at once and in one sum, not one by one, and nothing of the token', async () => {
    await start();
    const wrong = 'gh-canary-of-a-wrong-token';
    const refuse = () => ask(gateway, 'openai-chat', false, { headers: { authorization: `Bearer ${wrong}` } });
    assert.equal((await refuse()).status, 401);
    assert.deepEqual(await recorded(), [['token-refused', 'gateway', { requests: 1 }]]);
    for (let turn = 0; turn < 20; turn++) await refuse();
    assert.equal((await recorded()).length, 1);
    await gateway.close();
    await start();
    assert.deepEqual((await recorded()).at(1), ['token-refused', 'gateway', { requests: 20 }]);
    for (const secret of [wrong, TOKEN, KEY, AUDIT.key]) assert.deepEqual(filesHolding(place.folder, secret), []);
    assert.equal((await verdictOf(file(), undefined, AUDIT.key)).broken, undefined);
  });

  it('records that a budget stopped something once, and how often when its window or the gateway ends', async () => {
    const budgets = [{ name: 'tiny', scope: { agent: 'tester' }, window: 'day', usd: 0.001 }];
    await start({ budgets });
    for (let turn = 0; turn < 5; turn++)
      assert.equal((await ask(gateway, 'openai-chat', false, { change: { max_tokens: 1000 } })).status, 400);
    const stopped = [
      'budget-stopped',
      'gateway',
      { budget: 'the daily budget "tiny"', spentUsd: '0.000000000', limitUsd: '0.001000000' },
    ];
    assert.deepEqual(await recorded(), [stopped]);
    await gateway.close();
    await start({ budgets });
    assert.deepEqual(await recorded(), [
      stopped,
      ['budget-refused', 'gateway', { budget: 'the daily budget "tiny"', outcome: 'refused', requests: 5 }],
    ]);
  });

  it('records another base URL by its name, once, and other settings not at all', async () => {
    await start();
    const swap = (provider: string, config: object = {}) => gateway.running.swap(sourceFor({ provider, config }));
    swap(fake.url, { maxBodyMegabytes: 5 });
    assert.deepEqual(await recorded(), []);
    swap('https://elsewhere.example');
    swap('https://elsewhere.example');
    assert.deepEqual(await recorded(), [
      ['config-changed', 'user', { providers: [{ name: 'fake', change: 'changed', fields: ['baseUrl'] }], budgets: [] }],
    ]);
  });
});

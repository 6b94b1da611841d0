import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import path from 'node:path';
import { LEDGER_FILE } from '../../src/host/ledger-file.ts';
import { ask, eventually, startGateway, type TestGateway } from '../support/gateway.ts';

const entriesOf = ({ dataDir }: TestGateway): Record<string, unknown>[] => {
  const db = new DatabaseSync(path.join(dataDir, LEDGER_FILE), { readOnly: true });
  try {
    return db.prepare('SELECT seq, actor, kind, body FROM audit ORDER BY seq').all();
  } finally {
    db.close();
  }
};

describe('gateway: the audit log', () => {
  let gateway: TestGateway;
  afterEach(() => gateway.close());

  it('records a request with a wrong token', async () => {
    gateway = await startGateway({
      provider: 'http://127.0.0.1:1',
      audit: { key: 'a'.repeat(43), anchor: undefined, operator: 'user' },
    });
    const refused = await ask(gateway, 'openai-chat', false, { headers: { authorization: 'Bearer gh-wrong' } });
    assert.equal(refused.status, 401);
    const entries = await eventually(
      () => entriesOf(gateway),
      (found) => found.length > 0,
    );
    assert.deepEqual(
      entries.map((entry) => ({ ...entry })),
      [{ seq: 1, actor: 'gateway', kind: 'token-refused', body: '{"requests":1}' }],
    );
  });
});

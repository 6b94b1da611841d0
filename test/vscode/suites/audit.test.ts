import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import threads from 'node:worker_threads';
import * as vscode from 'vscode';
import type { AuditVerdict } from '../../../src/core/ledger/audit/verify.ts';
import type { StartOptions } from '../../../src/host/messages.ts';
import { filesHolding } from '../../support/files-holding.ts';
import { agentVariables, eventually, gatehouse } from './gatehouse.ts';

describe('the audit log of a window', () => {
  before(() => gatehouse());

  const verify = (): Thenable<AuditVerdict> => vscode.commands.executeCommand<AuditVerdict>('gatehouse.verifyAuditLog');
  /** Starts the gateway anew, and returns what it was started with: nothing else ever tells the key. */
  async function startedWith(): Promise<StartOptions> {
    const { Worker } = threads;
    let options: StartOptions | undefined;
    threads.Worker = class extends Worker {
      override postMessage(message: unknown): void {
        options ??= message as StartOptions;
        super.postMessage(message);
      }
    };
    try {
      await vscode.commands.executeCommand('gatehouse.restartGateway');
    } finally {
      threads.Worker = Worker;
    }
    if (options === undefined) throw new Error('no gateway was started');
    return options;
  }
  async function tampered(dataDir: string, sql: string): Promise<AuditVerdict> {
    const db = new DatabaseSync(path.join(dataDir, 'ledger.sqlite'), { timeout: 5_000 });
    try {
      db.exec('CREATE TEMP TABLE whole AS SELECT * FROM audit');
      db.exec(sql);
      const verdict = await verify();
      db.exec('DELETE FROM audit; INSERT INTO audit SELECT * FROM whole');
      return verdict;
    } finally {
      db.close();
    }
  }

  it('records what happens, and is whole', async () => {
    const { ANTHROPIC_BASE_URL: url = '' } = await agentVariables('claude-code');
    // The latter where other suites have guessed in the same minute.
    assert.ok([401, 429].includes((await fetch(`${url}/v1/messages`, { method: 'POST', body: '{}' })).status));
    const verdict = await eventually('the entry', async () => {
      const found = await verify();
      return found.entries >= 3 && found.anchored && found;
    });
    assert.equal(verdict.broken, undefined);
  });

  it('has its key in SecretStorage and in no file, and the same one at the next start', async () => {
    const first = await startedWith();
    const second = await startedWith();
    const key = second.audit?.key ?? '';
    assert.match(key, /^[\w-]{43}$/);
    assert.equal(first.audit?.key, key);
    assert.ok(second.audit?.anchor !== undefined && second.audit.anchor.seq >= 3);
    // .../User/globalStorage/gatehouse.gatehouse: with the settings, the state and the logs of all windows.
    const user = path.resolve(second.dataDir, '../../..');
    assert.ok(filesHolding(second.dataDir, 'log-began').length > 0, 'the search finds what is there');
    const folders = [user, ...(vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath)];
    assert.deepEqual(
      folders.flatMap((folder) => filesHolding(folder, key)),
      [],
    );
    await gatehouse();
    assert.equal((await verify()).broken, undefined);
  });

  it('names the entry that somebody edited, and the place where it was cut', async () => {
    const { dataDir, audit } = await startedWith();
    const last = audit?.anchor?.seq ?? 0;
    await gatehouse();
    const edited = await tampered(dataDir, `UPDATE audit SET body = '{"requests":0}' WHERE kind = 'token-refused'`);
    assert.equal(edited.broken?.what, 'edited');
    const cut = await tampered(dataDir, `DELETE FROM audit WHERE seq >= ${last}`);
    assert.deepEqual([cut.broken?.what, cut.broken?.seq], ['cut', last]);
    assert.equal((await verify()).broken, undefined);
  });

  it('is shown as a document, and exported as lines with hashes', async () => {
    await vscode.commands.executeCommand('gatehouse.showAuditLog');
    const shown = await eventually('the document', () =>
      vscode.workspace.textDocuments.find(
        (document) => document.uri.scheme === 'gatehouse-route' && /# Audit log/.test(document.getText()),
      ),
    );
    assert.match(shown.getText(), /the gateway \| 1 request without a valid token refused/);
    const file = path.join(os.tmpdir(), `gatehouse-audit-${process.pid}.jsonl`);
    await vscode.commands.executeCommand('gatehouse.exportAuditLog', vscode.Uri.file(file));
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    await vscode.workspace.fs.delete(vscode.Uri.file(file));
    assert.equal(lines.length, (await verify()).entries);
    assert.match((JSON.parse(lines[0]!) as { hash: string }).hash, /^[0-9a-f]{64}$/);
  });
});

import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { LEDGER_FILE } from '../../src/host/ledger-file.ts';
import { eventually, send } from '../support/gateway.ts';
import { filesHolding } from '../support/files-holding.ts';
import { tamper } from '../unit/ledger/audit/audit-kit.ts';
import { buildProgram, type Program, type Served } from './command-line.ts';

const CONFIG = {
  providers: { fake: { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1' } },
  agents: { tester: { provider: 'fake' } },
};
const SECRET = 'canary-of-an-audit-key-in-the-environment-0123456789';

describe('the audit log without an editor', function () {
  this.timeout(30_000);
  let program: Program;
  before(async () => (program = await buildProgram()));
  after(() => program.close());
  beforeEach(() => rmSync(data(), { recursive: true, force: true }));

  const data = (...name: string[]): string => path.join(program.folder, 'data', ...name);
  const audit = (what: string, ...args: string[]) => program.run(['audit', what, '--data', data(), ...args]);
  const stop = async (served: Served): Promise<void> => {
    served.child.kill('SIGTERM');
    assert.deepEqual(await served.exited, { code: 0, signal: null });
  };
  const anchored = (seq: number) =>
    eventually(
      () =>
        existsSync(data('audit.anchor')) && (JSON.parse(readFileSync(data('audit.anchor'), 'utf8')) as { seq: number }).seq === seq,
      Boolean,
      5_000,
    );

  it('is verified beside a running gateway and after it, and names what was done to it', async () => {
    const served = await program.serve(program.config(CONFIG));
    const refused = await send(served.ready.url, { path: '/v1/chat/completions', body: {} });
    assert.equal(refused.status, 401);
    assert.ok(await anchored(3));
    const good = await audit('verify', '--json');
    assert.equal(good.code, 0, good.err);
    const { text, from, to, ...verdict } = JSON.parse(good.out);
    assert.deepEqual(verdict, { ok: true, entries: 3, anchored: true });
    assert.equal(text, `The audit log is whole: 3 entries from ${from} to ${to}.`);
    await stop(served);
    assert.equal((await audit('verify')).out, `${text}\n`);

    const exported = await audit('export');
    assert.equal(exported.code, 0);
    const lines = exported.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; actor: string });
    assert.deepEqual(
      lines.map(({ kind, actor }) => [kind, actor]),
      [
        ['log-began', 'gateway'],
        ['config-changed', 'headless'],
        ['token-refused', 'gateway'],
      ],
    );

    tamper(data(LEDGER_FILE), 'DELETE FROM audit WHERE seq = 3');
    const cut = await audit('verify', '--json');
    assert.equal(cut.code, 1);
    assert.deepEqual(JSON.parse(cut.out).broken, { seq: 3, what: 'cut' });
    tamper(data(LEDGER_FILE), `UPDATE audit SET actor = 'gateway' WHERE seq = 2`);
    const edited = await audit('verify');
    assert.equal(edited.code, 1);
    assert.match(edited.out, /^Entry 2 of 20.* was edited: it is not as it was written\.\n$/);
  });

  it('keeps its key and its anchor in files that only their owner reads, and makes the key once', async () => {
    await stop(await program.serve(program.config(CONFIG)));
    const key = readFileSync(data('audit.key'), 'utf8');
    assert.match(key, /^[\w-]{43}\n$/);
    await stop(await program.serve(program.config(CONFIG)));
    assert.equal(readFileSync(data('audit.key'), 'utf8'), key);
    for (const file of ['audit.key', 'audit.anchor']) assert.equal(statSync(data(file)).mode & 0o777, 0o600, file);
    assert.equal((await audit('verify')).code, 0);
  });

  it('takes the key from the variable that the configuration names, and then no file has it', async () => {
    const config = program.config({ ...CONFIG, audit: { env: 'AUDIT_KEY' } });
    const served = await program.serve(config, [], { env: { AUDIT_KEY: SECRET } });
    await stop(served);
    assert.deepEqual(filesHolding(data(), SECRET), []);
    assert.ok(!served.err.includes(SECRET));
    assert.equal(existsSync(data('audit.key')), false);
    const verify = (env: Record<string, string>, ...more: string[]) =>
      program.run(['audit', 'verify', '--data', data(), ...more], { env });
    assert.equal((await verify({ AUDIT_KEY: SECRET }, '--config', config)).code, 0);
    const other = await verify({ AUDIT_KEY: `${SECRET}x` }, '--config', config);
    assert.equal(other.code, 1);
    assert.match(other.out, /^Entry 1 of .* was made with another key/);
    const none = await verify({});
    assert.equal(none.code, 1);
    assert.match(none.err, /key of the audit log is not in this folder/);
  });

  it('says what is wrong with the key before anything runs', async () => {
    const config = program.config({ ...CONFIG, audit: { env: 'AUDIT_KEY' } });
    const serve = (env: Record<string, string>) => program.run(['serve', '--config', config, '--data', data()], { env });
    const unset = await serve({});
    assert.equal(unset.code, 2);
    assert.match(unset.err, /^audit\.env: the environment variable AUDIT_KEY is not set\n/);
    const short = await serve({ AUDIT_KEY: 'short-canary' });
    assert.equal(short.code, 2);
    assert.match(short.err, /^audit\.env: the environment variable AUDIT_KEY holds fewer than 32 characters\n/);
    assert.ok(!short.err.includes('short-canary'));
  });

  it('says how it is called', async () => {
    for (const args of [['audit'], ['audit', 'forge', '--data', 'x'], ['audit', 'verify']]) {
      const { code, err } = await program.run(args);
      assert.equal(code, 2);
      assert.match(err, /audit (knows|verify needs)/);
    }
    const nothing = await audit('verify');
    assert.equal(nothing.code, 1);
    assert.match(nothing.err, /no ledger in this folder/);
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'mocha';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { eventually, KEY, send } from '../support/gateway.ts';
import { buildProgram, isAlive, type Program } from './command-line.ts';

/** A Node too old for the program, somewhere on the path. */
function oldNode(): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(folder, 'node');
    if (!existsSync(file)) continue;
    const [major = 0, minor = 0] = execFileSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.').map(Number);
    if (major < 22 || (major === 22 && minor < 15)) return file;
  }
  return undefined;
}

describe('the program started with an old Node', function () {
  this.timeout(20_000);
  const node = oldNode();
  let program: Program;
  let fake: FakeProvider;
  before(async function () {
    if (node === undefined) {
      console.warn('      skipped: no Node older than 22.15 on the path');
      return this.skip();
    }
    program = await buildProgram();
    fake = await startFakeProvider({ key: KEY });
  });
  after(async () => {
    await program?.close();
    await fake?.close();
  });

  const start = () => {
    const config = program.config({
      providers: { fake: { kind: 'openai-compatible', baseUrl: `${fake.url}/v1` } },
      keys: [{ id: 'fake/key', provider: 'fake', env: 'FAKE_KEY' }],
      agents: { tester: { provider: 'fake' } },
    });
    return program.serve(config, [], { node: node!, env: { FAKE_KEY: KEY } });
  };
  const chat = ({ ready }: Awaited<ReturnType<typeof start>>, stream = false) =>
    send(ready.url, {
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${ready.agents['tester']?.token}` },
      body: { model: 'm', stream, messages: [{ role: 'user', content: 'x' }] },
    });

  it('runs under the one that came with it: output and exit codes are the same', async () => {
    const served = await start();
    assert.notEqual(served.ready.pid, served.child.pid);
    assert.equal((await chat(served)).status, 200);
    const usage = await program.run(['usage', '--data', path.join(program.folder, 'data'), '--json'], { node: node! });
    assert.deepEqual([usage.code, JSON.parse(usage.out).rows[0].requests], [0, 1]);
    assert.equal((await program.run(['serve', '--config', 'missing.json'], { node: node! })).code, 2);
    assert.equal((await program.run(['usage', '--data', 'nothing'], { node: node! })).code, 1);
    served.child.kill('SIGTERM');
    assert.deepEqual(await served.exited, { code: 0, signal: null });
    assert.equal(isAlive(served.ready.pid), false);
  });

  it('hands signals on: SIGHUP reads again, a Ctrl-C of the terminal, which both get, lets a stream finish', async () => {
    const served = await start();
    served.child.kill('SIGHUP');
    assert.ok(await eventually(() => served.err.includes('read again'), Boolean));
    fake.script({ pieces: 10, delay: { betweenMs: 50 } });
    const count = fake.requests.length;
    const running = chat(served, true);
    await eventually(
      () => fake.requests.length,
      (now) => now > count,
    );
    process.kill(-served.child.pid!, 'SIGINT');
    const answer = await running;
    assert.ok(answer.clean && answer.text.includes('[DONE]'), 'the stream was cut');
    assert.deepEqual(await served.exited, { code: 0, signal: null });
  });

  it('killed without warning, it leaves nothing behind', async () => {
    const served = await start();
    served.child.kill('SIGKILL');
    assert.equal((await served.exited).signal, 'SIGKILL');
    assert.equal(
      await eventually(
        () => isAlive(served.ready.pid),
        (alive) => !alive,
      ),
      false,
      'the gateway is an orphan',
    );
  });

  it('killed before it listened, it leaves nothing behind either', async () => {
    for (const ms of [60, 100, 140, 180, 220]) {
      const { child, exited } = program.start(['serve', '--config', 'config.json', '--data', path.join(program.folder, 'data')], {
        node: node!,
      });
      await new Promise((resolve) => setTimeout(resolve, ms));
      const inner = childrenOf(child.pid!);
      child.kill('SIGKILL');
      await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 3000))]);
      for (const pid of inner)
        assert.equal(
          await eventually(
            () => isAlive(pid),
            (alive) => !alive,
            3000,
          ),
          false,
          `an orphan after ${ms} ms`,
        );
    }
  });

  it('ends as its inner self ends when that is killed', async () => {
    const served = await start();
    process.kill(served.ready.pid, 'SIGKILL');
    assert.deepEqual(await served.exited, { code: null, signal: 'SIGKILL' });
  });
});

/** Linux only; elsewhere there is nothing to look at. */
function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : [];
}

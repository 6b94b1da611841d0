import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'mocha';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { eventually, KEY, send } from '../support/gateway.ts';
import { buildProgram, type Program, type Served } from './command-line.ts';

const LEAKED = 'sk-canary-on-stderr-0123456789';

describe('keys of the headless gateway', function () {
  this.timeout(60_000);
  let program: Program;
  let fake: FakeProvider;
  before(async () => (program = await buildProgram()));
  after(() => program.close());
  beforeEach(async () => (fake = await startFakeProvider({ key: KEY })));
  afterEach(() => fake.close());

  /** A password manager's command line, as a script of its own. */
  const manager = (name: string, script: string): readonly string[] => {
    const file = path.join(program.folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return [file, 'read', 'op://work/item with blanks/$HOME'];
  };
  /** Each waits until the other one runs. */
  const meet = (mine: string, other: string): string =>
    `touch ${program.folder}/${mine}; until [ -e ${program.folder}/${other} ]; do sleep 0.1; done;`;
  const config = (keys: readonly object[], name = 'config.json'): string =>
    program.config(
      {
        providers: Object.fromEntries(
          ['one', 'two', 'three'].map((id) => [id, { kind: 'openai-compatible', baseUrl: `${fake.url}/v1` }]),
        ),
        keys,
        agents: Object.fromEntries(['one', 'two', 'three'].map((id) => [id, { provider: id }])),
        retries: { attempts: 0 },
      },
      name,
    );
  const ask = (served: Served, agent: string) =>
    send(served.ready.url, {
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${served.ready.agents[agent]?.token}` },
      body: { model: 'm', messages: [{ role: 'user', content: 'x' }] },
    });
  const readAgain = async (served: Served): Promise<void> => {
    const before = served.err.split('read again').length;
    served.child.kill('SIGHUP');
    await eventually(() => served.err.split('read again').length > before, Boolean);
  };

  it('come from variables and from commands, which get their arguments as they are and run at the same time', async () => {
    const served = await program.serve(
      config([
        { id: 'one/a', provider: 'one', env: 'ONE_KEY' },
        {
          id: 'two/a',
          provider: 'two',
          command: manager('op', `${meet('a', 'b')} [ "$2" = 'op://work/item with blanks/$HOME' ] && printf '\\n ${KEY} \\n'`),
        },
        { id: 'three/a', provider: 'three', command: manager('pass', `${meet('b', 'a')} echo ${KEY}`) },
      ]),
      [],
      { env: { ONE_KEY: KEY } },
    );
    for (const agent of ['one', 'two', 'three']) assert.equal((await ask(served, agent)).status, 200, agent);
    assert.ok(fake.requests.every(({ headers }) => headers['authorization'] === `Bearer ${KEY}`));
    served.child.kill('SIGTERM');
    assert.equal((await served.exited).code, 0);
  });

  it('that cannot be had are told by program and exit code, without a word of what it printed', async () => {
    const served = await program.serve(
      config([
        { id: 'one/a', provider: 'one', command: manager('locked', `echo ${LEAKED}; echo ${LEAKED} >&2; exit 7`) },
        { id: 'two/a', provider: 'two', command: ['/nowhere/no-such-program', LEAKED] },
        { id: 'three/a', provider: 'three', command: manager('talks', `echo "Enter ${LEAKED}:"`) },
        { id: 'three/b', provider: 'three', command: manager('endless', 'yes sk-canary-endless') },
      ]),
    );
    assert.match(served.err, /key=one\/a why=locked ended with exit code 7/);
    assert.match(served.err, /key=two\/a why=no-such-program could not be started \(ENOENT\)/);
    assert.match(served.err, /key=three\/a why=talks printed more than one word/);
    assert.match(served.err, /key=three\/b why=endless printed more than 16 KB/);
    assert.doesNotMatch(served.err + served.out, /canary/);
    assert.notEqual((await ask(served, 'one')).status, 200);
  });

  it('are asked for again at SIGHUP: a new value counts, and a command that fails leaves the old one', async () => {
    const command = manager('turns', `echo ${KEY}`);
    const served = await program.serve(config([{ id: 'one/a', provider: 'one', command }]));
    assert.equal((await ask(served, 'one')).status, 200);
    manager('turns', `echo ${LEAKED} >&2; exit 1`);
    await readAgain(served);
    assert.match(served.err, /a key keeps its old value: its command failed key=one\/a why=turns ended with exit code 1/);
    assert.equal((await ask(served, 'one')).status, 200);
    manager('turns', 'echo sk-changed-0123456789');
    await readAgain(served);
    await ask(served, 'one');
    assert.equal(fake.requests.at(-1)?.headers['authorization'], 'Bearer sk-changed-0123456789');
    assert.doesNotMatch(served.err, /canary/);
  });

  it('are never in the file: who writes one there is told what to write instead, and it is not repeated', async () => {
    for (const name of ['key', 'apiKey', 'api_key', 'value', 'secret', 'token']) {
      const { code, err } = await program.run([
        'serve',
        '--config',
        config([{ id: 'a', provider: 'one', [name]: LEAKED }], 'bad.json'),
      ]);
      assert.equal(code, 2);
      assert.match(err, new RegExp(`^keys\\.0\\.${name}: a key is never in this file; .*"env".*"command"`));
      assert.doesNotMatch(err, /canary/);
    }
    for (const [command, words] of [
      [`echo ${LEAKED}`, /must be a list: the program and its arguments/],
      [[], /must name a program/],
    ] as const) {
      const { code, err } = await program.run(['serve', '--config', config([{ id: 'a', provider: 'one', command }], 'bad.json')]);
      assert.equal(code, 2);
      assert.match(err, words);
      assert.doesNotMatch(err, /canary/);
    }
    const both = await program.run([
      'serve',
      '--config',
      config([{ id: 'a', provider: 'one', env: 'X', command: ['x'] }], 'bad.json'),
    ]);
    assert.match(both.err, /keys\.0\.command: and env exclude each other/);
  });

  it('are not asked for by an explanation', async () => {
    const file = config([
      { id: 'one/a', provider: 'one', command: manager('asked', `touch "${program.folder}/was-asked"; echo x`) },
    ]);
    const { code, out } = await program.run(['explain', '--config', file, '--agent', 'one', '--model', 'm']);
    assert.equal(code, 0);
    assert.match(out, /"one\/a"/);
    assert.equal(existsSync(path.join(program.folder, 'was-asked')), false);
  });
});

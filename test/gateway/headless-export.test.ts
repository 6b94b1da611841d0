import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ledgerOn, NOON, opened, settlement } from '../unit/ledger/ledger-kit.ts';
import { eventually } from '../support/gateway.ts';
import { buildProgram, type Program } from './command-line.ts';

const REQUESTS = 3_000;

describe('export, without an editor', function () {
  this.timeout(30_000);
  let program: Program;
  let data: string;
  before(async () => {
    program = await buildProgram();
    data = path.join(program.folder, 'data');
    mkdirSync(data);
    const book = ledgerOn(path.join(data, 'ledger.sqlite'));
    for (let turn = 0; turn < REQUESTS; turn++) {
      const request = opened({ at: NOON + turn * 1_000, agent: turn % 2 === 0 ? '=SUM(A1)' : 'codex', session: 'ü' });
      void book.open(request);
      book.settle(settlement(request.id));
    }
    book.close();
  });
  after(() => program.close());

  const run = (...args: readonly string[]) => program.run(['export', '--data', data, ...args]);

  it('prints every request as CSV, or as JSON Lines', async () => {
    const csv = await run();
    assert.deepEqual([csv.code, csv.err], [0, '']);
    const lines = csv.out.split('\r\n');
    assert.equal(lines.length, REQUESTS + 2);
    assert.match(lines[0] ?? '', /^id,at,workspace,agent,session,/);
    assert.match(lines[1] ?? '', /,'=SUM\(A1\),ü,/);
    const json = await run(
      '--format',
      'json',
      '--since',
      new Date(NOON + 10_000).toISOString(),
      '--until',
      new Date(NOON + 12_000).toISOString(),
    );
    const rows = json.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { agent: string; at: string });
    assert.deepEqual(
      rows.map(({ agent, at }) => [agent, Date.parse(at)]),
      [
        ['=SUM(A1)', NOON + 10_000],
        ['codex', NOON + 11_000],
      ],
    );
  });

  it('prints sums', async () => {
    const { out } = await run('--by', 'agent', '--format', 'json');
    assert.deepEqual(
      (JSON.parse(out) as { rows: { agent: string; requests: number }[] }).rows.map(({ agent, requests }) => [agent, requests]),
      [
        ['=SUM(A1)', REQUESTS / 2],
        ['codex', REQUESTS / 2],
      ],
    );
    assert.match((await run('--by', 'agent')).out, /^agent,requests,errors,/);
  });

  it('writes a file whole or leaves the old one, and nothing beside it', async () => {
    const file = path.join(program.folder, 'out.jsonl');
    writeFileSync(file, 'the old one');
    assert.equal((await run('--output', file)).code, 0);
    assert.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, REQUESTS, 'the form is told by the name');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const nowhere = await run('--output', path.join(program.folder, 'no', 'such.csv'));
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.err, /could not be written \(ENOENT\)/);

    writeFileSync(file, 'the old one');
    const stopped = program.start(['export', '--data', data, '--output', file]);
    await eventually(() => readdirSync(program.folder).some((name) => name.endsWith('.part')), Boolean, 8_000);
    stopped.child.kill('SIGINT');
    const { code } = await stopped.exited;
    assert.equal(code, 130);
    assert.equal(readFileSync(file, 'utf8'), 'the old one');
    assert.deepEqual(
      readdirSync(program.folder).filter((name) => name.endsWith('.part')),
      [],
    );
  });

  it('waits for a slow reader, and ends in silence when it goes away', async () => {
    const slow = program.start(['export', '--data', data]);
    slow.child.stdout?.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.equal(slow.child.exitCode, null, 'what nobody reads is not written');
    slow.child.stdout?.resume();
    assert.equal((await slow.exited).code, 0);
    const gone = program.start(['export', '--data', data]);
    gone.child.stdout?.once('data', () => gone.child.stdout?.destroy());
    assert.deepEqual([(await gone.exited).code, gone.err], [0, '']);
  });

  it('says what was called wrongly', async () => {
    for (const [args, words] of [
      [['--format', 'xml'], /--format knows csv and json; not "xml"/],
      [['--by', 'colour'], /--by knows agent, /],
      [['--since', 'soon'], /--since is not an ISO date or time/],
    ] as const) {
      const { code, err } = await run(...args);
      assert.equal(code, 2);
      assert.match(err, words);
    }
    assert.equal((await program.run(['export'])).code, 2);
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { scratch, until } from '../ledger-kit.ts';
import { entriesOf, verdictOf } from './audit-kit.ts';

const CHILD = fileURLToPath(new URL('audit-child.ts', import.meta.url));

describe('audit log: several processes', function () {
  this.timeout(60_000);
  let place: ReturnType<typeof scratch>;
  beforeEach(() => (place = scratch()));
  afterEach(() => place.clean());

  function start(name: string) {
    const child = spawn(process.execPath, [CHILD, place.file, name], { stdio: ['pipe', 'pipe', 'inherit'] });
    place.later(() => child.kill('SIGKILL'));
    const started = { child, said: '', left: once(child, 'exit') };
    child.stdout.on('data', (data: Buffer) => (started.said += data.toString()));
    return started;
  }
  /** The last line may have been cut by the kill. */
  const written = ({ said }: { said: string }): string[] => said.split('\n').slice(0, -1);

  it('append to one chain under load, and kill -9 in the middle leaves it whole with all that was told to be on the disk', async () => {
    const [steady, ...victims] = [start('steady'), start('first'), start('second')];
    for (const [at, victim] of victims.entries()) {
      await until(() => written(victim).length > 40 + 20 * at, 'it wrote under load', 20_000);
      victim.child.kill('SIGKILL');
      await victim.left;
    }
    const before = written(steady).length;
    await until(() => written(steady).length > before + 20, 'the other went on', 20_000);
    steady.child.stdin.end();
    assert.deepEqual(await steady.left, [0, null]);

    const { broken, entries } = await verdictOf(place.file);
    assert.equal(broken, undefined);
    const ids = new Set((await entriesOf(place.file)).map(({ id }) => id));
    assert.equal(ids.size, entries);
    const told = [steady, ...victims].flatMap(written);
    assert.deepEqual(
      told.filter((id) => !ids.has(id)),
      [],
    );
    assert.ok(told.length > 120, String(told.length));
  });

  it('that begin on a missing file at once make one log with one beginning', async () => {
    const all = [start('a'), start('b'), start('c')];
    for (const one of all) await until(() => written(one).length > 5, 'it wrote', 20_000);
    for (const { child, left } of all) {
      child.stdin.end();
      await left;
    }
    assert.equal((await verdictOf(place.file)).broken, undefined);
    const entries = await entriesOf(place.file);
    assert.equal(entries.filter(({ kind }) => kind === 'log-began').length, 1);
  });
});

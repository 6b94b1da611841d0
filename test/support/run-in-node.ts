// `npm run test:unit`: everything that runs in Node, two files at a time, and then, one after the other, what needs the machine for itself.
import { spawnSync } from 'node:child_process';

const ALL = 'test/{unit,gateway,attacks,matrix,properties}/**/*.test.ts';

/** They ask for a pace or measure times: with a neighbour on two cores they see the neighbour. */
const ALONE = ['back-pressure', 'key-rotation', 'leaving', 'leaving-leaks', 'swap-under-load'].map(
  (name) => `test/gateway/${name}.test.ts`,
);

const together = mocha(['--parallel', '--jobs', '2', ...ALONE.flatMap((file) => ['--ignore', file]), ALL]);
const alone = mocha(ALONE);
process.exitCode = Math.max(together, alone);

function mocha(args: readonly string[]): number {
  const { status } = spawnSync('mocha', ['--retries', '1', ...args], { stdio: 'inherit', shell: process.platform === 'win32' });
  return status ?? 1;
}

// `npm run test:unit` and `test:ui`: test files two at a time, and then, one after the other, those that need the machine for themselves.
import { spawnSync } from 'node:child_process';

interface Part {
  readonly all: string;
  /** They ask for a pace or measure times: with a neighbour on two cores they see the neighbour. */
  readonly alone: readonly string[];
  readonly options: readonly string[];
}

const PARTS: Readonly<Record<string, Part>> = {
  node: {
    all: 'test/{unit,gateway,attacks,matrix,properties}/**/*.test.ts',
    alone: ['back-pressure', 'key-rotation', 'leaving', 'leaving-leaks', 'swap-under-load'].map(
      (name) => `test/gateway/${name}.test.ts`,
    ),
    options: ['--retries', '1'],
  },
  ui: {
    all: 'test/ui/**/*.test.ts',
    alone: ['test/ui/activity.test.ts', 'test/ui/usage-panel.test.ts', 'test/ui/panel/usage-panel.test.ts'],
    options: ['--retries', '1'],
  },
};

const part = PARTS[process.argv[2] ?? ''];
if (part === undefined) throw new Error(`name one of ${Object.keys(PARTS).join(', ')}`);
const { all, alone, options } = part;
const together = mocha(['--parallel', '--jobs', '2', ...alone.flatMap((file) => ['--ignore', file]), all]);
process.exitCode = Math.max(together, mocha(alone));

function mocha(args: readonly string[]): number {
  const { status } = spawnSync('mocha', [...options, ...args], { stdio: 'inherit', shell: process.platform === 'win32' });
  return status ?? 1;
}

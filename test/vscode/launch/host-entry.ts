// Runs inside the extension host.
import Mocha from 'mocha';
import { lineReporter } from './line-reporter.ts';

export interface Suite {
  readonly file: string;
  /** Evaluates the file, which calls describe and it. */
  readonly load: () => unknown;
}

export async function runSuites(suites: readonly Suite[]): Promise<void> {
  process.setSourceMapsEnabled(true);
  const mocha = new Mocha({
    ui: 'bdd',
    color: false,
    timeout: 30_000,
    // oxlint-disable-next-line no-console -- the extension host's console is what reaches the launcher
    reporter: lineReporter((line) => console.log(line)),
  });
  for (const { file, load } of suites) {
    mocha.suite.emit('pre-require', globalThis, file, mocha);
    load();
  }
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} of the tests in the extension host failed`);
}

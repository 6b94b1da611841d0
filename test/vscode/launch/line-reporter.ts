// mocha's own reporters print with format strings, and between the extension host and this terminal nobody expands them: each line is
// finished here. The counts are left for .ci/run in the form test/support/reporter.cjs has.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';

/** Begins each line of a suite, so that the launcher finds it among what the editor itself prints. */
export const SUITE_LINE = '[suite] ';
/** The last line of a run that came to its end. */
export const SUMMARY = /^\d+ passed, \d+ failed, \d+ skipped$/;

interface Failure {
  readonly title: string;
  readonly error: unknown;
}

export function lineReporter(print: (line: string) => void): Mocha.ReporterConstructor {
  const say = (line: string): void => print(SUITE_LINE + line);
  return class extends Mocha.reporters.Base {
    constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
      super(runner, options);
      const { constants } = Mocha.Runner;
      const failed: Failure[] = [];
      let depth = 0;
      const indent = (): string => '  '.repeat(depth);
      runner.on(constants.EVENT_SUITE_BEGIN, (suite) => {
        if (!suite.root) say(`${indent()}${suite.title}`);
        depth += 1;
      });
      runner.on(constants.EVENT_SUITE_END, () => {
        depth -= 1;
      });
      runner.on(constants.EVENT_TEST_PASS, (test) => say(`${indent()}ok   ${test.title} (${test.duration ?? 0} ms)`));
      runner.on(constants.EVENT_TEST_PENDING, (test) => say(`${indent()}skip ${test.title}`));
      runner.on(constants.EVENT_TEST_FAIL, (test, error: unknown) => {
        failed.push({ title: test.fullTitle(), error });
        say(`${indent()}FAIL ${test.title}`);
      });
      runner.once(constants.EVENT_RUN_END, () => {
        for (const [index, { title, error }] of failed.entries()) {
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          for (const line of [`${index + 1}) ${title}`, ...text.split('\n')]) say(`  ${line}`);
        }
        const { passes, failures, pending } = this.stats;
        say(`${passes} passed, ${failures} failed, ${pending} skipped`);
        leaveCounts({ passes, failures, pending });
      });
    }
  };
}

export function leaveCounts(counts: { readonly passes: number; readonly failures: number; readonly pending: number }): void {
  const folder = process.env['GATEHOUSE_TEST_RESULTS'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(counts));
}

import { codeOf, replaceFile } from '../config-files/replace-file.ts';
import { takeBack } from '../config-files/take-back.ts';
import { readFileSync } from 'node:fs';
import { isBare } from './bare.ts';
import type { KeptFile, SetUp } from './record.ts';
import { removeMade } from './set-up.ts';

export interface Undone {
  /** Entries that others have changed since, by file: they were left as they are. */
  readonly left: readonly string[];
}

interface Step {
  readonly kept: KeptFile;
  readonly now: string;
  /** Undefined: the file goes. */
  readonly text: string | undefined;
  readonly left: readonly string[];
}

/** Takes everything back that a set-up has put into files. All of them or none: a fault says why, and nothing was changed. */
export function undoSetUp({ files }: SetUp): Undone | { readonly fault: string } {
  const steps: Step[] = [];
  for (const kept of files) {
    const step = stepFor(kept);
    if (step !== undefined && 'fault' in step) return { fault: `${kept.file}: ${step.fault}` };
    if (step !== undefined) steps.push(step);
  }
  const done: Step[] = [];
  for (const step of steps) {
    const fault = carryOut(step);
    if (fault !== undefined) {
      for (const { kept, now, text } of done) if (text !== undefined) replaceFile(kept.file, text, now);
      return { fault: `${step.kept.file}: ${fault}` };
    }
    done.push(step);
  }
  return { left: steps.flatMap(({ left }) => left) };
}

function stepFor(kept: KeptFile): Step | { readonly fault: string } | undefined {
  let now: string;
  try {
    now = readFileSync(kept.file, 'latin1');
  } catch (error) {
    // Where there is no file, nothing of ours is in it.
    return codeOf(error) === 'ENOENT' ? undefined : { fault: `the file cannot be read (${codeOf(error)})` };
  }
  const back = takeBack(now, kept);
  if ('fault' in back) return back;
  return { kept, now, text: !kept.existed && isBare(kept.format, back.text) ? undefined : back.text, left: back.left };
}

function carryOut({ kept, now, text }: Step): string | undefined {
  if (text !== undefined) return text === now ? undefined : replaceFile(kept.file, now, text);
  try {
    if (readFileSync(kept.file, 'latin1') !== now) return 'the file was changed meanwhile and was left as it is; try again';
    removeMade(kept.file, kept.folders);
    return undefined;
  } catch (error) {
    return `the file could not be deleted (${codeOf(error)})`;
  }
}

/** The whole of a file as it was before, over whatever others have written since. */
export function restoreBackup({ file, before }: KeptFile): string | undefined {
  try {
    return before === undefined ? 'its former content is not kept' : replaceFile(file, readFileSync(file, 'latin1'), before);
  } catch (error) {
    return `the file cannot be read (${codeOf(error)})`;
  }
}

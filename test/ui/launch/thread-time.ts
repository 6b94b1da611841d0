// How much processor time a VS Code under test takes. Linux only: it reads /proc.
import { readdirSync, readFileSync } from 'node:fs';

const MS_PER_TICK = 10;

/** The extension hosts of the VS Code whose home folder this is, by process id. */
export function extensionHosts(home: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes('--type=extensionHost'))
    .filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(`HOME=${home}`))
    .map(Number);
}

/** Milliseconds of processor time so far: of the thread that all extensions share, and of the process with the gateway's worker. */
export function processorTime(pid: number): { readonly main: number; readonly all: number } {
  return { main: timeIn(`/proc/${pid}/task/${pid}/stat`), all: timeIn(`/proc/${pid}/stat`) };
}

function timeIn(file: string): number {
  const text = read(file);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Processes come and go while they are looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

// What the extension host costs while something goes on. Linux only: it reads /proc.
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks a second in which /proc counts. */
const TICKS = 100;

/**
 * Milliseconds of processor time that the main threads of the extension hosts under this process have used so far; the gateway's worker
 * is a thread of its own and is not in it.
 */
export function extensionHostMs(): number {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, read(`/proc/${pid}/stat`)?.[1]]),
  );
  const isOurs = (pid: string | undefined): boolean =>
    pid !== undefined && (pid === String(process.pid) || (pid !== '0' && isOurs(parents.get(pid))));
  const hosts = [...parents.keys()].filter((pid) => commandLine(pid).includes('--type=extensionHost') && isOurs(pid));
  if (hosts.length === 0) throw new Error('no extension host is running');
  return hosts.reduce((sum, pid) => {
    const fields = read(`/proc/${pid}/task/${pid}/stat`) ?? [];
    return sum + ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
  }, 0);
}

/** The fields after the name, which may hold blanks: state, parent, ... */
function read(file: string): readonly string[] | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

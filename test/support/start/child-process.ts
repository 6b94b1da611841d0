// Programs that a test or a start script runs: each in a process group of its own, so that stopping one stops what it started too.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called with each piece of output as it comes; the whole text is kept as well. */
  readonly onOutput?: (text: string, from: 'stdout' | 'stderr') => void;
}

export interface Program {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Settles with the exit code, or with the signal's name, once the program and its output have ended. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Waits until `probe` finds something in the standard output. Fails when the program ends first, or after `timeoutMs`. */
  waitForOutput<T>(probe: (stdout: string) => T | undefined, timeoutMs: number): Promise<T>;
  /** SIGTERM to the whole group, SIGKILL after `graceMs`. Does nothing when the program has ended. */
  stop(graceMs?: number): Promise<void>;
}

const liveGroups = new Set<number>();

// A runner that leaves early (an exception, process.exit, a signal) must not leave servers behind. Only synchronous work is possible
// here. A signal that somebody else listens for is theirs: they stop in an orderly way.
const killAll = (): void => {
  for (const pid of liveGroups) signalGroup(pid, 'SIGKILL');
};
process.on('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  const onSignal = (): void => {
    if (process.listenerCount(signal) > 1) return;
    killAll();
    process.off(signal, onSignal);
    process.kill(process.pid, signal);
  };
  process.on(signal, onSignal);
}

export function startProgram(options: ProgramOptions): Program {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid;
  if (pid !== undefined) liveGroups.add(pid);

  const text = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const from of ['stdout', 'stderr'] as const) {
    child[from].setEncoding('utf8').on('data', (piece: string) => {
      text[from] += piece;
      options.onOutput?.(piece, from);
      for (const listener of listeners) listener();
    });
  }
  const exited = whenEnded(child, options.command);
  exited.then(
    () => forgetGroup(pid),
    () => forgetGroup(pid),
  );

  return {
    pid: pid ?? -1,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    exited,
    waitForOutput: (probe, timeoutMs) =>
      new Promise((resolve, reject) => {
        const check = (): boolean => {
          const found = probe(text.stdout);
          if (found === undefined) return false;
          leave();
          resolve(found);
          return true;
        };
        const fail = (why: string): void => {
          leave();
          reject(new Error(`${options.command} ${why}.\n${(text.stderr || text.stdout).slice(-4000)}`));
        };
        const timer = setTimeout(() => fail(`was not ready within ${timeoutMs} ms`), timeoutMs);
        const leave = (): void => {
          clearTimeout(timer);
          listeners.delete(check);
        };
        listeners.add(check);
        if (check()) return;
        exited.then(
          (code) => check() || fail(`ended early with ${code}`),
          (error: unknown) => fail(`did not start: ${String(error)}`),
        );
      }),
    stop: async (graceMs = 5000) => {
      if (pid === undefined || !liveGroups.has(pid)) return;
      signalGroup(pid, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      await exited.catch(() => {});
      clearTimeout(timer);
    },
  };
}

/** Runs a program to its end; kills its group after `timeoutMs`. */
export async function runProgram(
  options: ProgramOptions & { readonly timeoutMs: number },
): Promise<{ readonly code: number | NodeJS.Signals; readonly stdout: string; readonly stderr: string; readonly ms: number }> {
  const began = performance.now();
  const program = startProgram(options);
  const timer = setTimeout(() => void program.stop(0), options.timeoutMs);
  const code = await program.exited;
  clearTimeout(timer);
  return { code, stdout: program.stdout(), stderr: program.stderr(), ms: Math.round(performance.now() - began) };
}

/** Resolves with the first signal that asks this process to stop. A second one ends it at once. */
export function stopRequested(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(130));
      });
    }
  });
}

function whenEnded(child: ChildProcess, command: string): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${command} cannot be run: ${error.message}`, { cause: error })));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 1));
  });
}

// The leader may be gone while something it started is not: the group is signalled once more before it is forgotten.
function forgetGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  signalGroup(pid, 'SIGKILL');
  liveGroups.delete(pid);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // No such group: it has ended.
  }
}

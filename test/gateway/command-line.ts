import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '../support/gateway.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The program as it ships, built into a folder of its own: others may be rebuilding `dist`. */
export interface Program {
  readonly folder: string;
  /** Writes a configuration file and returns its path. */
  config(content: object | string, name?: string): string;
  start(args: readonly string[], options?: RunOptions): RunningProgram;
  /** Runs to the end. */
  run(
    args: readonly string[],
    options?: RunOptions,
  ): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
  serve(config: string, more?: readonly string[], options?: RunOptions): Promise<Served>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The Node to run it with; this one when left out. */
  readonly node?: string;
}

export interface RunningProgram {
  readonly child: ChildProcess;
  readonly out: string;
  readonly err: string;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export interface Served extends RunningProgram {
  readonly ready: {
    readonly event: string;
    readonly url: string;
    readonly pid: number;
    readonly agents: Record<string, { token: string; env: Record<string, string> }>;
  };
}

export async function buildProgram(): Promise<Program> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-cli-'));
  const file = path.join(folder, 'dist', 'cli.js');
  execFileSync(process.execPath, ['esbuild.mjs', '--into', path.dirname(file)], { cwd: ROOT });
  // Where the program looks for a Node of its own when it was started with an old one.
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  const children = new Set<ChildProcess>();

  const start = (args: readonly string[], options: RunOptions = {}): RunningProgram => {
    const child = spawn(options.node ?? process.execPath, [file, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, TZ: 'UTC', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    children.add(child);
    const said = { out: '', err: '' };
    child.stdout?.on('data', (data: Buffer) => (said.out += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (said.err += data.toString()));
    const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
      child.on('close', (code, signal) => {
        children.delete(child);
        resolve({ code, signal });
      }),
    );
    return {
      child,
      exited,
      get out() {
        return said.out;
      },
      get err() {
        return said.err;
      },
    };
  };

  return {
    folder,
    start,
    config(content, name = 'config.json') {
      const at = path.join(folder, name);
      writeFileSync(at, typeof content === 'string' ? content : JSON.stringify(content));
      return at;
    },
    async run(args, options) {
      const program = start(args, options);
      const { code } = await program.exited;
      return { code, out: program.out, err: program.err };
    },
    async serve(config, more = [], options = {}) {
      const program = start(['serve', '--config', config, '--data', path.join(folder, 'data'), ...more], options);
      await eventually(() => program.out.includes('\n') || program.child.exitCode !== null, Boolean, 8000);
      if (!program.out.includes('\n')) throw new Error(`it did not start: ${program.err}`);
      return Object.defineProperty(program, 'ready', { value: JSON.parse(program.out) }) as Served;
    },
    async close() {
      for (const child of children) killGroup(child);
      await Promise.all([...children].map((child) => new Promise((resolve) => child.on('close', resolve))));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The program and what it started. */
function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** Whether a process is there; a zombie that nobody has reaped is not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readStat(stat));
}

function readStat(file: string): string {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(file, 'utf8');
  } catch {
    return ') Z ';
  }
}

// Everything that answers requests in a run, each in a process of its own.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runProgram, startProgram } from '../support/start/child-process.ts';
import type { Program } from '../support/start/child-process.ts';
import { freePort, listening } from './free-port.ts';
import { nginxConfig } from './nginx-config.ts';

const CLI = resolve(import.meta.dirname, '../../dist/cli.js');
const MEMORY_PROBE = join(import.meta.dirname, 'memory-probe.ts');
export const NGINX = '/usr/sbin/nginx';
const START_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 5_000;
/** What the agents would present, and what the provider would see. */
const TOKEN = 'bench-token-0123456789abcdefghijklmnopqrstuvwxyz';
const KEY = 'sk-bench-0123456789abcdefghijklmnopqrstuvwxyz';

export interface Server {
  readonly pid: number;
  readonly port: number;
  /** To be presented to it; the mock and nginx take any. */
  readonly token: string;
  /** Milliseconds from the start of the process to its ready line. */
  readonly startMs: number;
  /** Bytes; only of those that run in Node. */
  memory(): Promise<Memory>;
  stop(): Promise<void>;
}

export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly heapTotal: number;
  readonly external: number;
  readonly arrayBuffers: number;
  /** Heap and what it holds outside, after a full collection: what grows here is a leak. */
  readonly live: number;
}

export interface GatewayServer extends Server {
  /** Requests that its ledger holds, by how they were settled. */
  booked(): Promise<Readonly<Record<string, number>>>;
}

interface ReadyLine {
  readonly event: 'ready';
  readonly url: string;
  readonly agents?: Readonly<Record<string, { readonly token: string }>>;
}

export function startMock(): Promise<Server> {
  return startNode([join(import.meta.dirname, 'mock-upstream.ts')], {});
}

export function startBareRelay(upstream: Server): Promise<Server> {
  return startNode(['--import', MEMORY_PROBE, join(import.meta.dirname, 'bare-relay.ts'), originOf(upstream), TOKEN, KEY], {});
}

interface BenchConfig {
  readonly providers: Readonly<Record<string, object>>;
  readonly keys: readonly object[];
  readonly agents: Readonly<Record<string, object>>;
}

/** Twenty rules of every kind, of which the last one matches; ten targets that stand for each other; limits on the agent and its key. */
export function routed({ providers, keys, agents }: BenchConfig): object {
  const misses: readonly object[] = [
    { model: 'claude-*' },
    { class: 'background' },
    { tokensOver: 150_000 },
    { header: { 'x-class': 'auxiliary' } },
    { images: true },
    { thinking: true },
    { webSearch: true },
    { class: ['image', 'long-context'], complexity: 'hard' },
    { session: 'night-*' },
    { model: '*haiku*', tools: true },
  ];
  const limits = { requestsPerMinute: 100_000_000, tokensPerMinute: 1_000_000_000, concurrent: 500 };
  return {
    providers,
    keys: keys.map((key) => ({ ...key, limits })),
    models: { pool: { of: Array.from({ length: 10 }, (_, n) => `openai/gpt-5-mini-${n}`), balance: 'latency' } },
    agents: {
      ...agents,
      bench: {
        ...agents['bench'],
        routes: [
          ...[...misses, ...misses].slice(0, 19).map((when) => ({ when, to: 'openai/gpt-5' })),
          { name: 'rest', when: {}, to: 'pool' },
        ],
        fallbacks: ['openai/gpt-5'],
        limits,
      },
    },
  };
}

/** Everything on, as a user has it: a model of the agent's own (spliced into each body), a key, the price book, the ledger on disk. */
export async function startGatehouse(
  upstream: Server,
  root: string,
  nodeOptions: readonly string[] = [],
  more: (config: BenchConfig) => object = (config) => config,
): Promise<GatewayServer> {
  const config = join(root, 'gatehouse.json');
  const data = join(root, 'data');
  mkdirSync(data, { recursive: true });
  writeFileSync(
    config,
    JSON.stringify(
      more({
        providers: { openai: { kind: 'openai', baseUrl: `${originOf(upstream)}/v1` } },
        keys: [{ id: 'openai/bench', provider: 'openai', env: 'BENCH_KEY' }],
        agents: { bench: { model: 'openai/gpt-5-mini' }, other: { provider: 'openai' } },
      }),
    ),
  );
  const args = [...nodeOptions, '--import', MEMORY_PROBE, CLI, 'serve', '--config', config, '--data', data];
  const server = await startNode(args, { BENCH_KEY: KEY });
  return {
    ...server,
    async booked() {
      const query = [CLI, 'usage', '--data', data, '--json', '--by', 'request'];
      const { stdout } = await runProgram({ command: process.execPath, args: query, timeoutMs: 60_000 });
      const { rows } = JSON.parse(stdout) as { readonly rows: readonly { readonly settled: string }[] };
      const counts: Record<string, number> = {};
      for (const { settled } of rows) counts[settled] = (counts[settled] ?? 0) + 1;
      return counts;
    },
  };
}

/** Undefined where nginx is not installed. */
export async function startNginx(upstream: Server, root: string): Promise<Server | undefined> {
  if (!existsSync(NGINX)) return undefined;
  const began = performance.now();
  const port = await freePort();
  const folder = join(root, 'nginx');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'nginx.conf'), nginxConfig(folder, port, upstream.port));
  const program = startProgram({
    command: NGINX,
    args: ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')],
  });
  await Promise.race([
    listening(port),
    program.exited.then((code) => Promise.reject(new Error(`nginx ended with ${code}: ${program.stderr()}`))),
  ]);
  return serverOf(program, port, TOKEN, performance.now() - began);
}

async function startNode(args: readonly string[], secrets: Readonly<Record<string, string>>): Promise<Server> {
  const began = performance.now();
  const program = startProgram({
    command: process.execPath,
    args,
    // No proxy variables: the upstream is this machine, and a proxy agent would be in the way of what is measured.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...secrets },
    // A log line in a benchmark is news.
    onOutput: (text, from) => void (from === 'stderr' && !text.includes(' info ') && process.stderr.write(text)),
  });
  const ready = await program.waitForOutput(readyLine, START_TIMEOUT_MS);
  return serverOf(program, Number(new URL(ready.url).port), ready.agents?.['bench']?.token ?? TOKEN, performance.now() - began);
}

function serverOf(program: Program, port: number, token: string, startMs: number): Server {
  let asked = 0;
  return {
    pid: program.pid,
    port,
    token,
    startMs,
    memory() {
      asked++;
      process.kill(program.pid, 'SIGUSR2');
      return program.waitForOutput((text) => jsonLines<Memory>(text, 'memory')[asked - 1], ANSWER_TIMEOUT_MS);
    },
    stop: () => program.stop(),
  };
}

function readyLine(text: string): ReadyLine | undefined {
  return jsonLines<ReadyLine>(text, 'ready')[0];
}

function jsonLines<T>(text: string, event: string): T[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap((line) => (line.startsWith(`{"event":"${event}"`) ? [JSON.parse(line) as T] : []));
}

function originOf({ port }: Server): string {
  return `http://127.0.0.1:${port}`;
}

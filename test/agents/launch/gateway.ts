// The built gateway, run as somebody without an editor runs it.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram, startProgram } from '../../support/start/child-process.ts';

const CLI = resolve(import.meta.dirname, '../../../dist/cli.js');
const START_TIMEOUT_MS = 20_000;
/** What the gateway logs when SIGHUP made it read its configuration. */
const RELOADED = 'the configuration was read again';
/** The gateway gives running requests ten seconds. */
const DRAIN_MS = 15_000;

export interface AgentAccess {
  readonly url: string;
  readonly token: string;
  readonly env: Readonly<Record<string, string>>;
}

export type LedgerRow = Readonly<Record<string, string | number>>;

export interface Gateway {
  agent(name: string): AgentAccess;
  usage(by: string): Promise<readonly LedgerRow[]>;
  /** Replaces the configuration of the running gateway. Agents that are new in it have no access here. */
  configure(config: object): Promise<void>;
  /** Empty folders, as two agents of one test would have them. */
  folder(name: string): string;
  /** Every place where `secret` stands: this program's output, and each file of its data and of the folders above. */
  placesOf(secret: string): readonly string[];
  /** Drains, ends, and says how it ended. The folders stay until `remove`. */
  stop(): Promise<number | NodeJS.Signals>;
  remove(): void;
}

/** Starts `serve` with this configuration. `secrets` are environment variables that only the gateway has. */
export async function startGateway(config: object, secrets: Readonly<Record<string, string>>): Promise<Gateway> {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-agent-run-'));
  const folder = (name: string): string => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const data = folder('data');
  const configFile = join(root, 'config.json');
  writeFileSync(configFile, JSON.stringify(config));
  const environment = { PATH: process.env['PATH'], HOME: folder('gateway-home') };
  const program = startProgram({
    command: process.execPath,
    args: [CLI, 'serve', '--config', configFile, '--data', data],
    env: { ...environment, ...secrets },
  });
  const remove = (): void => rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  const ready = await program.waitForOutput(readyLine, START_TIMEOUT_MS).catch(async (error: unknown) => {
    await program.stop();
    remove();
    throw error;
  });

  return {
    folder,
    agent: (name) => {
      const access = ready.agents[name];
      if (access === undefined) throw new Error(`the gateway announced no agent "${name}"`);
      return { url: ready.url, ...access };
    },
    usage: async (by) => {
      const args = [CLI, 'usage', '--data', data, '--by', by, '--json'];
      const result = await runProgram({ command: process.execPath, args, env: environment, timeoutMs: 20_000 });
      if (result.code !== 0) throw new Error(`usage --by ${by} ended with ${result.code}: ${result.stderr}`);
      return (JSON.parse(result.stdout) as { readonly rows: readonly LedgerRow[] }).rows;
    },
    configure: async (next) => {
      const before = program.stderr().length;
      writeFileSync(configFile, JSON.stringify(next));
      process.kill(program.pid, 'SIGHUP');
      for (let waited = 0; !program.stderr().includes(RELOADED, before); waited += 20) {
        if (waited > START_TIMEOUT_MS) throw new Error(`the configuration was not taken over:\n${program.stderr().slice(before)}`);
        await sleep(20);
      }
    },
    placesOf: (secret) => {
      const forms = [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), encodeURIComponent(secret)];
      const holds = (bytes: Buffer): boolean => forms.some((form) => bytes.includes(form));
      const output = { stdout: program.stdout(), stderr: program.stderr() };
      return [
        ...Object.entries(output).flatMap(([name, text]) => (holds(Buffer.from(text)) ? [`the gateway's ${name}`] : [])),
        ...filesBelow(root).filter((file) => holds(readFileSync(file))),
      ];
    },
    stop: async () => {
      await program.stop(DRAIN_MS);
      return program.exited;
    },
    remove,
  };
}

interface Ready {
  readonly url: string;
  readonly agents: Readonly<Record<string, Omit<AgentAccess, 'url'>>>;
}

function readyLine(stdout: string): Ready | undefined {
  const end = stdout.indexOf('\n');
  return end < 0 ? undefined : (JSON.parse(stdout.slice(0, end)) as Ready);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

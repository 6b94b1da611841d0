import { mkdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { faultLine, parseConfig, type ParsedConfig } from '../core/config/parse.ts';
import type { Config } from '../core/config/schema.ts';
import { AGENT_PROGRAMS } from '../core/routing/agent-kinds.ts';
import type { Log } from '../core/ports.ts';
import type { HeldKey, SnapshotSource } from '../core/routing/snapshot.ts';
import { networkFromEnvironment } from '../host/network-settings.ts';
import { newLocalToken } from '../host/local-token.ts';
import { runGateway } from '../host/run-gateway.ts';
import { logTo } from '../host/system-ports.ts';
import { keepHeapSmall } from './keep-heap-small.ts';
import { UsageError } from './usage-error.ts';

/** How long running requests may go on after SIGTERM or SIGINT. */
const DRAIN_MS = 10_000;

interface ServeOptions {
  readonly config?: string | undefined;
  readonly port: string;
  readonly data?: string | undefined;
}

/** Runs until SIGTERM or SIGINT, then drains and returns 0. SIGHUP reads the configuration again. */
export async function serve(options: ServeOptions): Promise<number> {
  // Started by `run-under.ts`, whose end is ours. From the first moment on: it may be killed before this one listens. And not after
  // the last: a listener for it keeps the process running.
  process.once('disconnect', endAtOnce);
  keepHeapSmall();
  try {
    return await serveUntilStopped(options);
  } finally {
    process.off('disconnect', endAtOnce);
  }
}

async function serveUntilStopped(options: ServeOptions): Promise<number> {
  if (options.config === undefined) throw new UsageError('serve needs --config FILE');
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError(`"${options.port}" is not a port`);
  const file = options.config;
  const log = logTo((level, line) => process.stderr.write(`${new Date().toISOString()} ${level} ${line}\n`));

  const parsed = readConfig(file);
  if (parsed.faults !== undefined) {
    for (const fault of parsed.faults) process.stderr.write(`${faultLine(fault)}\n`);
    return 2;
  }
  const tokens: Record<string, string> = {};
  const sourceOf = (config: Config): SnapshotSource => {
    for (const agent of Object.keys(config.agents)) tokens[agent] ??= newLocalToken();
    return { config, keys: keysFromEnvironment(config, log), tokens };
  };

  const dataDir = path.resolve(options.data ?? path.join(os.homedir(), '.gatehouse'));
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const gateway = await runGateway({
    source: sourceOf(parsed.config),
    network: networkFromEnvironment(process.env),
    dataDir,
    port,
    portIsWish: false,
    workspace: 'headless',
    log,
  });

  const { url } = gateway.server;
  const agents = Object.fromEntries(
    [...gateway.snapshot().agents.values()].map((agent) => {
      const token = tokens[agent.id] ?? '';
      return [agent.id, { token, env: AGENT_PROGRAMS[agent.kind].environment(url, token) }];
    }),
  );
  process.stdout.write(`${JSON.stringify({ event: 'ready', url, pid: process.pid, agents })}\n`);

  process.on('SIGHUP', () => {
    const again = readConfig(file);
    if (again.faults !== undefined) {
      log.error('the configuration was not taken over, the old one goes on');
      for (const fault of again.faults) log.error(faultLine(fault));
      return;
    }
    gateway.swap(sourceOf(again.config));
    log.info('the configuration was read again');
  });

  // Not `once`: under `run-under.ts` a Ctrl-C comes twice, from the terminal and handed on, and the second would end the draining.
  await new Promise<void>((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
  });
  log.info('stopping', { running: gateway.server.running });
  await gateway.close(DRAIN_MS);
  return 0;
}

function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL');
}

function readConfig(file: string): ParsedConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { faults: [{ path: '', message: `the configuration file ${JSON.stringify(file)} cannot be read` }] };
  }
  try {
    return parseConfig(JSON.parse(text));
  } catch (error) {
    return {
      faults: [{ path: '', message: `the configuration is not valid JSON: ${error instanceof Error ? error.message : ''}` }],
    };
  }
}

/** Headless, a key is named by the variable that holds it; the value is never in the file. */
function keysFromEnvironment(config: Config, log: Log): HeldKey[] {
  return config.keys.flatMap(({ env, id, provider, priority, weight, agents, models, limits }) => {
    const secret = env === undefined ? undefined : process.env[env]?.trim();
    if (!secret) {
      log.warn('a key has no value: its environment variable is not set', { key: id });
      return [];
    }
    return [
      { id, provider, priority, weight, secret, ...(agents && { agents }), ...(models && { models }), ...(limits && { limits }) },
    ];
  });
}

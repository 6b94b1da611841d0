import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { faultLine } from '../core/config/parse.ts';
import type { Config } from '../core/config/schema.ts';
import type { AuditOptions } from '../core/ledger/audit/audit-log.ts';
import type { Log } from '../core/ports.ts';
import { AGENT_PROGRAMS } from '../core/routing/agent-kinds.ts';
import type { RoutingNews } from '../core/routing/routing-state.ts';
import type { HeldKey, SnapshotSource } from '../core/routing/snapshot.ts';
import { faultText } from '../host/fault-text.ts';
import { keepAnchor } from '../host/keep-anchor.ts';
import { KEY_AGES_FILE, warnOfOldKeys } from '../host/key-ages.ts';
import { networkFromEnvironment } from '../host/network-settings.ts';
import { newLocalToken } from '../host/local-token.ts';
import { runGateway } from '../host/run-gateway.ts';
import { logTo } from '../host/system-ports.ts';
import { anchorFile, auditKeyFor, readAnchor } from './audit-files.ts';
import { keepHeapSmall } from './keep-heap-small.ts';
import { readKeys } from './key-sources.ts';
import { readConfig } from './read-config.ts';
import { telemetryHeadersFromEnvironment } from './telemetry-headers.ts';
import { UsageError } from './usage-error.ts';

/** How long running requests may go on after SIGTERM or SIGINT. */
const DRAIN_MS = 10_000;

interface ServeOptions {
  readonly config?: string | undefined;
  readonly port: string;
  readonly data?: string | undefined;
}

/** Runs until SIGTERM or SIGINT, then drains and returns 0. SIGHUP reads the configuration again and resumes agents that were paused. */
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
  const dataDir = path.resolve(options.data ?? path.join(os.homedir(), '.gatehouse'));
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const tokens: Record<string, string> = {};
  let keys: readonly HeldKey[] = [];
  const sourceOf = async (config: Config): Promise<SnapshotSource> => {
    keys = await readKeys(config, keys, log);
    for (const agent of Object.keys(config.agents)) tokens[agent] ??= newLocalToken();
    warnOfOldKeys(path.join(dataDir, KEY_AGES_FILE), config.keys, keys, Date.now(), log);
    return { config, keys, telemetryHeaders: telemetryHeadersFromEnvironment(config, log), tokens };
  };

  const gateway = await runGateway({
    source: await sourceOf(parsed.config),
    network: networkFromEnvironment(process.env),
    dataDir,
    port,
    portIsWish: false,
    workspace: 'headless',
    audit: auditOptions(dataDir, parsed.config, log),
    log,
  });

  gateway.onNews((news) => logNews(log, news));
  const { audit } = gateway.ledger;
  const anchor = keepAnchor(anchorFile(dataDir), (known) => Promise.resolve(audit.anchorAfter(known)), log);
  audit.onWritten(() => anchor.changed());
  anchor.changed();
  // Left to itself, Node would print the error with all that hangs on it.
  process.on('uncaughtException', (error) => {
    const secrets = gateway.snapshot().keys.map(({ secret }) => secret.reveal());
    log.error('the gateway fell', { error: faultText(error, secrets) });
    process.exit(1);
  });

  const { url } = gateway.server;
  const agents = Object.fromEntries(
    [...gateway.snapshot().agents.values()].map((agent) => {
      const token = tokens[agent.id] ?? '';
      return [agent.id, { token, env: AGENT_PROGRAMS[agent.kind].environment(url, token) }];
    }),
  );

  let reloading: Promise<void> = Promise.resolve();
  process.on('SIGHUP', () => {
    // Also where the new configuration is faulty: who sends it after a pause wants the agent back.
    for (const agent of gateway.routing.paused.all()) {
      gateway.routing.paused.resume(agent);
      log.info('the agent is resumed', { agent });
    }
    const again = readConfig(file);
    if (again.faults !== undefined) {
      log.error('the configuration was not taken over, the old one goes on');
      for (const fault of again.faults) log.error(faultLine(fault));
      return;
    }
    // One after the other: commands that print keys take their time, and the file that was read last counts.
    reloading = reloading.then(async () => {
      gateway.swap(await sourceOf(again.config));
      log.info('the configuration was read again');
    });
  });

  // Not `once`: under `run-under.ts` a Ctrl-C comes twice, from the terminal and handed on, and the second would end the draining.
  const stopped = new Promise<void>((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
  });
  // Who reads it may send a signal at once.
  process.stdout.write(`${JSON.stringify({ event: 'ready', url, pid: process.pid, agents })}\n`);
  await stopped;
  log.info('stopping', { running: gateway.server.running });
  await anchor.now();
  await gateway.close(DRAIN_MS);
  anchor.close();
  return 0;
}

/** A disk that refuses the file of the key stops no gateway; a configuration that cannot be kept does. */
function auditOptions(dataDir: string, config: Config, log: Log): AuditOptions | undefined {
  try {
    return { key: auditKeyFor(dataDir, config, true), anchor: readAnchor(dataDir), operator: 'headless' };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    log.error('the audit log has no key and records nothing', { code: (error as NodeJS.ErrnoException).code });
    return undefined;
  }
}

/** Of a burst the gateway has logged more than its news hold. */
function logNews(log: Log, news: RoutingNews): void {
  if (news.kind === 'anomaly') {
    const { since, ...numbers } = news.anomaly;
    return log.warn('an agent is unlike its own past', {
      ...numbers,
      since: new Date(since).toISOString(),
      paused: news.paused,
    });
  }
  if (news.kind === 'tokens-refused')
    return log.warn('requests come whose token is missing or not valid; they reached no provider');
  if (news.kind !== 'health') return;
  const { provider, model, key, state, why } = news.place;
  const fields = { provider, model, key, why };
  switch (state) {
    case 'dead':
      return log.warn('the key is set aside until it is replaced, or answers a probe', fields);
    case 'open':
      return log.warn('it fails too often and is left alone for a while', fields);
    case 'well':
      return log.info('it is well again', fields);
    case 'cooldown':
    case 'half-open':
      return log.debug('health has changed', { ...fields, state });
    default:
      return state satisfies never;
  }
}

function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL');
}

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { parseConfig } from '../../src/core/config/parse.ts';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import type { SettledRequest } from '../../src/core/ledger/records.ts';
import type { Timers } from '../../src/core/ports.ts';
import type { HeldKey, SnapshotSource } from '../../src/core/routing/snapshot.ts';
import { runGateway, type RunningGateway } from '../../src/host/run-gateway.ts';
import { logTo, systemClock, systemRandom, systemTimers } from '../../src/host/system-ports.ts';
import { eventually, TOKEN, WIRES } from '../support/gateway.ts';

/** A gateway whose timers are known one by one, and whose clock can be put forward. */
export interface WatchedGateway {
  readonly url: string;
  readonly port: number;
  readonly running: RunningGateway;
  readonly dataDir: string;
  readonly log: readonly string[];
  /** Milliseconds of each timer of the pipeline that waits. */
  timers(): readonly number[];
  /** Puts the clock forward. Timers run by real time. */
  skip(milliseconds: number): void;
  /** All settled requests, once there are so many; oldest first. */
  rows(count: number): Promise<readonly SettledRequest[]>;
  /** That no request, no ticket, no timer is left; waits for `ms` at most. */
  isIdle(ms?: number): Promise<void>;
  close(): Promise<void>;
}

export function sourceOf(config: Readonly<Record<string, unknown>>, keys: readonly HeldKey[]): SnapshotSource {
  const parsed = parseConfig(config);
  if (parsed.faults !== undefined) throw new Error(JSON.stringify(parsed.faults));
  const tokens = Object.fromEntries(Object.keys(parsed.config.agents).map((agent) => [agent, TOKEN]));
  return { config: parsed.config, keys, tokens };
}

export async function startWatched(source: SnapshotSource): Promise<WatchedGateway> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-test-'));
  const lines: string[] = [];
  const armed = new Set<{ readonly milliseconds: number }>();
  let skipped = 0;
  const timers: Timers = {
    after(milliseconds, run) {
      const entry = { milliseconds };
      let cancelled = false;
      armed.add(entry);
      const timer = systemTimers.after(milliseconds, () => {
        armed.delete(entry);
        run();
      });
      return {
        cancel() {
          cancelled = true;
          armed.delete(entry);
          timer.cancel();
        },
        refresh() {
          if (!cancelled) armed.add(entry);
          timer.refresh();
        },
      };
    },
  };
  const clock = { now: () => systemClock.now() + skipped, monotonic: () => systemClock.monotonic() + skipped };
  const running = await runGateway({
    source,
    network: { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true },
    dataDir,
    port: 0,
    portIsWish: false,
    workspace: 'test',
    log: logTo((level, line) => lines.push(`${level} ${line}`)),
    ports: { clock, timers, random: systemRandom },
  });
  const { limiter } = running.routing;
  const scopes = [...Object.keys(source.tokens).map((agent) => `agent/${agent}`), ...source.keys.map(({ id }) => `key/${id}`)];
  const busy = (): readonly string[] => [
    ...(running.server.running === 0 ? [] : [`${running.server.running} requests run`]),
    ...scopes.flatMap((scope) => {
      const usage = limiter.usage(scope);
      return usage.running + usage.waiting === 0 ? [] : [`${scope}: ${usage.running} run, ${usage.waiting} wait`];
    }),
    ...[...armed].map(({ milliseconds }) => `a timer of ${milliseconds} ms`),
  ];
  return {
    url: running.server.url,
    port: running.server.port,
    running,
    dataDir,
    log: lines,
    timers: () => [...armed].map(({ milliseconds }) => milliseconds),
    skip: (milliseconds) => void (skipped += milliseconds),
    async rows(count) {
      const found = await eventually(
        () => running.ledger.requests({ limit: 10_000 }),
        (all) => all.length >= count,
      );
      assert.equal(found.length, count, 'settled requests');
      return found.toReversed();
    },
    async isIdle(ms = 2000) {
      assert.deepEqual(await eventually(busy, (left) => left.length === 0, ms), []);
    },
    async close() {
      await running.close(0);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A request of an agent that will go away. */
export interface Leaver {
  /** What it has read of its answer. */
  readonly seen: string;
  readonly status: number | undefined;
  /** Cuts the connection; the time is that of `performance.now()`. */
  leave(): number;
}

export function leaver(url: string, dialect: DialectId, stream: boolean, change: object = {}): Leaver {
  const wire = WIRES[dialect];
  let seen = '';
  let status: number | undefined;
  const request = http.request(url + wire.path(stream), {
    method: 'POST',
    agent: false,
    headers: { ...wire.headers, 'content-type': 'application/json' },
  });
  request.on('error', () => undefined);
  request.on('response', (response) => {
    status = response.statusCode;
    response.on('error', () => undefined);
    response.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  });
  request.end(JSON.stringify({ ...wire.body(stream), ...change }));
  return {
    get seen() {
      return seen;
    },
    get status() {
      return status;
    },
    leave() {
      const left = performance.now();
      request.destroy();
      return left;
    },
  };
}

/** That something is so, soon. */
export async function soon(what: string, is: () => boolean): Promise<void> {
  assert.ok(await eventually(is, Boolean, 3000), `it never came so far: ${what}`);
}

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseConfig } from '../../src/core/config/parse.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { SettledRequest } from '../../src/core/ledger/records.ts';
import type { HeldKey } from '../../src/core/routing/snapshot.ts';
import { runGateway, type RunningGateway } from '../../src/host/run-gateway.ts';
import { logTo, systemRandom } from '../../src/host/system-ports.ts';
import type { Script } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { hear, type Heard } from '../support/faults/hear.ts';
import { eventually, KEY, PRICES, TOKEN, WIRES } from '../support/gateway.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

export const SECOND_KEY = 'sk-the-second-key-0123456789abcdef';

export interface RoutedOptions {
  /** What each provider, by its name, does; `tester` asks the first one for the models that it names, unless `agent` says otherwise. */
  readonly providers: Readonly<Record<string, Script>>;
  readonly providerConfig?: Readonly<Record<string, object>>;
  readonly agent?: object;
  readonly config?: object;
  /** One for each provider when left out. */
  readonly keys?: readonly Omit<HeldKey, 'origins'>[];
}

export interface Routed {
  readonly clock: VirtualClock;
  readonly running: RunningGateway;
  readonly fakes: Readonly<Record<string, FakeProvider>>;
  readonly ask: (dialect: DialectId, stream: boolean, extra?: Ask) => Promise<Heard>;
  /** Once so many are settled; oldest first. */
  readonly rows: (count: number) => Promise<SettledRequest[]>;
  /** Lets so much of the clock's time pass. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  readonly change?: object;
}

/** A gateway that lives by a virtual clock, with its providers. At the end no timer and no request may be left. */
export async function routed(options: RoutedOptions, test: (routed: Routed) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  const moving = clock.autoAdvance();
  const names = Object.keys(options.providers);
  const fakes = Object.fromEntries(
    await Promise.all(
      names.map(async (name, at) => {
        const script = options.providers[name] ?? [];
        return [name, await startFakeProvider({ key: KEY, keys: [SECOND_KEY], clock, script, countFrom: at * 1000 })] as const;
      }),
    ),
  );
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-routed-'));
  const parsed = parseConfig({
    providers: Object.fromEntries(
      names.map((name) => [
        name,
        {
          kind: 'openai-compatible',
          baseUrl: `${fakes[name]!.url}/v1`,
          dialects: DIALECT_IDS,
          prices: { '*': PRICES },
          ...options.providerConfig?.[name],
        },
      ]),
    ),
    agents: { tester: { provider: names[0], ...options.agent } },
    ...options.config,
  });
  if (parsed.faults !== undefined) throw new Error(JSON.stringify(parsed.faults));
  const running = await runGateway({
    source: {
      config: parsed.config,
      keys: options.keys ?? names.map((name) => ({ id: `${name}/key`, provider: name, secret: KEY })),
      tokens: { tester: TOKEN },
    },
    network: { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true },
    dataDir,
    port: 0,
    portIsWish: false,
    workspace: 'test',
    log: logTo(() => undefined),
    ports: { clock, timers: clock, random: systemRandom },
  });
  const rows = async (count: number): Promise<SettledRequest[]> => {
    const found = await eventually(
      () => running.ledger.requests({ limit: 1000 }),
      (all) => all.length >= count,
    );
    assert.equal(found.length, count, 'settlements');
    return found.reverse();
  };
  try {
    await test({
      clock,
      running,
      fakes,
      rows,
      ask(dialect, stream, { headers, change } = {}) {
        const wire = WIRES[dialect];
        const body = { ...wire.body(stream), ...change };
        const all = { ...wire.headers, ...headers };
        return hear(clock, running.server.url, { path: wire.path(stream), headers: all, body, patienceMs: 2_000_000 });
      },
      wait: (milliseconds) => new Promise((resolve) => void clock.after(milliseconds, resolve)),
    });
    assert.equal(
      await eventually(
        () => clock.pending,
        (left) => left === 0,
      ),
      0,
      'timers are left',
    );
    const open = () =>
      Object.values(fakes).flatMap(({ requests }) =>
        requests.filter(({ aborted, times }) => !aborted && times.ended === undefined),
      );
    assert.equal((await eventually(open, ({ length }) => length === 0)).length, 0, 'requests are open at a provider');
  } finally {
    moving.stop();
    await running.close(0);
    for (const fake of Object.values(fakes)) await fake.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

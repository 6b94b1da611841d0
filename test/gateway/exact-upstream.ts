import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CarryMemory } from '../../src/core/gateway/translate/carry-memory.ts';
import { ConversationIssuers } from '../../src/core/gateway/translate/foreign-state.ts';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import { newRequestIds } from '../../src/core/ledger/ids.ts';
import type { SettledRequest } from '../../src/core/ledger/records.ts';
import { openLedger } from '../../src/core/ledger/store.ts';
import type { Upstream } from '../../src/core/ports.ts';
import type { HealthBook } from '../../src/core/routing/health/health.ts';
import { newRoutingState } from '../../src/core/routing/routing-state.ts';
import { buildSnapshot } from '../../src/core/routing/snapshot.ts';
import type { StreamTiming } from '../../src/core/gateway/answer-sink.ts';
import { Dialer } from '../../src/core/server/dial.ts';
import { listen, type ServerPatience } from '../../src/core/server/listen.ts';
import { logTo, systemClock, systemRandom, systemTimers } from '../../src/host/system-ports.ts';
import { eventually, sourceFor } from '../support/gateway.ts';

export interface ExactAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly Buffer[];
}

export interface ExactGateway {
  readonly url: string;
  /** What the next request is answered with, in exactly these chunks: between sockets the kernel would join them. */
  answer: ExactAnswer;
  /** The newest row, once there are `count`. */
  newest(count: number): Promise<SettledRequest>;
  close(): Promise<void>;
}

/** The gateway over real HTTP on the agent's side; on the provider's side bytes are cut to the letter, or `provider` is dialled. */
export async function startExactGateway(
  options: {
    readonly provider?: string;
    readonly dialects?: readonly DialectId[];
    readonly streamTiming?: StreamTiming;
    readonly patience?: ServerPatience;
  } = {},
): Promise<ExactGateway> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-exact-'));
  const log = logTo(() => undefined);
  const ledger = openLedger({ file: path.join(dataDir, 'ledger.sqlite'), price: () => 1, clock: systemClock, log });
  const gateway = { answer: { status: 200, headers: {}, chunks: [] } as ExactAnswer };
  const upstream: Upstream = {
    send(_request, sink) {
      let over = false;
      const { status, headers, chunks } = gateway.answer;
      setImmediate(() => {
        if (!over) sink.response(status, headers);
        for (const chunk of chunks) if (!over) sink.data(chunk);
        if (!over) sink.end();
      });
      return { sent: true, pause() {}, resume() {}, abort: () => void (over = true) };
    },
  };
  const { provider = 'http://127.0.0.1:9', dialects } = options;
  const snapshot = buildSnapshot(sourceFor({ provider, ...(dialects && { dialects }) }));
  const dialer = new Dialer({ httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true });
  const server = await listen(
    {
      snapshot: () => snapshot,
      upstreamFor: () => (options.provider === undefined ? upstream : dialer),
      ledger,
      budgets: ledger.budgets,
      carries: new CarryMemory(),
      issuers: new ConversationIssuers(),
      routing: newRoutingState(systemClock, systemTimers, ALWAYS_WELL),
      refusedTokens: { refused: () => ({ slowed: false }) },
      audit: () => undefined,
      tell: () => undefined,
      price: () => 1,
      newId: newRequestIds(systemClock, systemRandom),
      workspace: 'test',
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      log,
      ...(options.streamTiming && { streamTiming: options.streamTiming }),
    },
    0,
    options.patience,
  );
  const usage = (): number => ledger.usage({ by: [] })[0]?.requests ?? 0;
  return Object.assign(gateway, {
    url: server.url,
    newest: async (count: number) => {
      const found = await eventually(usage, (settled) => settled >= count);
      if (found !== count) throw new Error(`${found} requests are settled, not ${count}`);
      return ledger.requests({ limit: 1 })[0]!;
    },
    close: async () => {
      await server.close(0);
      await dialer.close();
      ledger.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  });
}

/** A gateway that remembers no failure: each answer is looked at on its own. */
const ALWAYS_WELL: HealthBook = {
  admit: () => ({ kind: 'go' }),
  of: (place) => ({
    ...place,
    state: 'well',
    why: undefined,
    since: undefined,
    until: undefined,
    consecutiveFailures: 0,
    latencyMs: undefined,
    headroom: undefined,
  }),
  succeeded: () => undefined,
  failed: () => undefined,
  released: () => undefined,
  heard: () => undefined,
  forgive: () => undefined,
  all: () => [],
};

/** Pieces of `size` bytes. Of a large answer only the beginning and the end are cut finer than 64 bytes: that is where events differ. */
export function cutBy(bytes: Buffer, size: number | 'whole'): readonly Buffer[] {
  if (size === 'whole') return [bytes];
  const chunks: Buffer[] = [];
  const fine = 3000;
  for (let at = 0; at < bytes.length;) {
    const step = size < 64 && at >= fine && at < bytes.length - fine ? 64 + (at % 7) : size;
    chunks.push(bytes.subarray(at, at + step));
    at += step;
  }
  return chunks;
}

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { NO_USAGE } from '../../src/core/ir/usage.ts';
import { newRequestIds } from '../../src/core/ledger/ids.ts';
import { openLedger } from '../../src/core/ledger/store.ts';
import { systemRandom } from '../../src/host/system-ports.ts';

const QUARTER_MS = 900_000;

export interface Habits {
  readonly agent: string;
  readonly provider: string;
  readonly model: string;
  /** Quarters of an hour before the present one, the youngest last; each with so many requests. */
  readonly quarters: number;
  readonly requests: number;
  /** Of one request. */
  readonly nano: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly output: number;
}

/** A past for an agent, written through the real store: what it did in the quarters before `now`. */
export async function writePast(folder: string, habits: Habits, now = Date.now()): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { agent, provider, model, quarters, requests, nano, firstByteMs, totalMs, output } = habits;
  let at = 0;
  const clock = { now: () => at, monotonic: () => at };
  const log = { error() {}, warn() {}, info() {}, debug() {} };
  const ledger = openLedger({ file: path.join(folder, 'ledger.sqlite'), clock, log, price: () => nano });
  const newId = newRequestIds(clock, systemRandom);
  const first = Math.floor(now / QUARTER_MS) - quarters;
  for (let slot = first; slot < first + quarters; slot++) {
    for (let n = 0; n < requests; n++) {
      at = slot * QUARTER_MS + n * 1000;
      const id = newId();
      await ledger.open({
        id,
        at,
        workspace: 'w',
        agent,
        session: undefined,
        operation: 'generate',
        dialect: 'anthropic-messages',
        requestedModel: model,
        provider,
        model,
        key: undefined,
        mode: 'relay',
        stream: true,
        bytesIn: 4000,
      });
      ledger.settle({
        id,
        settled: 'done',
        status: 200,
        attempts: 1,
        firstByteMs,
        totalMs,
        bytesOut: 9000,
        usage: { ...NO_USAGE, input: 1000, output, source: 'reported' },
        tier: undefined,
        billable: true,
        error: undefined,
      });
    }
  }
  ledger.close();
}

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NO_USAGE } from '../../../src/core/ir/usage.ts';
import type { Usage } from '../../../src/core/ir/usage.ts';
import { newRequestIds } from '../../../src/core/ledger/ids.ts';
import type { OpenedRequest, Settlement } from '../../../src/core/ledger/records.ts';
import { openLedger } from '../../../src/core/ledger/store.ts';
import type { LedgerOptions } from '../../../src/core/ledger/options.ts';
import type { LedgerStore } from '../../../src/core/ledger/store.ts';
import type { Clock, Log, Random } from '../../../src/core/ports.ts';
import { randomBytes } from 'node:crypto';

export const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
export const random: Random = { bytes: (size) => randomBytes(size), fraction: () => Math.random() };
export const NOON = Date.UTC(2026, 10, 21, 12);

let idTime = NOON;
const nextId = newRequestIds({ ...clock, now: () => idTime }, random);

/** As the gateway makes it: a request's id begins with its time. */
function idAt(at: number): string {
  idTime = at;
  return nextId();
}

/** A folder of its own on a real disk, and everything opened in it closed again. */
export function scratch(): { folder: string; file: string; later(clean: () => void): void; clean(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-ledger-'));
  const cleaners: (() => void)[] = [];
  return {
    folder,
    file: path.join(folder, 'ledger.sqlite'),
    later: (clean) => cleaners.push(clean),
    clean: () => {
      for (const clean of cleaners.reverse()) clean();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface LoggedLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly message: string;
}

export function memoryLog(): Log & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at = (level: LoggedLine['level']) => (message: string) => void lines.push({ level, message });
  return { lines, error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

/** Two nano-dollars a token in, ten out; models named `unknown...` have no price. */
export function testPrice(request: OpenedRequest, usage: Usage): number | undefined {
  if (request.model.startsWith('unknown')) return undefined;
  return 2 * (usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h) + 10 * usage.output;
}

export function ledgerOn(file: string, options: Partial<LedgerOptions> = {}): LedgerStore {
  return openLedger({ file, price: testPrice, clock, log: memoryLog(), ...options });
}

export function opened(values: Partial<OpenedRequest> = {}): OpenedRequest {
  return {
    id: idAt(values.at ?? NOON),
    at: NOON,
    workspace: 'gatehouse',
    agent: 'claude-code',
    session: '6f1d2c1e-7a0b-4c55-9d53-0d9c3c1f7a11',
    operation: 'generate',
    dialect: 'anthropic-messages',
    requestedModel: 'claude-opus-5-5',
    provider: 'anthropic',
    model: 'claude-opus-5-5',
    key: 'anthropic/work',
    mode: 'relay',
    stream: true,
    bytesIn: 4_000,
    ...values,
  };
}

/** Until the rows of what was opened or settled are in the file. */
export async function rowsWritten(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  // Where both timers were late, the group is written in the turn after.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export function usageOf(values: Partial<Usage> = {}): Usage {
  return { ...NO_USAGE, source: 'reported', ...values };
}

export function settlement(id: string, values: Partial<Settlement> = {}): Settlement {
  return {
    id,
    settled: 'done',
    status: 200,
    attempts: 1,
    firstByteMs: 420,
    totalMs: 3_100,
    bytesOut: 9_000,
    usage: usageOf({ input: 100, output: 20 }),
    tier: undefined,
    billable: true,
    error: undefined,
    ...values,
  };
}

export async function until(condition: () => boolean, what: string, patienceMs = 5_000): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

import { join } from 'node:path';
import { newRequestIds } from '../../../src/core/ledger/ids.ts';
import { createPriceBook } from '../../../src/core/ledger/price-book.ts';
import { openLedger } from '../../../src/core/ledger/store.ts';
import type { DialectId } from '../../../src/core/ir/dialect.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

interface Habit {
  readonly agent: string;
  readonly provider: string;
  readonly model: string;
  readonly dialect: DialectId;
  readonly requestsADay: number;
  readonly input: number;
  readonly cacheRead: number;
  readonly output: number;
}

const HABITS: readonly Habit[] = [
  {
    agent: 'claude-code',
    provider: 'anthropic',
    model: 'claude-opus-5-5',
    dialect: 'anthropic-messages',
    requestsADay: 60,
    input: 2400,
    cacheRead: 46_000,
    output: 900,
  },
  {
    agent: 'claude-code',
    provider: 'anthropic',
    model: 'claude-haiku-4-5',
    dialect: 'anthropic-messages',
    requestsADay: 25,
    input: 1200,
    cacheRead: 0,
    output: 120,
  },
  {
    agent: 'codex',
    provider: 'openai',
    model: 'gpt-5.5',
    dialect: 'openai-responses',
    requestsADay: 40,
    input: 3100,
    cacheRead: 28_000,
    output: 1100,
  },
  {
    agent: 'gemini-cli',
    provider: 'google',
    model: 'gemini-2.5-pro',
    dialect: 'gemini',
    requestsADay: 18,
    input: 5200,
    cacheRead: 12_000,
    output: 800,
  },
  {
    agent: 'chat',
    provider: 'ollama',
    model: 'qwen3-coder',
    dialect: 'openai-chat',
    requestsADay: 15,
    input: 1800,
    cacheRead: 0,
    output: 600,
  },
];

/** Four weeks of an invented developer, written through the real store and priced by the real price book. For pictures only. */
export async function writeSampleLedger(folder: string): Promise<void> {
  const book = createPriceBook();
  const start = new Date();
  start.setHours(0, 0, 0, 0);
  let now = start.getTime() - 27 * DAY_MS;
  let seed = 42;
  const chance = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const clock = { now: () => now, monotonic: () => now };
  const log = { error() {}, warn() {}, info() {}, debug() {} };
  const ledger = openLedger({
    file: join(folder, 'ledger.sqlite'),
    clock,
    log,
    price: (request, usage, at) =>
      book.cost({
        priceProvider: request.provider,
        model: request.model,
        usage,
        at,
        overrides: {},
        free: request.provider === 'ollama',
      })?.nano,
  });
  const newId = newRequestIds(clock, {
    bytes: (size) => Uint8Array.from({ length: size }, () => Math.floor(chance() * 256)),
    fraction: chance,
  });
  const end = Date.now();
  for (let day = 0; day < 28; day++) {
    const midnight = new Date(start.getFullYear(), start.getMonth(), start.getDate() - 27 + day).getTime();
    const weekend = [0, 6].includes(new Date(midnight).getDay()) ? 0.2 : 1;
    for (const habit of HABITS) {
      const count = Math.round(habit.requestsADay * weekend * (0.5 + chance()));
      for (let n = 0; n < count; n++) {
        now = Math.floor(midnight + 8 * HOUR_MS + chance() * 10 * HOUR_MS);
        if (day === 27) now = Math.floor(midnight + chance() * (end - midnight));
        const id = newId();
        const failed = chance() < 0.01;
        const scale = 0.4 + chance() * 1.4;
        await ledger.open({
          id,
          at: now,
          workspace: 'sample',
          agent: habit.agent,
          session: undefined,
          operation: 'generate',
          dialect: habit.dialect,
          requestedModel: habit.model,
          provider: habit.provider,
          model: habit.model,
          key: `${habit.provider}/work`,
          mode: 'relay',
          stream: true,
          bytesIn: 40_000,
        });
        ledger.settle({
          id,
          settled: failed ? 'error' : 'done',
          status: failed ? 529 : 200,
          attempts: 1,
          firstByteMs: 400 + Math.floor(chance() * 1200),
          totalMs: 2500 + Math.floor(chance() * 14_000),
          bytesOut: 9000,
          usage: failed
            ? undefined
            : {
                input: Math.round(habit.input * scale),
                cacheRead: Math.round(habit.cacheRead * scale),
                cacheWrite5m: habit.dialect === 'anthropic-messages' ? Math.round(900 * scale) : 0,
                cacheWrite1h: 0,
                output: Math.round(habit.output * scale),
                reasoningWithinOutput: 0,
                units: {},
                source: 'reported',
              },
          tier: undefined,
          billable: !failed,
          error: failed ? 'upstream-529' : undefined,
        });
      }
    }
  }
  now = end;
  ledger.close();
}

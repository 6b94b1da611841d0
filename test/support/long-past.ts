import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SettledAs } from '../../src/core/ledger/records.ts';
import { ledgerOn, opened, settlement, usageOf } from '../unit/ledger/ledger-kit.ts';

const DAY_MS = 86_400_000;
const MODELS = ['claude-opus-5-5', 'claude-haiku-5', 'claude-sonnet-5', 'gpt-5.5', 'gpt-5.5-mini', 'gemini-3-pro'] as const;

export interface LongPast {
  readonly days: number;
  readonly agents: number;
  /** Of each agent, spread over its working hours. */
  readonly requestsADay: number;
  /** The end of it, milliseconds since the epoch. */
  readonly until: number;
}

/** Fills a ledger through the store's own code, roll-ups and all, with the same figures each time. Returns how many requests it holds. */
export async function writeLongPast(folder: string, { days, agents, requestsADay, until }: LongPast): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const ledger = ledgerOn(join(folder, 'ledger.sqlite'), {
    price: (_request, used) => 3_000 * used.input + 300 * used.cacheRead + 3_750 * used.cacheWrite5m + 15_000 * used.output,
  });
  let seed = 7;
  const chance = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  let written = 0;
  for (let day = days - 1; day >= 0; day--) {
    for (let agent = 0; agent < agents; agent++) {
      for (let n = 0; n < requestsADay; n++) {
        const at = Math.floor(until - day * DAY_MS - chance() * 10 * 3_600_000);
        const model = MODELS[Math.floor(chance() * MODELS.length)] ?? MODELS[0];
        const provider = model.startsWith('claude') ? 'anthropic' : model.startsWith('gpt') ? 'openai' : 'google';
        const settled: SettledAs = chance() < 0.02 ? 'error' : 'done';
        const request = opened({
          at,
          agent: `agent-${String(agent + 1).padStart(2, '0')}`,
          session: `${agent}-${day}`,
          provider,
          model,
          key: `${provider}/${chance() < 0.7 ? 'work' : 'spare'}`,
        });
        void ledger.open(request);
        const scale = 0.3 + chance() * 2;
        ledger.settle(
          settlement(request.id, {
            settled,
            status: settled === 'done' ? 200 : 529,
            firstByteMs: 300 + Math.floor(chance() * 1500),
            totalMs: 2_000 + Math.floor(chance() * 20_000),
            usage:
              settled === 'done'
                ? usageOf({
                    input: Math.round(2_000 * scale),
                    cacheRead: Math.round(40_000 * scale),
                    cacheWrite5m: Math.round(1_500 * scale),
                    output: Math.round(900 * scale),
                  })
                : undefined,
            billable: settled === 'done',
            error: settled === 'done' ? undefined : 'upstream-529',
          }),
        );
        // The book holds so many in memory and no more: what comes faster than it is written would be dropped. A question has all written.
        if (++written % 400 === 0) ledger.usage({ by: [] });
      }
    }
  }
  const [all] = ledger.usage({ by: [] });
  ledger.close();
  if (all?.requests !== written) throw new Error(`the book has ${all?.requests} of ${written} requests`);
  return written;
}

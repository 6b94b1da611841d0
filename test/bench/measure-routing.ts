import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Generator } from './generator.ts';
import { median } from './median.ts';
import { SCENARIOS } from './scenarios.ts';
import { routed, startGatehouse, type Server } from './servers.ts';

/** What 20 rules, 10 targets and limits add to a request: two gateways in turns, equal but for that. */
export interface RoutingFigures {
  /** Microseconds of processor time for a request, one a pair: of the one with routing less that of the other. */
  readonly addedUs: readonly number[];
  readonly median: number;
  /** Microseconds of processor time for a request of the one without. */
  readonly plainUs: number;
}

const WARM_UP_REQUESTS = 6_000;
/** Two processes of the same program differ by a tenth for as long as they live, by where their code happens to lie: so several pairs. */
const PAIRS = 7;
const ROUNDS = 6;
const REQUESTS = 3_000;
/**
 * With one connection the process sleeps between two requests, and what it wakes up to is cold: there the same difference is blurred by
 * 100 microseconds and more. A gateway that is busy shows what the work costs.
 */
export const BUSY = SCENARIOS.find(({ id }) => id === 'whole-64')!;

export async function measureRouting(mock: Server, generator: Generator, root: string, quick: boolean): Promise<RoutingFigures> {
  const addedUs: number[] = [];
  const plainUs: number[] = [];
  for (let pair = 0; pair < (quick ? 2 : PAIRS); pair++) {
    const { added, plain } = await measurePair(mock, generator, join(root, `pair-${pair}`), pair);
    addedUs.push(added);
    plainUs.push(plain);
  }
  return { addedUs, median: median(addedUs), plainUs: median(plainUs) };
}

async function measurePair(
  mock: Server,
  generator: Generator,
  root: string,
  pair: number,
): Promise<{ readonly added: number; readonly plain: number }> {
  const folders = { plain: join(root, 'plain'), routed: join(root, 'routed') };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  const plain = await startGatehouse(mock, folders.plain);
  const full = await startGatehouse(mock, folders.routed, [], routed);
  const cost = new Map<Server, number[]>([
    [plain, []],
    [full, []],
  ]);
  try {
    for (const server of [plain, full]) await generator.run(server, BUSY, { requests: WARM_UP_REQUESTS });
    for (let round = 0; round < ROUNDS; round++) {
      for (const server of (round + pair) % 2 === 0 ? [plain, full] : [full, plain]) {
        const before = cpuUs(server);
        const { errors } = await generator.run(server, BUSY, { requests: REQUESTS });
        if (errors > 0) throw new Error(`${errors} answers were errors`);
        cost.get(server)!.push((cpuUs(server) - before) / REQUESTS);
      }
    }
    const of = (server: Server): number => median(cost.get(server)!);
    return { added: of(full) - of(plain), plain: of(plain) };
  } finally {
    await Promise.all([plain.stop(), full.stop()]);
  }
}

/** Of all threads, since the process began, as the scheduler counts it (nanoseconds). Linux only, as the whole bench is. */
function cpuUs({ pid }: Server): number {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'));
  return threads.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1000, 0);
}

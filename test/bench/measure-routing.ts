import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Generator } from './generator.ts';
import { median } from './median.ts';
import { SCENARIOS } from './scenarios.ts';
import { routed, startGatehouse, type Server } from './servers.ts';

/** What 20 rules, 10 targets and limits add to a request: two gateways in turns, equal but for that. */
export interface RoutingFigures {
  /** Microseconds of processor time for a request, one a round: of the one with routing less that of the other. */
  readonly addedUs: readonly number[];
  readonly median: number;
  /** The same of the time to the whole answer, which the scheduler of a busy machine blurs by tenths of a millisecond. */
  readonly addedLatencyUs: number;
}

const WARM_UP_REQUESTS = 4_000;
const ROUNDS = 15;
/** The kernel counts processor time in hundredths of a second: so many requests make 3 microseconds of one. */
const REQUESTS = 3_000;
const TICK_US = 10_000;

export async function measureRouting(mock: Server, generator: Generator, root: string, quick: boolean): Promise<RoutingFigures> {
  const folders = { plain: join(root, 'plain'), routed: join(root, 'routed') };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  const plain = await startGatehouse(mock, folders.plain);
  const full = await startGatehouse(mock, folders.routed, [], routed);
  const scenario = SCENARIOS[0]!;
  const addedUs: number[] = [];
  const addedLatencyUs: number[] = [];
  try {
    for (const server of [plain, full]) await generator.run(server, scenario, { requests: WARM_UP_REQUESTS });
    for (let round = 0; round < (quick ? 3 : ROUNDS); round++) {
      const cost = new Map<Server, { readonly cpuUs: number; readonly totalMs: number }>();
      for (const server of round % 2 === 0 ? [plain, full] : [full, plain]) {
        const before = cpuUs(server);
        const slice = await generator.run(server, scenario, { requests: REQUESTS });
        if (slice.errors > 0) throw new Error(`${slice.errors} answers were errors`);
        cost.set(server, { cpuUs: (cpuUs(server) - before) / REQUESTS, totalMs: slice.total });
      }
      addedUs.push(cost.get(full)!.cpuUs - cost.get(plain)!.cpuUs);
      addedLatencyUs.push((cost.get(full)!.totalMs - cost.get(plain)!.totalMs) * 1000);
    }
    return { addedUs, median: median(addedUs), addedLatencyUs: median(addedLatencyUs) };
  } finally {
    await Promise.all([plain.stop(), full.stop()]);
  }
}

/** Of all threads, since the process began. Linux only, as the whole bench is. */
function cpuUs({ pid }: Server): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the process, in brackets, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Generator } from './generator.ts';
import { median } from './median.ts';
import { SCENARIOS } from './scenarios.ts';
import { routed, startGatehouse, type Server } from './servers.ts';

/** What 20 rules, 10 targets and limits add to a request: two gateways in turns, equal but for that. */
export interface RoutingFigures {
  /** Microseconds, one a round: the median answer of the one less that of the other. */
  readonly addedUs: readonly number[];
  readonly median: number;
}

const WARM_UP_REQUESTS = 4_000;
/** More than elsewhere: the difference of two medians is looked for, and it is a few hundredths of one of them. */
const ROUNDS = 25;

export async function measureRouting(mock: Server, generator: Generator, root: string, quick: boolean): Promise<RoutingFigures> {
  const folders = { plain: join(root, 'plain'), routed: join(root, 'routed') };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  const plain = await startGatehouse(mock, folders.plain);
  const full = await startGatehouse(mock, folders.routed, [], routed);
  const scenario = SCENARIOS[0]!;
  const addedUs: number[] = [];
  try {
    for (const server of [plain, full]) await generator.run(server, scenario, { requests: WARM_UP_REQUESTS });
    for (let round = 0; round < (quick ? 5 : ROUNDS); round++) {
      const totals = new Map<Server, number>();
      for (const server of round % 2 === 0 ? [plain, full] : [full, plain]) {
        const slice = await generator.run(server, scenario, { milliseconds: 400, warmUpMs: 60 });
        if (slice.errors > 0) throw new Error(`${slice.errors} answers were errors`);
        totals.set(server, slice.total);
      }
      addedUs.push((totals.get(full)! - totals.get(plain)!) * 1000);
    }
    return { addedUs, median: median(addedUs) };
  } finally {
    await Promise.all([plain.stop(), full.stop()]);
  }
}

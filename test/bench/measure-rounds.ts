import type { Generator } from './generator.ts';
import type { SliceResult } from './load-generator.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';
import { startBareRelay, startGatehouse, startNginx } from './servers.ts';
import type { Server } from './servers.ts';

export const WAYS = ['direct', 'nginx', 'bare relay', 'gatehouse'] as const;
export type Way = (typeof WAYS)[number];

/** Before the first round, of each kind: until code that runs often has been compiled. */
const WARM_UP_REQUESTS = 2_000;

export interface Effort {
  readonly rounds: number;
  /** Length of one slice with one connection, and with many. */
  readonly singleMs: number;
  readonly manyMs: number;
  readonly warmUpMs: number;
}

/** One entry a round, in order. A way that is not on this machine has none. */
export type RoundFigures = Readonly<Record<Scenario['id'], Partial<Record<Way, SliceResult[]>>>>;

export interface Rounds {
  readonly figures: RoundFigures;
  /** Answers that Gatehouse gave, warm-up included, and what its ledger says of them: they must agree. */
  readonly settled: Readonly<Record<string, number>>;
}

/**
 * In each round every way has its turn in every scenario, in an order that moves on by one each round: a minute in which the machine is
 * busy with something else falls on all of them.
 */
export async function measureRounds(mock: Server, generator: Generator, root: string, effort: Effort): Promise<Rounds> {
  const bare = await startBareRelay(mock);
  const nginx = await startNginx(mock, root);
  const gatehouse = await startGatehouse(mock, root);
  const servers: [Way, Server][] = [
    ['direct', mock],
    ['bare relay', bare],
    ['gatehouse', gatehouse],
  ];
  if (nginx !== undefined) servers.push(['nginx', nginx]);
  const figures: RoundFigures = { 'whole-1': {}, 'stream-1': {}, 'whole-64': {}, 'stream-64': {} };
  try {
    for (const [, server] of servers) {
      for (const stream of [true, false]) await generator.run(server, { stream, connections: 16 }, { requests: WARM_UP_REQUESTS });
    }
    for (let round = 0; round < effort.rounds; round++) {
      for (const scenario of SCENARIOS) {
        const milliseconds = scenario.connections === 1 ? effort.singleMs : effort.manyMs;
        for (const [way, server] of rotated(servers, round)) {
          const result = await generator.run(server, scenario, { milliseconds, warmUpMs: effort.warmUpMs });
          (figures[scenario.id][way] ??= []).push(result);
        }
      }
      process.stderr.write(`round ${round + 1} of ${effort.rounds}\r`);
    }
    return { figures, settled: await gatehouse.booked() };
  } finally {
    await Promise.all([bare.stop(), nginx?.stop(), gatehouse.stop()]);
  }
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

import type { Generator } from './generator.ts';
import { startBareRelay, startGatehouse } from './servers.ts';
import type { Memory, Server } from './servers.ts';

const EARLY = 1_000;
const LATE = 20_000;
const BATCH = 1_000;
const CONNECTIONS = 16;

export interface MemoryGrowth {
  readonly early: Memory;
  readonly late: Memory;
}

export interface MemoryFigures {
  readonly gatehouse: MemoryGrowth;
  readonly bareRelay: MemoryGrowth;
}

/**
 * Fresh processes, whole answers and streams in turn. RSS is what somebody sees who looks at the list of processes; `live` is what is
 * really held, and says whether something leaks.
 */
export async function measureMemory(mock: Server, generator: Generator, root: string): Promise<MemoryFigures> {
  const gatehouse = await growth(await startGatehouse(mock, root), generator);
  const bareRelay = await growth(await startBareRelay(mock), generator);
  return { gatehouse, bareRelay };
}

async function growth(server: Server, generator: Generator): Promise<MemoryGrowth> {
  try {
    let asked = 0;
    const askUntil = async (count: number): Promise<void> => {
      for (; asked < count; asked += BATCH) {
        for (const stream of [false, true])
          await generator.run(server, { stream, connections: CONNECTIONS }, { requests: BATCH / 2 });
      }
    };
    await askUntil(EARLY);
    const early = await server.memory();
    await askUntil(LATE);
    return { early, late: await server.memory() };
  } finally {
    await server.stop();
  }
}

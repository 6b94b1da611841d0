import { setTimeout as delay } from 'node:timers/promises';
import type { Generator } from './generator.ts';
import { startBareRelay, startGatehouse } from './servers.ts';
import type { Server } from './servers.ts';

/** Milliseconds, one entry a start. */
export interface StartFigures {
  readonly gatehouse: readonly Start[];
  readonly bareRelay: readonly Start[];
}

export interface Start {
  /** From the start of the process to its ready line. */
  readonly ready: number;
  /** The first answer, asked for when the server has been up for a moment: connections are made and code runs for the first time. */
  readonly firstRequest: number;
}

const PAUSE_MS = 500;

export async function measureStart(mock: Server, generator: Generator, root: string, starts: number): Promise<StartFigures> {
  const gatehouse: Start[] = [];
  const bareRelay: Start[] = [];
  for (let i = 0; i < starts; i++) {
    gatehouse.push(await measure(await startGatehouse(mock, root), generator));
    bareRelay.push(await measure(await startBareRelay(mock), generator));
  }
  return { gatehouse, bareRelay };
}

async function measure(server: Server, generator: Generator): Promise<Start> {
  try {
    await delay(PAUSE_MS);
    const { total } = await generator.run(server, { stream: false, connections: 1 }, { requests: 1 });
    return { ready: server.startMs, firstRequest: total };
  } finally {
    await server.stop();
  }
}

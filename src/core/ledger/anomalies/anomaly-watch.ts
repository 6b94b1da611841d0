import { totalInput } from '../../ir/usage.ts';
import type { SettledRequest } from '../records.ts';
import { isTimed, outputMs } from '../rollups/counts.ts';
import type { Quarter } from '../rollups/read-quarters.ts';
import { slotAt } from '../rollups/slots.ts';
import type { Anomaly, AnomalyKind } from './anomaly.ts';
import { Episode, type LastTold } from './episode.ts';
import { ErrorWatch, isFailure } from './error-watch.ts';
import { LatencyWatch } from './latency-watch.ts';
import { SpendWatch } from './spend-watch.ts';

/** Models are named by agents, of which any may invent some; what invents does not answer, but a bound all the same. */
const MOST_TARGETS = 100;

interface Watched<Watch> {
  readonly watch: Watch;
  readonly episode: Episode;
}

interface WatchedAgent {
  /** The quarter of an hour under way. */
  slot: number;
  readonly spend: Watched<SpendWatch>;
  readonly errors: Watched<ErrorWatch>;
  /** By target. One that makes all models slow is one piece of news. */
  readonly latencies: Map<string, Watched<LatencyWatch>>;
  readonly slownessTold: LastTold;
}

/**
 * Watches what is settled for agents that are unlike their own past. It knows no clock, no disk and no setting: who feeds it says what time
 * it is, and does something about what it finds. It is of the ledger, since it knows nothing but settled requests and roll-ups.
 *
 * What is usual are percentiles over the quarters of an hour in which the agent did anything: costs and delays have heavy tails and come
 * in bursts, which a mean and a deviation do not describe. `test/properties/anomalies.test.ts` has how often it errs. Measured: 1 to 2 us a
 * row, 4 on a busy machine, and 80 kB for an agent with two models.
 */
export class AnomalyWatch {
  readonly #agents = new Map<string, WatchedAgent>();

  /** Quarters from before, the oldest first, and before anything is seen. */
  learn(quarters: readonly Quarter[]): void {
    const open = new Map<string, { slot: number; costNano: number }>();
    for (const quarter of quarters) {
      const { agent, target, slot, costNano, requests, errors } = quarter;
      const watched = this.#of(agent);
      watched.errors.watch.learn(requests, errors);
      latencyOf(watched, target)?.watch.learn(quarter);
      const before = open.get(agent);
      if (before?.slot === slot) before.costNano += costNano;
      else {
        watched.spend.watch.learn(before?.costNano ?? 0);
        open.set(agent, { slot, costNano });
      }
    }
    for (const [agent, { costNano }] of open) this.#of(agent).spend.watch.learn(costNano);
  }

  /** What has just been settled; `now`: milliseconds since the epoch. Of the `kinds` that are asked for, what there is to tell. */
  saw(entry: SettledRequest, kinds: readonly AnomalyKind[], now: number): readonly Anomaly[] {
    const { agent, error, attempts } = entry;
    const watched = this.#of(agent);
    closeQuarters(watched, slotAt(now, 0));
    const { spend } = watched;
    spend.watch.saw(entry.costNano ?? 0, now);
    const failed = isFailure(entry);
    const errors = failed === undefined ? undefined : watched.errors;
    errors?.watch.saw(failed === true, error, now);
    const target = `${entry.provider}/${entry.model}`;
    // Of several attempts the last one's time is not told apart from that of the others.
    const latency = attempts === 1 && isTimed(entry) ? latencyOf(watched, target) : undefined;
    latency?.watch.saw(timesOf(entry), now);
    const found: Anomaly[] = [];
    const judgedBy = { spend, errors, latency };
    for (const kind of kinds) {
      const judged = judgedBy[kind];
      if (judged?.episode.begins(judged.watch, now) === true) found.push(judged.watch.describe(agent, target));
    }
    return found;
  }

  #of(agent: string): WatchedAgent {
    let watched = this.#agents.get(agent);
    if (watched === undefined) {
      watched = {
        slot: 0,
        spend: { watch: new SpendWatch(), episode: new Episode() },
        errors: { watch: new ErrorWatch(), episode: new Episode() },
        latencies: new Map(),
        slownessTold: { at: -Infinity },
      };
      this.#agents.set(agent, watched);
    }
    return watched;
  }
}

function closeQuarters(watched: WatchedAgent, slot: number): void {
  if (slot === watched.slot) return;
  watched.slot = slot;
  watched.spend.watch.closeQuarter();
  watched.errors.watch.closeQuarter();
  for (const { watch } of watched.latencies.values()) watch.closeQuarter();
}

function latencyOf({ latencies, slownessTold }: WatchedAgent, target: string): Watched<LatencyWatch> | undefined {
  let latency = latencies.get(target);
  if (latency === undefined && latencies.size < MOST_TARGETS) {
    latency = { watch: new LatencyWatch(), episode: new Episode(slownessTold) };
    latencies.set(target, latency);
  }
  return latency;
}

function timesOf(entry: SettledRequest) {
  const { usage, firstByteMs, totalMs, trace } = entry;
  const queuedMs = trace?.queuedMs ?? 0;
  return {
    fresh: totalInput(usage) - usage.cacheRead,
    output: usage.output,
    totalMs: totalMs - queuedMs,
    firstByteMs: firstByteMs === undefined ? undefined : firstByteMs - queuedMs,
    outputMs: outputMs(entry),
  };
}

import type { Anomaly } from '../../core/ledger/anomalies/anomaly.ts';
import { endOfToday } from '../local-day.ts';

/** Where it is kept until when each agent is not spoken of; all windows share it. A part of the editor's Memento. */
interface Kept {
  get<T>(key: string, otherwise: T): T;
  update(key: string, value: unknown): Thenable<void>;
}

type QuietUntil = Readonly<Record<string, number>>;

const KEY = 'gatehouse.quietAgents';

/** Decides which anomalies are worth a notification: one at a time of an agent and a kind, and none of an agent that is not to be spoken of today. */
export class AnomalyAlarms {
  readonly #kept: Kept;
  readonly #open = new Set<string>();

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** False: a line in the log is enough. True: it is being shown, until `closed`. What was paused has to be known of. */
  opens({ agent, kind }: Anomaly, paused: boolean, now: number): boolean {
    const name = nameOf(agent, kind, paused);
    const quiet = now < (this.#quiet()[agent] ?? 0);
    if (this.#open.has(name) || (quiet && !paused)) return false;
    this.#open.add(name);
    return true;
  }

  closed({ agent, kind }: Anomaly, paused: boolean): void {
    this.#open.delete(nameOf(agent, kind, paused));
  }

  async notAgainToday(agent: string, now: number): Promise<void> {
    const still = Object.entries(this.#quiet()).filter(([, until]) => until > now);
    await this.#kept.update(KEY, { ...Object.fromEntries(still), [agent]: endOfToday(now) });
  }

  #quiet(): QuietUntil {
    return this.#kept.get<QuietUntil>(KEY, {});
  }
}

/** One that says "paused" has to be seen beside one that does not. */
function nameOf(agent: string, kind: string, paused: boolean): string {
  return [agent, kind, paused].join('\n');
}

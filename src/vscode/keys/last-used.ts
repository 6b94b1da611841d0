import type { Memento } from 'vscode';
import type { SettledRequest } from '../../core/ledger/records.ts';

const NAME = 'gatehouse.keysLastUsed';
/** It is for people, who do not need it to the second. */
const PAUSE_MS = 10 * 60 * 1000;

/** When each key was used last, by its id. Told by what was settled, and written seldom. */
export class LastUsed {
  readonly #memory: Memento;
  readonly #fresh = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(memory: Memento) {
    this.#memory = memory;
  }

  saw(requests: readonly Pick<SettledRequest, 'key' | 'at'>[]): void {
    for (const { key, at } of requests) if (key !== undefined) this.#fresh.set(key, Math.max(at, this.#fresh.get(key) ?? 0));
    if (this.#fresh.size > 0) this.#timer ??= setTimeout(() => void this.save(), PAUSE_MS).unref();
  }

  /** Milliseconds since the epoch; undefined: never, or nothing is known of it. */
  of(key: string): number | undefined {
    const times = [this.#fresh.get(key), this.#kept()[key]].filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** Everything was erased: nothing is written back. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#fresh.clear();
  }

  /** Another window may have seen a later use: the latest stays. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#fresh.size === 0) return;
    const kept = { ...this.#kept() };
    for (const [key, at] of this.#fresh) kept[key] = Math.max(at, kept[key] ?? 0);
    await this.#memory.update(NAME, kept);
  }

  #kept(): Readonly<Record<string, number>> {
    return this.#memory.get<Record<string, number>>(NAME) ?? {};
  }
}

import type { Budget } from './budget.ts';
import type { Standing } from './spending.ts';
import { beginsAt, countedAt } from './windows.ts';

/**
 * What stands for the file while it cannot be asked (a full disk, a lock that somebody keeps): how it stood with a budget when it was last
 * asked, and what was let through since. Requests go on, as the house has it, but one process alone cannot spend without end. What
 * other processes spend meanwhile is not seen, and what settles for less does not come back.
 */
export class LastSeen {
  readonly #seen = new Map<Budget, Standing>();
  readonly #since = new Map<Budget, number>();

  /** `worst` is what was reserved upon it. */
  saw(standing: Standing, worst: number): void {
    this.#seen.set(standing.budget, standing);
    this.#since.set(standing.budget, worst);
  }

  passed(budget: Budget, worst: number): void {
    this.#since.set(budget, (this.#since.get(budget) ?? 0) + worst);
  }

  standing(budget: Budget, at: number, now: number): Standing {
    const counted = countedAt(budget.window, at, now);
    const seen = this.#seen.get(budget);
    // In a rolling window nobody knows what has left it; a calendar window of its own begins with nothing.
    const holds = seen !== undefined && (counted.kind === 'rolling' || beginsAt(seen.counted) === beginsAt(counted));
    if (!holds && seen !== undefined) {
      this.#seen.delete(budget);
      this.#since.delete(budget);
    }
    const { spent, reserved, unpriced } = holds ? seen : { spent: 0, reserved: 0, unpriced: 0 };
    return { budget, counted, spent, reserved: reserved + (this.#since.get(budget) ?? 0), unpriced };
  }
}

const MINUTE_MS = 60_000;
/** As long as the slots of the finest roll-ups, so that what is seen and what is remembered can be compared. */
const MINUTES = 15;

/** Of the total, what has to lie behind the moment at which it is said to have begun. */
const MOST = 0.9;

/** What was counted in the last quarter of an hour, by minute of the clock. Amounts are integers, so that taking away is exact. */
export class Minutes {
  readonly #amounts = new Float64Array(MINUTES);
  #minute = 0;
  #total = 0;

  add(amount: number, now: number): void {
    this.moveTo(now);
    const at = this.#minute % MINUTES;
    this.#amounts[at] = (this.#amounts[at] ?? 0) + amount;
    this.#total += amount;
  }

  /** A clock that is set back stands still here. */
  moveTo(now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    for (let gone = Math.min(minute - this.#minute, MINUTES); gone > 0; gone--) {
      const at = (minute - gone + 1) % MINUTES;
      this.#total -= this.#amounts[at] ?? 0;
      this.#amounts[at] = 0;
    }
    this.#minute = Math.max(this.#minute, minute);
  }

  get total(): number {
    return this.#total;
  }

  /** In how many minutes there was any. */
  get active(): number {
    let active = 0;
    for (const amount of this.#amounts) if (amount > 0) active += 1;
    return active;
  }

  /** The latest minutes that hold most of it: when they began, how many they are, and how much is in them. */
  onset(): { readonly since: number; readonly minutes: number; readonly amount: number } {
    let amount = 0;
    let minutes = 0;
    while (minutes < MINUTES && (minutes === 0 || amount < MOST * this.#total)) {
      amount += this.#amounts[(this.#minute - minutes + MINUTES) % MINUTES] ?? 0;
      minutes += 1;
    }
    return { since: (this.#minute - minutes + 1) * MINUTE_MS, minutes, amount };
  }
}

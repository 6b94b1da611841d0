import type { OpenedRequest, SettledRequest } from './records.ts';

export type Write =
  | { readonly kind: 'open'; readonly request: OpenedRequest }
  /** The entry is made when it is written: pricing takes longer than all else in a settlement, and nobody waits for it. */
  | { readonly kind: 'settle'; readonly request: OpenedRequest; readonly entry: () => SettledRequest };

/** What is on its way to disk. Openings go before settlements, so each request is opened before it is settled. */
export class WriteQueue {
  #opens: Write[] = [];
  #settlements: Write[] = [];

  get length(): number {
    return this.#opens.length + this.#settlements.length;
  }

  /** How many of them open a request. */
  get opens(): number {
    return this.#opens.length;
  }

  push(write: Write): void {
    (write.kind === 'open' ? this.#opens : this.#settlements).push(write);
  }

  first(count: number): readonly Write[] {
    const opens = this.firstOpens(count);
    return [...opens, ...this.#settlements.slice(0, count - opens.length)];
  }

  firstOpens(count: number): readonly Write[] {
    return this.#opens.slice(0, count);
  }

  /** Forgets a group that was taken with `first` or `firstOpens`: it is written. */
  drop(group: readonly Write[]): void {
    const opens = group.filter(({ kind }) => kind === 'open').length;
    this.#opens.splice(0, opens);
    this.#settlements.splice(0, group.length - opens);
  }

  /** For a fresh file, in which nothing is open yet: what is in flight, and what waits for its settlement, is opened there first. */
  openAgain(inFlight: Iterable<OpenedRequest>): void {
    const opening = new Set(this.#opens.map(({ request }) => request.id));
    const settling = this.#settlements.map(({ request }) => request);
    const missing = [...inFlight, ...settling].filter((request) => !opening.has(request.id));
    this.#opens.unshift(...missing.map((request): Write => ({ kind: 'open', request })));
  }
}

import type { OpenedRequest, Settlement } from './records.ts';

export type Write =
  | { readonly kind: 'open'; readonly request: OpenedRequest }
  /** Priced when it is written, not while the agent waits. */
  | { readonly kind: 'settle'; readonly request: OpenedRequest; readonly settlement: Settlement };

/** What is on its way to disk, in order. */
export class WriteQueue {
  #writes: Write[] = [];
  #opens = 0;

  get length(): number {
    return this.#writes.length;
  }

  /** How many of them open a request. */
  get opens(): number {
    return this.#opens;
  }

  push(write: Write): void {
    this.#writes.push(write);
    if (write.kind === 'open') this.#opens++;
  }

  first(count: number): readonly Write[] {
    return this.#writes.slice(0, count);
  }

  /** Forgets the first `count`: they are written. */
  drop(count: number): void {
    for (const write of this.#writes.splice(0, count)) if (write.kind === 'open') this.#opens--;
  }

  /** For a fresh file, in which nothing is open yet: what is in flight, and what waits for its settlement, is opened there first. */
  openAgain(inFlight: Iterable<OpenedRequest>): void {
    const opening = new Set(this.#writes.map((write) => (write.kind === 'open' ? write.request.id : undefined)));
    const settling = this.#writes.flatMap((write): OpenedRequest[] => (write.kind === 'settle' ? [write.request] : []));
    const missing = [...inFlight, ...settling].filter((request) => !opening.has(request.id));
    this.#writes.unshift(...missing.map((request): Write => ({ kind: 'open', request })));
    this.#opens += missing.length;
  }
}

/**
 * Serves flows in turn, and first come first served within a flow: a flow with one waiting is next after at most one of each other,
 * however many those have. Flows are forgotten with the last that waits in them.
 */
export class FairQueue<Item> {
  /** In the order of their turns: a flow that was served goes to the end, and so does a new one. None is empty. */
  readonly #flows = new Map<string, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  lengthOf(flow: string): number {
    return this.#flows.get(flow)?.length ?? 0;
  }

  push(flow: string, item: Item): void {
    const items = this.#flows.get(flow);
    if (items === undefined) this.#flows.set(flow, [item]);
    else items.push(item);
    this.#size += 1;
  }

  peek(): Item | undefined {
    for (const items of this.#flows.values()) return items[0];
    return undefined;
  }

  take(): Item | undefined {
    for (const [flow, items] of this.#flows) {
      const item = items.shift();
      this.#flows.delete(flow);
      if (items.length > 0) this.#flows.set(flow, items);
      this.#size -= 1;
      return item;
    }
    return undefined;
  }

  /** Takes it out of the middle; the turns of the others stay as they are. */
  remove(flow: string, item: Item): void {
    const items = this.#flows.get(flow);
    const at = items?.indexOf(item) ?? -1;
    if (items === undefined || at < 0) return;
    items.splice(at, 1);
    if (items.length === 0) this.#flows.delete(flow);
    this.#size -= 1;
  }

  indexOf(flow: string, item: Item): number {
    return this.#flows.get(flow)?.indexOf(item) ?? -1;
  }

  /**
   * Who should make room for one more of `flow` in a queue that is full: the newest of the largest flow, so that a flow which came
   * first with a hundred cannot shut out the others for as long as it likes; being served in turn helps only those who are in the
   * queue. The newest, because it has waited least and its flow keeps its order. Only where the flow that gives way still has at least
   * as many as the one that gains: otherwise two flows would push each other out in turn, and nobody would be served sooner.
   */
  givesWayTo(flow: string): Item | undefined {
    let largest: Item[] = [];
    for (const items of this.#flows.values()) if (items.length > largest.length) largest = items;
    return largest.length > this.lengthOf(flow) + 1 ? largest.at(-1) : undefined;
  }

  /** Visits those who will be served before the one at `index` of `flow` (its length: before a newcomer), if nobody else comes. */
  visitAhead(flow: string, index: number, visit: (item: Item) => void): void {
    // Flows before it in the ring have one turn more by then.
    let turns = index + 1;
    for (const [name, items] of this.#flows) {
      if (name === flow) turns = index;
      for (let at = 0; at < turns && at < items.length; at++) visit(items[at] as Item);
    }
  }
}

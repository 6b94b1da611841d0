/** Agents whose requests are refused until somebody resumes them. In memory: a restart resumes all. */
export class PausedAgents {
  readonly #agents = new Set<string>();

  pause(agent: string): void {
    this.#agents.add(agent);
  }

  resume(agent: string): void {
    this.#agents.delete(agent);
  }

  has(agent: string): boolean {
    return this.#agents.has(agent);
  }

  all(): readonly string[] {
    return [...this.#agents];
  }
}

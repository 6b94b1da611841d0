import type { Memento } from 'vscode';

const NAME = 'gatehouse.allowedExtensions';

/** Extensions that the user allowed to spend, by id, in lower case. */
export class AllowedExtensions {
  readonly #memory: Memento;

  constructor(memory: Memento) {
    this.#memory = memory;
  }

  list(): readonly string[] {
    return this.#memory.get<string[]>(NAME) ?? [];
  }

  async allow(id: string): Promise<void> {
    await this.#memory.update(NAME, [...new Set([...this.list(), id])]);
  }
}

import type { ListedModel } from '../dialect.ts';

/** Only Codex asks in this dialect. It wants its own catalogue, with prompts and limits that we do not have, and is content without. */
export function renderModels(_models: readonly ListedModel[]): Record<string, unknown> {
  return { models: [] };
}

import type { ListedModel } from '../dialect.ts';

/** When a model was made is not known here, and readers insist on a date. */
const NO_DATE = '1970-01-01T00:00:00Z';

export function renderModels(models: readonly ListedModel[]): Record<string, unknown> {
  return {
    data: models.map((model) => ({
      type: 'model',
      id: model.id,
      display_name: model.name,
      created_at: NO_DATE,
      ...(model.contextTokens === undefined ? {} : { max_input_tokens: model.contextTokens }),
      ...(model.outputTokens === undefined ? {} : { max_tokens: model.outputTokens }),
    })),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  };
}

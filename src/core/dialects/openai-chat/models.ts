import type { ListedModel } from '../dialect.ts';

export function renderModels(models: readonly ListedModel[]): Record<string, unknown> {
  return {
    object: 'list',
    data: models.map((model) => ({ id: model.id, object: 'model', created: 0, owned_by: model.provider })),
  };
}

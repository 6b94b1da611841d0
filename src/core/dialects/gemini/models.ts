import type { ListedModel } from '../dialect.ts';

export function renderModels(models: readonly ListedModel[]): Record<string, unknown> {
  return {
    models: models.map((model) => ({
      name: `models/${model.id}`,
      displayName: model.name,
      ...(model.contextTokens === undefined ? {} : { inputTokenLimit: model.contextTokens }),
      ...(model.outputTokens === undefined ? {} : { outputTokenLimit: model.outputTokens }),
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    })),
  };
}

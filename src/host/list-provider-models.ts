import type { PriceBook } from '../core/ledger/price-book.ts';
import type { Upstream } from '../core/ports.ts';
import type { Provider } from '../core/providers/provider.ts';
import type { Secret } from '../core/providers/secret.ts';
import { askProvider } from './ask-provider.ts';

/** A model to choose, with what is known of it. Prices in US dollars per million tokens. */
export interface ModelChoice {
  /** `provider/model` */
  readonly reference: string;
  readonly name: string;
  readonly contextTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly inputUsd?: number | undefined;
  readonly outputUsd?: number | undefined;
}

/** The provider's own list where it answers, else what the price book knows of it; configured names always. */
export async function listProviderModels(
  upstream: Upstream,
  provider: Provider,
  secret: Secret | undefined,
  book: PriceBook,
): Promise<ModelChoice[]> {
  const listed = provider.kind === 'demo' ? ['echo'] : namesIn(await askProvider(upstream, provider, secret));
  const names = listed ?? book.modelsOf(provider.priceProvider).map((model) => model.id);
  return [...new Set([...provider.models, ...names])].map((name) => describeModel(provider, name, book));
}

export function describeModel(provider: Provider, name: string, book: PriceBook): ModelChoice {
  const known = book.describe(provider.priceProvider, name, undefined, provider.id);
  return {
    reference: `${provider.id}/${name}`,
    name,
    contextTokens: known?.contextTokens,
    outputTokens: known?.outputTokens,
    inputUsd: provider.free ? 0 : known?.inputUsd,
    outputUsd: provider.free ? 0 : known?.outputUsd,
  };
}

/** OpenAI and Anthropic list `data[].id`, Gemini `models[].name` with a `models/` prefix. */
function namesIn(reply: { status: number; body: Buffer } | { failure: unknown }): string[] | undefined {
  if ('failure' in reply || reply.status !== 200) return undefined;
  try {
    const body = JSON.parse(reply.body.toString('utf8')) as { data?: unknown; models?: unknown };
    const entries = Array.isArray(body.data) ? body.data : Array.isArray(body.models) ? body.models : undefined;
    return entries
      ?.map((entry: { id?: unknown; name?: unknown } | null) => entry?.id ?? entry?.name)
      .filter((name): name is string => typeof name === 'string')
      .map((name) => name.replace(/^models\//, ''))
      .filter((name) => name !== '');
  } catch {
    return undefined;
  }
}

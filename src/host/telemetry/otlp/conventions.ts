import type { ProviderKind } from '../../../core/config/kinds.ts';
import type { SettledRequest } from '../../../core/ledger/records.ts';
import type { Provider } from '../../../core/providers/provider.ts';

/** What the semantic conventions for generative AI call things, as of `@opentelemetry/semantic-conventions` 1.45. */

/** Kinds for which there is a well-known name. The others are called what they are, and what is only compatible what the user calls it. */
const WELL_KNOWN: Readonly<Partial<Record<ProviderKind, string>>> = {
  anthropic: 'anthropic',
  openai: 'openai',
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  groq: 'groq',
  deepseek: 'deepseek',
  xai: 'x_ai',
  'azure-openai': 'azure.ai.openai',
};

/** `id`: the user's name for it. `provider` is undefined where it was removed while the request ran. */
export function providerName(id: string, provider: Pick<Provider, 'kind'> | undefined): string {
  if (provider === undefined || provider.kind.endsWith('-compatible')) return id;
  return WELL_KNOWN[provider.kind] ?? provider.kind;
}

export function operationName({ operation, dialect }: Pick<SettledRequest, 'operation' | 'dialect'>): string {
  switch (operation) {
    case 'embed':
      return 'embeddings';
    case 'complete':
      return 'text_completion';
    // The last two are never booked.
    case 'generate':
    case 'count':
    case 'models':
      return dialect === 'gemini' ? 'generate_content' : 'chat';
    default:
      return operation satisfies never;
  }
}

export const TOKEN_BUCKETS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
/** Seconds. */
export const TIME_BUCKETS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

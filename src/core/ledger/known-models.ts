import type { Provider } from '@pydantic/genai-prices';
import { globMatches } from '../ir/glob.ts';

/**
 * The book keeps models that are long gone, so that old requests stay priced, and rarely says so. These are the families that
 * their vendors no longer serve or that cannot hold an agent's conversation; a picker leaves them out. They stay priced.
 */
const RETIRED: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['claude-2', 'claude-v1', 'claude-3-*'],
  openai: [
    'ada',
    'babbage',
    'curie',
    'davinci',
    'text-*',
    'gpt-3.5*',
    'gpt-4',
    'gpt-4-*',
    'gpt-4.5*',
    'ft:*',
    'chatgpt*',
    'o1-*',
    'computer-use',
    '*.ft-',
    '*:extended',
  ],
  google: ['claude-*', 'gemini-1*', 'gemini-2.0*', 'gemini-pro*', 'gemini-flash-1.5*', 'gemma-2*'],
  groq: [
    'gemma*',
    'llama2*',
    'llama3-*',
    'llama-3.2*',
    'llama-3.1-70b*',
    'llama-3.1-405b*',
    '*-specdec',
    'mixtral*',
    'mistral-saba*',
    'deepseek-r1*',
  ],
  mistral: ['mistral-7b', 'mixtral*', 'mistral-tiny*', 'mistral-medium-2312', 'pixtral*'],
  'x-ai': ['grok-2*'],
};

/** Speech, pictures, search and moderation are priced, too, but no agent can talk to them. */
const NOT_FOR_AGENTS = [
  '*audio*',
  '*realtime*',
  '*transcribe*',
  '*tts*',
  '*live*',
  '*voice*',
  '*voxtral*',
  '*image*',
  '*omni*',
  '*embed*',
  '*moderation*',
  '*guard*',
  '*-ocr*',
  '*vision*',
  '*search-preview*',
  '*-instruct*preview*',
];

/**
 * Newest names first. The ids are the book's own: nearly always what the provider takes, but for a few it is the name of the family.
 * `deprecated` is set on few models, so the lists above do most of the work.
 */
export function offeredModelIds(provider: Provider | undefined): readonly string[] {
  if (!provider) return [];
  const hidden = [...NOT_FOR_AGENTS, ...(RETIRED[provider.id] ?? [])];
  return provider.models
    .filter((model) => !model.deprecated && !hidden.some((pattern) => globMatches(pattern, model.id)))
    .map((model) => model.id)
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
}

import type { AuthStyle, ProviderKind } from '../config/kinds.ts';
import type { DialectQuirks } from '../dialects/dialect.ts';
import type { DialectId } from '../ir/dialect.ts';

/** How a provider is reached in one dialect. */
export interface PresetDialect {
  /** Base URL as that dialect's SDK wants it; undefined where every installation has its own. */
  readonly base: string | undefined;
  readonly auth: AuthStyle;
}

/**
 * What Gatehouse knows of a kind of provider. Departures from a dialect are data here, never a branch in a codec.
 */
export interface Preset {
  readonly label: string;
  readonly dialects: Readonly<Partial<Record<DialectId, PresetDialect>>>;
  readonly quirks: DialectQuirks;
  /** Id in the price book; undefined where prices are not known. */
  readonly priceProvider: string | undefined;
  /** Runs on the user's own machine: a token costs nothing. */
  readonly free: boolean;
  /**
   * The cheapest real call that a wrong key fails, relative to the base URL of the first dialect; it spends nothing.
   * Undefined: the model list of the first dialect.
   */
  readonly keyCheck?: string;
  /** Where a person gets a key. */
  readonly keyPage?: string;
  /** What a key of this provider begins with: a hint at paste time, never a refusal. */
  readonly keyPrefix?: string;
  /** Variables in which programs look for such a key, and those for another base URL: where keys are imported from. */
  readonly keyVariables?: readonly string[];
  readonly baseUrlVariables?: readonly string[];
}

const openaiStyle = (base: string | undefined, auth: AuthStyle = 'bearer'): Preset['dialects'] => ({
  'openai-chat': { base, auth },
});

const chatAndResponses = (base: string | undefined, auth: AuthStyle = 'bearer'): Preset['dialects'] => ({
  'openai-chat': { base, auth },
  'openai-responses': { base, auth },
});

/** A server on this machine that speaks three dialects on one port, without a key. */
const localServer = (label: string, port: number): Preset => ({
  label,
  dialects: {
    ...chatAndResponses(`http://127.0.0.1:${port}/v1`, 'none'),
    'anthropic-messages': { base: `http://127.0.0.1:${port}`, auth: 'none' },
  },
  // The chat templates of most models (Qwen, Gemma, Mistral) fail on a system message that is not the first.
  quirks: { systemFirstOnly: true, shortCacheOnly: true },
  priceProvider: undefined,
  free: true,
});

export const PRESETS: Readonly<Record<ProviderKind, Preset>> = {
  anthropic: {
    label: 'Anthropic',
    dialects: { 'anthropic-messages': { base: 'https://api.anthropic.com', auth: 'x-api-key' } },
    quirks: {},
    priceProvider: 'anthropic',
    free: false,
    keyPage: 'https://platform.claude.com/settings/keys',
    keyPrefix: 'sk-ant-',
    keyVariables: ['ANTHROPIC_API_KEY', 'CLAUDE_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
    baseUrlVariables: ['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_BASE'],
  },
  openai: {
    label: 'OpenAI',
    dialects: chatAndResponses('https://api.openai.com/v1'),
    // All its models take the newer name, those whose name does not tell what they are as well.
    quirks: { maxTokensField: 'max_completion_tokens' },
    priceProvider: 'openai',
    free: false,
    keyPage: 'https://platform.openai.com/api-keys',
    keyPrefix: 'sk-',
    keyVariables: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
    baseUrlVariables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
  },
  google: {
    label: 'Google Gemini',
    dialects: {
      gemini: { base: 'https://generativelanguage.googleapis.com', auth: 'x-goog-api-key' },
      'openai-chat': { base: 'https://generativelanguage.googleapis.com/v1beta/openai', auth: 'bearer' },
    },
    // Of several system messages its Chat endpoint heeds the last only (autogen #6117).
    quirks: { systemFirstOnly: true },
    priceProvider: 'google',
    free: false,
    keyPage: 'https://aistudio.google.com/apikey',
    keyPrefix: 'AIza',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
    baseUrlVariables: ['GOOGLE_GEMINI_BASE_URL'],
  },
  mistral: {
    label: 'Mistral',
    dialects: openaiStyle('https://api.mistral.ai/v1'),
    // The last chunk of every stream carries usage, asked for or not (wire corpus: mistral-text). Fields that it does not know are
    // refused (`max_completion_tokens`: eca #231), and so is a user's message after one of a tool (avante.nvim #2695).
    quirks: {
      completions: 'mistral-fim',
      streamUsage: 'always',
      callIds: 'nine',
      maxTokensField: 'max_tokens',
      systemFirstOnly: true,
      modelSpeaksAfterTools: true,
    },
    priceProvider: 'mistral',
    free: false,
    keyPage: 'https://console.mistral.ai/api-keys',
    keyVariables: ['MISTRAL_API_KEY'],
  },
  groq: {
    label: 'Groq',
    dialects: chatAndResponses('https://api.groq.com/openai/v1'),
    quirks: { maxTokensField: 'max_completion_tokens' },
    priceProvider: 'groq',
    free: false,
    keyPage: 'https://console.groq.com/keys',
    keyPrefix: 'gsk_',
    keyVariables: ['GROQ_API_KEY'],
  },
  deepseek: {
    label: 'DeepSeek',
    dialects: {
      'openai-chat': { base: 'https://api.deepseek.com', auth: 'bearer' },
      'anthropic-messages': { base: 'https://api.deepseek.com/anthropic', auth: 'x-api-key' },
    },
    // While it thinks, it refuses a conversation in which an answer is without its thoughts (Zoo-Code #201).
    quirks: { completions: 'deepseek-beta', replaysReasoning: true, shortCacheOnly: true },
    priceProvider: 'deepseek',
    free: false,
    keyPage: 'https://platform.deepseek.com/api_keys',
    keyPrefix: 'sk-',
    keyVariables: ['DEEPSEEK_API_KEY'],
  },
  xai: {
    label: 'xAI',
    dialects: chatAndResponses('https://api.x.ai/v1'),
    quirks: { outputIsTotalMinusPrompt: true },
    priceProvider: 'x-ai',
    free: false,
    keyPage: 'https://console.x.ai',
    keyPrefix: 'xai-',
    keyVariables: ['XAI_API_KEY'],
  },
  openrouter: {
    label: 'OpenRouter',
    dialects: {
      ...chatAndResponses('https://openrouter.ai/api/v1'),
      'anthropic-messages': { base: 'https://openrouter.ai/api', auth: 'bearer' },
    },
    quirks: {},
    priceProvider: 'openrouter',
    free: false,
    // The model list is public there: it would call a wrong key right.
    keyCheck: '/key',
    keyPage: 'https://openrouter.ai/settings/keys',
    keyPrefix: 'sk-or-',
    keyVariables: ['OPENROUTER_API_KEY'],
  },
  ollama: localServer('Ollama', 11434),
  vllm: localServer('vLLM', 8000),
  'lm-studio': localServer('LM Studio', 1234),
  'azure-openai': {
    label: 'Azure OpenAI',
    dialects: chatAndResponses(undefined, 'api-key'),
    // The model is named by a deployment, which tells nothing about it.
    quirks: { maxTokensField: 'max_completion_tokens' },
    priceProvider: 'azure',
    free: false,
    keyPage: 'https://ai.azure.com',
  },
  litellm: {
    label: 'LiteLLM',
    dialects: { ...chatAndResponses(undefined), 'anthropic-messages': { base: undefined, auth: 'bearer' } },
    quirks: {},
    priceProvider: undefined,
    free: false,
    keyPrefix: 'sk-',
  },
  'cloudflare-ai-gateway': {
    label: 'Cloudflare AI Gateway',
    dialects: openaiStyle(undefined, 'cf-aig-authorization'),
    quirks: {},
    priceProvider: undefined,
    free: false,
    keyPage: 'https://dash.cloudflare.com',
  },
  'openai-compatible': {
    label: 'OpenAI-compatible',
    dialects: openaiStyle(undefined),
    quirks: {},
    priceProvider: undefined,
    free: false,
  },
  'anthropic-compatible': {
    label: 'Anthropic-compatible',
    dialects: { 'anthropic-messages': { base: undefined, auth: 'x-api-key' } },
    quirks: {},
    priceProvider: undefined,
    free: false,
  },
  'gemini-compatible': {
    label: 'Gemini-compatible',
    dialects: { gemini: { base: undefined, auth: 'x-goog-api-key' } },
    quirks: {},
    priceProvider: undefined,
    free: false,
  },
  demo: {
    label: 'Demo (no provider is called)',
    dialects: {
      'openai-chat': { base: 'http://demo.localhost/v1', auth: 'none' },
      'openai-responses': { base: 'http://demo.localhost/v1', auth: 'none' },
      'anthropic-messages': { base: 'http://demo.localhost', auth: 'none' },
      gemini: { base: 'http://demo.localhost', auth: 'none' },
    },
    quirks: {},
    priceProvider: undefined,
    free: true,
  },
};

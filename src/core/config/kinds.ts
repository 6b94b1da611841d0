/** The names that a configuration may use. What each one means stands in `providers/presets.ts` and `routing/agent-kinds.ts`. */

export const PROVIDER_KINDS = [
  'anthropic',
  'openai',
  'google',
  'mistral',
  'groq',
  'deepseek',
  'xai',
  'openrouter',
  'ollama',
  'vllm',
  'lm-studio',
  'azure-openai',
  'litellm',
  'cloudflare-ai-gateway',
  'openai-compatible',
  'anthropic-compatible',
  'gemini-compatible',
  'demo',
] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

export const AGENT_KINDS = ['claude-code', 'codex', 'gemini-cli', 'opencode', 'qwen-code', 'cline', 'continue', 'generic'] as const;
export type AgentKind = (typeof AGENT_KINDS)[number];

/** How a key is shown to a provider: the header that carries it, or none. */
export const AUTH_STYLES = ['bearer', 'x-api-key', 'x-goog-api-key', 'api-key', 'cf-aig-authorization', 'none'] as const;
export type AuthStyle = (typeof AUTH_STYLES)[number];

/** What a request is about, first that fits; see `routing/rules/classify.ts`. */
export const REQUEST_CLASSES = ['background', 'web-search', 'image', 'long-context', 'thinking', 'tools', 'plain'] as const;

export const COMPLEXITIES = ['simple', 'normal', 'hard'] as const;

/** How a target is chosen among several: `routing/targets/`. */
export const BALANCES = ['weighted', 'latency', 'cost', 'headroom'] as const;

export const FALLBACK_CAUSES = ['error', 'context-window', 'content-policy'] as const;

/** Kinds whose preset names no host: every installation has its own. */
export const NEEDS_BASE_URL: ReadonlySet<string> = new Set([
  'azure-openai',
  'litellm',
  'cloudflare-ai-gateway',
  'openai-compatible',
  'anthropic-compatible',
  'gemini-compatible',
]);

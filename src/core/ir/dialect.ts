/** The wire protocols that agents and providers speak. */
export type DialectId = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini';

export const DIALECT_IDS: readonly DialectId[] = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'];

/**
 * What an agent asks of the gateway. `complete` is an editor's proposal between a prompt and a suffix (`dialects/completions`).
 * `count` and `models` cost nothing and are never booked.
 */
export type Operation = 'generate' | 'complete' | 'embed' | 'count' | 'models';

import type { AgentKind } from '../config/kinds.ts';
import type { DialectId } from '../ir/dialect.ts';

/** What Gatehouse knows of an agent program. The variables were verified on the real programs (CHANGELOG.md names the versions). */
export interface AgentProgram {
  readonly label: string;
  /** Dialects it can speak, preferred first. */
  readonly dialects: readonly DialectId[];
  /** Variables that point it at the gateway. `url` has no path and no trailing slash. */
  environment(url: string, token: string): Readonly<Record<string, string>>;
  /** What a person must know or type besides the variables; `url` as above. */
  hint?(url: string): string;
}

const claude = (url: string, token: string) => ({
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_AUTH_TOKEN: token,
  // Adds a request class and a prompt id to each call: routing can tell a title call from the main loop.
  CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
  CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
});

const openai = (url: string, token: string) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: token });

const gemini = (url: string, token: string) => ({ GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: token });

export const AGENT_PROGRAMS: Readonly<Record<AgentKind, AgentProgram>> = {
  'claude-code': { label: 'Claude Code', dialects: ['anthropic-messages'], environment: claude },
  codex: {
    label: 'Codex',
    dialects: ['openai-responses'],
    // Codex reads no base URL from the environment, only from -c or its config file; CODEX_API_KEY it does read.
    environment: (_url, token) => ({ CODEX_API_KEY: token, GATEHOUSE_TOKEN: token }),
    hint: (url) => `codex -c openai_base_url="${url}/v1"`,
  },
  'gemini-cli': {
    label: 'Gemini CLI',
    dialects: ['gemini'],
    environment: gemini,
    hint: () => 'Gemini CLI must use the authentication type "gemini-api-key"; a Google login ignores the endpoint.',
  },
  opencode: {
    label: 'OpenCode',
    dialects: ['openai-chat', 'openai-responses', 'anthropic-messages'],
    environment: (url, token) => ({ ...openai(url, token), ANTHROPIC_BASE_URL: `${url}/v1`, ANTHROPIC_API_KEY: token }),
  },
  'qwen-code': {
    label: 'Qwen Code',
    dialects: ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'],
    environment: (url, token) => ({
      ...openai(url, token),
      ...gemini(url, token),
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: token,
    }),
  },
  cline: {
    label: 'Cline',
    dialects: ['openai-chat'],
    environment: () => ({}),
    hint: (url) => `Cline reads no variables: run "cline auth -p openai -b ${url}/v1" and paste the token as its key.`,
  },
  continue: {
    label: 'Continue',
    dialects: ['openai-chat'],
    environment: gemini,
    hint: (url) => `Continue reads apiBase from its config.yaml: set it to ${url}/v1 and the token as apiKey.`,
  },
  generic: {
    label: 'Agent',
    dialects: ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'],
    environment: (url, token) => ({
      ...openai(url, token),
      ...gemini(url, token),
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: token,
    }),
  },
};

/**
 * Behind a proxy every CLI sends loopback traffic to it and fails, unless NO_PROXY says otherwise. Adds loopback to what is there.
 */
export function noProxyWithLoopback(current: string | undefined): string {
  const entries = (current ?? '').split(',').map((entry) => entry.trim());
  // "No proxy at all" holds only while it stands alone.
  if (entries.includes('*')) return '*';
  return [...new Set([...entries.filter(Boolean), '127.0.0.1', 'localhost'])].join(',');
}

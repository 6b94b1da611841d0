import type { DialectId } from '../../../src/core/ir/dialect.ts';
import { type AgentResult, type AgentRun, jsonLines, runInstalled } from './programs.ts';

/** Each SDK wants its base URL in its own form. All of them are bundled; the names only choose. */
const SDKS: Readonly<Record<DialectId, { readonly npm: string; readonly path: string }>> = {
  'openai-chat': { npm: '@ai-sdk/openai-compatible', path: '/v1' },
  'openai-responses': { npm: '@ai-sdk/openai', path: '/v1' },
  'anthropic-messages': { npm: '@ai-sdk/anthropic', path: '/v1' },
  gemini: { npm: '@ai-sdk/google', path: '/v1beta' },
};

/** Unless it is told so, it believes that a model which it does not know sees nothing. */
const MODALITIES = { input: ['text', 'image'], output: ['text'] };

export async function runOpenCode(run: AgentRun): Promise<AgentResult> {
  const { npm, path } = SDKS[run.dialect ?? 'openai-chat'];
  const model = run.model ?? 'qwen3-coder';
  const config = {
    provider: {
      gatehouse: {
        npm,
        options: { baseURL: `${run.url}${path}`, apiKey: run.token },
        models: { [model]: { name: model, reasoning: true, tool_call: true, modalities: MODALITIES } },
      },
    },
    model: `gatehouse/${model}`,
    // Titles; left out, it would ask for a model that nobody configured.
    small_model: `gatehouse/${model}`,
  };
  const result = await runInstalled('opencode', run, {
    args: ['run', '--auto', '--format', 'json', ...(run.resume === true ? ['--continue'] : []), run.task],
    env: {
      OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_SHARE: '1',
      // It looks for its plugin package; nothing listens here, and no name is looked up.
      npm_config_registry: 'http://127.0.0.1:9',
    },
  });
  const texts = jsonLines(result.stdout).flatMap((event) => (event['type'] === 'text' ? [textOf(event['part'])] : []));
  return { ...result, final: result.code === 0 ? texts.at(-1) : undefined };
}

function textOf(part: unknown): string {
  return typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : '';
}

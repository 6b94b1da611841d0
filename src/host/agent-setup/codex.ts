import path from 'node:path';
import { firstOf, type Place, type Program } from './program.ts';

/** A provider of its own: Codex ignores OPENAI_BASE_URL, and with the built-in provider it tries websockets first. */
export const codex: Program = {
  id: 'codex',
  label: 'Codex',
  binaries: ['codex'],
  extensions: ['openai.chatgpt'],
  traces: (place) => [folder(place)],
  files: (place, { url, token }) => [
    {
      file: path.join(folder(place), 'config.toml'),
      format: 'toml',
      wish: () => ({
        model_provider: 'gatehouse',
        model_providers: {
          gatehouse: {
            name: 'Gatehouse',
            base_url: `${url}/v1`,
            wire_api: 'responses',
            experimental_bearer_token: token,
          },
        },
      }),
    },
  ],
  needsModel: false,
};

function folder({ env, home }: Place): string {
  return firstOf(env, 'CODEX_HOME', path.join(home, '.codex'));
}

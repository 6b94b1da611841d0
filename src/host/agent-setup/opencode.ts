import { existsSync } from 'node:fs';
import path from 'node:path';
import { firstOf, type Place, type Program } from './program.ts';

export const openCode: Program = {
  id: 'opencode',
  label: 'OpenCode',
  binaries: ['opencode'],
  extensions: ['sst-dev.opencode'],
  traces: (place) => [folder(place)],
  files: (place, { url, token, model }) => [
    {
      file: file(place),
      format: 'json',
      wish: () => ({
        provider: {
          gatehouse: {
            npm: '@ai-sdk/openai-compatible',
            name: 'Gatehouse',
            options: { baseURL: `${url}/v1`, apiKey: token },
            models: {
              [model]: {
                name: model,
                // Unless it is told so, it believes that a model which it does not know sees nothing.
                tool_call: true,
                modalities: { input: ['text', 'image'], output: ['text'] },
              },
            },
          },
        },
        model: `gatehouse/${model}`,
        // Titles; left out, it asks for a model that nobody configured.
        small_model: `gatehouse/${model}`,
      }),
    },
  ],
  needsModel: true,
};

function folder({ env, home }: Place): string {
  return path.join(firstOf(env, 'XDG_CONFIG_HOME', path.join(home, '.config')), 'opencode');
}

/** Of several files the last one that it reads counts. */
function file(place: Place): string {
  const named = place.env['OPENCODE_CONFIG'];
  if (named) return named;
  const names = ['opencode.jsonc', 'opencode.json'].map((name) => path.join(folder(place), name));
  return names.find((name) => existsSync(name)) ?? path.join(folder(place), 'opencode.json');
}

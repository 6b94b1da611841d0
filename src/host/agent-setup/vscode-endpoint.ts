import path from 'node:path';
import type { Program } from './program.ts';

/**
 * VS Code's own "Custom Endpoint", which works without any extension of ours in chat. A key in its file is always taken for the name of a
 * secret that only VS Code can write, so the token goes into a header: with one of its own for authentication it sends no other.
 */
export const vscodeEndpoint: Program = {
  id: 'vscode-custom-endpoint',
  label: 'VS Code Custom Endpoint',
  binaries: [],
  extensions: [],
  traces: () => [],
  files: ({ profile }, { url, token, model }) =>
    profile === undefined
      ? []
      : [
          {
            file: path.join(profile, 'chatLanguageModels.json'),
            format: 'json',
            wish: () => [
              {
                name: 'Gatehouse endpoint',
                vendor: 'customendpoint',
                models: [
                  {
                    id: model,
                    name: model,
                    url: `${url}/v1/chat/completions`,
                    apiType: 'chat-completions',
                    toolCalling: true,
                    vision: true,
                    maxInputTokens: 128_000,
                    maxOutputTokens: 16_000,
                    requestHeaders: { 'x-api-key': token },
                  },
                ],
              },
            ],
          },
        ],
  needsModel: true,
};

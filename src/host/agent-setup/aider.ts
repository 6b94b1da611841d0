import path from 'node:path';
import type { Program } from './program.ts';

export const aider: Program = {
  id: 'aider',
  label: 'Aider',
  binaries: ['aider'],
  extensions: [],
  traces: ({ home }) => [path.join(home, '.aider.conf.yml'), path.join(home, '.aider')],
  files: ({ home }, { url, token, model }) => [
    {
      file: path.join(home, '.aider.conf.yml'),
      format: 'yaml',
      wish: () => ({ model: `openai/${model}`, 'openai-api-base': `${url}/v1`, 'openai-api-key': token }),
    },
  ],
  needsModel: true,
};

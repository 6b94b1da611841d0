import path from 'node:path';
import { firstOf, type Place, type Program } from './program.ts';

/** A model of its own with a variable for the token, so that what the user has in OPENAI_API_KEY stays the user's. */
export const qwenCode: Program = {
  id: 'qwen-code',
  label: 'Qwen Code',
  binaries: ['qwen'],
  extensions: ['qwenlm.qwen-code-vscode-ide-companion'],
  traces: (place) => [folder(place)],
  files: (place, { url, token, model }) => [
    {
      file: path.join(folder(place), 'settings.json'),
      format: 'json',
      wish: () => ({
        security: { auth: { selectedType: 'openai' } },
        model: { name: model },
        modelProviders: { openai: [{ id: model, name: 'Gatehouse', envKey: 'GATEHOUSE_TOKEN', baseUrl: `${url}/v1` }] },
        env: { GATEHOUSE_TOKEN: token },
      }),
    },
  ],
  needsModel: true,
};

function folder({ env, home }: Place): string {
  return firstOf(env, 'QWEN_HOME', path.join(home, '.qwen'));
}

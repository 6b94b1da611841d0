import path from 'node:path';
import { AGENT_PROGRAMS } from '../../core/routing/agent-kinds.ts';
import { firstOf, type Place, type Program } from './program.ts';

/** The variables alone are not enough: with a Google login it ignores the address. */
export const geminiCli: Program = {
  id: 'gemini-cli',
  label: 'Gemini CLI',
  binaries: ['gemini'],
  extensions: ['google.gemini-cli-vscode-ide-companion'],
  traces: (place) => [folder(place)],
  files: (place, { url, token }) => [
    {
      file: path.join(folder(place), 'settings.json'),
      format: 'json',
      wish: () => ({ security: { auth: { selectedType: 'gemini-api-key' } } }),
    },
    {
      file: path.join(folder(place), '.env'),
      format: 'dotenv',
      wish: () => AGENT_PROGRAMS['gemini-cli'].environment(url, token),
    },
  ],
  needsModel: false,
};

function folder({ env, home }: Place): string {
  return path.join(firstOf(env, 'GEMINI_CLI_HOME', home), '.gemini');
}

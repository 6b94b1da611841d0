import path from 'node:path';
import { AGENT_PROGRAMS } from '../../core/routing/agent-kinds.ts';
import { firstOf, type Place, type Program } from './program.ts';

/** Variables in its user settings, which go before those of a terminal. */
export const claudeCode: Program = {
  id: 'claude-code',
  label: 'Claude Code',
  binaries: ['claude'],
  extensions: ['anthropic.claude-code'],
  traces: (place) => [folder(place)],
  files: (place, { url, token }) => [
    {
      file: path.join(folder(place), 'settings.json'),
      format: 'json',
      wish: () => ({ env: AGENT_PROGRAMS['claude-code'].environment(url, token) }),
    },
  ],
  needsModel: false,
};

function folder({ env, home }: Place): string {
  return firstOf(env, 'CLAUDE_CONFIG_DIR', path.join(home, '.claude'));
}

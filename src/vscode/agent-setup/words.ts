import * as l10n from '@vscode/l10n';
import type { Endpoint, Program } from '../../host/agent-setup/program.ts';
import type { Trace } from '../../host/agent-setup/programs.ts';
import type { SetUp } from '../../host/agent-setup/record.ts';
import { workspaceId } from '../settings.ts';

/** `claude on the PATH, its extension`; undefined where there is no trace of it. */
export function tracesWords(program: Program, traces: readonly Trace[]): string | undefined {
  const words = traces.map((trace) => {
    if (trace.kind === 'binary') return l10n.t('{0} on the PATH', program.binaries[0] ?? '');
    return trace.kind === 'extension' ? l10n.t('its extension') : l10n.t('its settings');
  });
  return words.length === 0 ? undefined : [...new Set(words)].join(', ');
}

/** Where a program that was set up points. */
export function pointsAtWords({ workspace, workspaceName }: SetUp): string {
  return workspace === workspaceId() ? l10n.t('set up for this workspace') : l10n.t('set up for {0}', workspaceName);
}

/** What a person should know of a program beside the change itself. */
export function noteOn(program: Program): string | undefined {
  switch (program.id) {
    case 'claude-code':
      return l10n.t('Its settings go before the variables of a terminal.');
    case 'gemini-cli':
      return l10n.t('A .env file in a project goes before this one; there, use a terminal of Gatehouse.');
    case 'vscode-custom-endpoint':
      return l10n.t('Its models are in the model picker of the chat.');
    default:
      return undefined;
  }
}

/** How a program is set up that no other program can write the settings of. */
export function stepsFor(program: Program, { url, model }: Endpoint): string {
  const base = `${url}/v1`;
  switch (program.id) {
    case 'cline':
      return l10n.t(
        'In Cline, open its settings, choose the API provider "OpenAI Compatible", and enter the base URL {0}, the token as API key, and the model ID {1}. For its command line, paste the copied command into a terminal.',
        base,
        model,
      );
    case 'roo-code':
    case 'kilo-code':
      return l10n.t(
        'In {0}, open its settings, choose the API provider "OpenAI Compatible", and enter the base URL {1}, the token as API key, and the model {2}.',
        program.label,
        base,
        model,
      );
    default:
      return l10n.t(
        'Run "Preferences: Open Language Models (JSON)" and add what was copied to the list there. It holds the token.',
      );
  }
}

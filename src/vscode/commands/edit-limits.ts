import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import { count } from '../routing/markdown.ts';
import { writeEntry, writtenEntry } from '../settings.ts';
import { pickAgent } from './pick-agent.ts';

type LimitName = 'requestsPerMinute' | 'tokensPerMinute' | 'concurrent';

/** How much an agent may ask for: one limit after the other until the pick is left. In effect on the next request. */
export async function editLimits(host: EditorHost, wanted?: string): Promise<void> {
  const agent = wanted ?? (await pickAgent(host, l10n.t('Edit the limits of which agent?')));
  if (agent === undefined) return;
  for (;;) {
    const written = (writtenEntry('agents', agent)['limits'] ?? {}) as Readonly<Partial<Record<LimitName, number>>>;
    const items = limitsOf().map(({ name, label }) => {
      const value = written[name];
      return { name, label, description: value === undefined ? l10n.t('no limit') : count(value) };
    });
    const picked = await vscode.window.showQuickPick(items, {
      title: l10n.t('Limits of {0}', agent),
      placeHolder: l10n.t('Choose a limit to change; Escape when done'),
    });
    if (picked === undefined) return;
    const value = await vscode.window.showInputBox({
      title: l10n.t('{0} of {1}', picked.label, agent),
      prompt: l10n.t('A whole number; leave it empty for no limit'),
      value: String(written[picked.name] ?? ''),
      validateInput: countFault,
    });
    if (value === undefined) continue;
    const { [picked.name]: _before, ...others } = written;
    const limits = value.trim() === '' ? others : { ...others, [picked.name]: Number(value) };
    await writeEntry('agents', agent, Object.keys(limits).length === 0 ? {} : { limits }, ['limits']);
    await host.refresh();
  }
}

function limitsOf(): readonly { readonly name: LimitName; readonly label: string }[] {
  return [
    { name: 'requestsPerMinute', label: l10n.t('Requests a minute') },
    { name: 'tokensPerMinute', label: l10n.t('Tokens a minute') },
    { name: 'concurrent', label: l10n.t('Requests at the same time') },
  ];
}

/** Empty: none. */
function countFault(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  return /^\d{1,12}$/.test(trimmed) && Number(trimmed) > 0 ? undefined : l10n.t('A whole number above zero, such as {0}', 60);
}

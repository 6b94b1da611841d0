import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { REQUEST_CLASSES } from '../../core/config/kinds.ts';
import type { RouteConfig } from '../../core/config/schema-routing.ts';
import type { EditorHost } from '../editor-host.ts';
import { writeEntry, writtenEntry } from '../settings.ts';
import { pickAgent } from './pick-agent.ts';
import { pickModel } from './pick-model.ts';
import { conditionWords, withoutRule, withRuleMoved } from './route-rules.ts';

type Action = 'add' | 'settings' | number;

/** The rules of an agent: added, put in another order, led elsewhere, removed. The first that matches counts. */
export async function editRoutes(host: EditorHost, wanted?: string): Promise<void> {
  const agent = wanted ?? (await pickAgent(host, l10n.t('Edit the rules of which agent?')));
  if (agent === undefined) return;
  for (;;) {
    const rules = (writtenEntry('agents', agent)['routes'] ?? []) as readonly RouteConfig[];
    const action = await pickAction(agent, rules);
    if (action === undefined) return;
    if (action === 'settings') {
      await vscode.commands.executeCommand('workbench.action.openSettingsJson', { revealSetting: { key: 'gatehouse.agents' } });
      return;
    }
    const changed = action === 'add' ? await addRule(host, agent, rules) : await changeRule(host, rules, action);
    if (changed === undefined) continue;
    await writeEntry('agents', agent, changed.length === 0 ? {} : { routes: changed }, ['routes']);
    await host.refresh();
  }
}

async function pickAction(agent: string, rules: readonly RouteConfig[]): Promise<Action | undefined> {
  const items: (vscode.QuickPickItem & { readonly action?: Action })[] = [
    ...rules.map((rule, at) => ({
      label: `${at + 1}. ${rule.name ?? conditionWords(rule.when)}`,
      description: `→ ${rule.to}`,
      ...(rule.name !== undefined && { detail: conditionWords(rule.when) }),
      action: at,
    })),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: `$(add) ${l10n.t('Add a rule…')}`, action: 'add' },
    { label: `$(json) ${l10n.t('Edit in the settings…')}`, action: 'settings' },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Rules of {0}', agent),
    placeHolder: l10n.t('The first that matches counts; Escape when done'),
  });
  return picked?.action;
}

async function changeRule(
  host: EditorHost,
  rules: readonly RouteConfig[],
  at: number,
): Promise<readonly RouteConfig[] | undefined> {
  const rule = rules[at];
  if (rule === undefined) return undefined;
  const picked = await vscode.window.showQuickPick(
    [
      { label: `$(arrow-swap) ${l10n.t('Lead elsewhere…')}`, description: rule.to, action: 'to' },
      ...(at > 0 ? [{ label: `$(arrow-up) ${l10n.t('Move up')}`, action: 'up' }] : []),
      ...(at < rules.length - 1 ? [{ label: `$(arrow-down) ${l10n.t('Move down')}`, action: 'down' }] : []),
      { label: `$(trash) ${l10n.t('Remove')}`, action: 'remove' },
    ],
    { title: `${at + 1}. ${rule.name ?? conditionWords(rule.when)}` },
  );
  switch (picked?.action) {
    case 'to': {
      const model = await pickModel(host, { title: l10n.t('Which model by this rule?'), present: rule.to });
      return model?.reference === undefined ? undefined : rules.with(at, { ...rule, to: model.reference });
    }
    case 'up':
      return withRuleMoved(rules, at, at - 1);
    case 'down':
      return withRuleMoved(rules, at, at + 1);
    case 'remove':
      return withoutRule(rules, at);
    default:
      return undefined;
  }
}

async function addRule(
  host: EditorHost,
  agent: string,
  rules: readonly RouteConfig[],
): Promise<readonly RouteConfig[] | undefined> {
  const title = l10n.t('New rule of {0}: for which requests?', agent);
  const kind = await vscode.window.showQuickPick(
    [
      { label: l10n.t('By class…'), description: l10n.t('background, thinking, long context, …'), ask: pickClass },
      { label: l10n.t('By the model that is asked for…'), description: l10n.t('a pattern such as *haiku*'), ask: enterPattern },
      { label: l10n.t('Longer than…'), description: l10n.t('estimated tokens'), ask: enterTokens },
      { label: l10n.t('With images'), ask: () => Promise.resolve({ images: true }) },
      { label: l10n.t('With tools'), ask: () => Promise.resolve({ tools: true }) },
      { label: l10n.t('With thinking'), ask: () => Promise.resolve({ thinking: true }) },
      { label: l10n.t('All'), ask: () => Promise.resolve({}) },
    ],
    { title },
  );
  const when = await kind?.ask(title);
  if (when === undefined) return undefined;
  const model = await pickModel(host, { title: l10n.t('New rule of {0}: to which model?', agent) });
  return model?.reference === undefined ? undefined : [...rules, { when, to: model.reference }];
}

async function pickClass(title: string): Promise<RouteConfig['when'] | undefined> {
  const picked = await vscode.window.showQuickPick([...REQUEST_CLASSES], { title });
  const found = REQUEST_CLASSES.find((name) => name === picked);
  return found === undefined ? undefined : { class: found };
}

async function enterPattern(title: string): Promise<RouteConfig['when'] | undefined> {
  const model = await vscode.window.showInputBox({
    title,
    prompt: l10n.t('The model that the agent asks for; * matches anything'),
    validateInput: (text) => (text.trim() === '' ? l10n.t('A pattern, such as *haiku*') : undefined),
  });
  return model === undefined ? undefined : { model: model.trim() };
}

async function enterTokens(title: string): Promise<RouteConfig['when'] | undefined> {
  const tokens = await vscode.window.showInputBox({
    title,
    prompt: l10n.t('More input than this, in estimated tokens'),
    value: '150000',
    validateInput: (text) => (/^\d{1,9}$/.test(text.trim()) ? undefined : l10n.t('A whole number, such as {0}', 150_000)),
  });
  return tokens === undefined ? undefined : { tokensOver: Number(tokens) };
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { EditorHost } from '../editor-host.ts';
import type { KeyInfo, KeySettings } from '../keys/key-info.ts';

/** What a person can change of a key besides its value. */
export const PARTS = ['label', 'agents', 'models', 'environment', 'priority', 'weight', 'rotateEveryDays'] as const;
type Part = (typeof PARTS)[number];

export function isPart(text: string): text is Part {
  return (PARTS as readonly string[]).includes(text);
}

/** How it stands now, for the list of all. */
export function partText(part: Part, key: KeyInfo): { readonly label: string; readonly description: string } {
  switch (part) {
    case 'label':
      return { label: `$(tag) ${l10n.t('Label')}`, description: key.label };
    case 'agents':
      return { label: `$(robot) ${l10n.t('Agents')}`, description: key.agents?.join(', ') || l10n.t('all') };
    case 'models':
      return { label: `$(list-filter) ${l10n.t('Models')}`, description: key.models?.join(', ') || l10n.t('all') };
    case 'environment':
      return { label: `$(server-environment) ${l10n.t('Environment')}`, description: key.environment ?? l10n.t('none') };
    case 'priority':
      return { label: `$(list-ordered) ${l10n.t('Priority')}`, description: l10n.t('{0}; higher goes first', key.priority ?? 0) };
    case 'weight':
      return {
        label: `$(pie-chart) ${l10n.t('Weight')}`,
        description: l10n.t('{0}; its share among keys of the same priority', key.weight ?? 1),
      };
    case 'rotateEveryDays':
      return { label: `$(bell) ${l10n.t('Reminder')}`, description: reminderText(key.rotateEveryDays) };
    default:
      return part satisfies never;
  }
}

function reminderText(days: number | undefined): string {
  if (days === undefined) return l10n.t('no reminder');
  return days === 1 ? l10n.t('rotate every day') : l10n.t('rotate every {0} days', days);
}

type Change = { readonly [Name in keyof KeySettings]?: KeySettings[Name] | undefined };

/** Asks for one of them. Undefined: the person left it as it is. */
export async function editPart(part: Part, key: KeyInfo, host: EditorHost): Promise<Change | undefined> {
  switch (part) {
    case 'label':
      return editLabel(key);
    case 'agents':
      return editAgents(key, host);
    case 'models':
      return ask(
        key,
        l10n.t('Models that this key serves'),
        l10n.t('Patterns, separated by commas: claude-*, gpt-5.6. Empty: all.'),
        {
          value: key.models?.join(', ') ?? '',
          change: (text) => ({ models: listOf(text) }),
        },
      );
    case 'environment':
      return ask(
        key,
        l10n.t('Environment of this key'),
        l10n.t('Such as dev or prod. An agent with "environment" in its settings uses its keys only. Empty: none.'),
        {
          value: key.environment ?? '',
          change: (text) => ({ environment: text || undefined }),
        },
      );
    case 'priority':
      return ask(
        key,
        l10n.t('Priority'),
        l10n.t('A whole number. Keys with a higher one are used first; others when those are at their limits or set aside.'),
        {
          value: String(key.priority ?? 0),
          fault: (text) => (/^-?\d{1,6}$/.test(text) ? undefined : l10n.t('A whole number, such as 0 or 10.')),
          change: (text) => ({ priority: Number(text) || undefined }),
        },
      );
    case 'weight':
      return ask(
        key,
        l10n.t('Weight'),
        l10n.t('Its share among keys of the same priority: with 3, it is used three times as often as one with 1.'),
        {
          value: String(key.weight ?? 1),
          fault: (text) =>
            Number(text) > 0 && Number(text) <= 1_000_000 ? undefined : l10n.t('A number above 0, such as 1 or 2.5.'),
          change: (text) => ({ weight: Number(text) === 1 ? undefined : Number(text) }),
        },
      );
    case 'rotateEveryDays':
      return ask(key, l10n.t('Remind me to rotate it'), l10n.t('After how many days? Empty: no reminder.'), {
        value: key.rotateEveryDays === undefined ? '' : String(key.rotateEveryDays),
        fault: (text) =>
          text === '' || (/^\d{1,4}$/.test(text) && Number(text) > 0)
            ? undefined
            : l10n.t('A number of days, such as 90, or nothing.'),
        change: (text) => ({ rotateEveryDays: text === '' ? undefined : Number(text) }),
      });
    default:
      return part satisfies never;
  }
}

function editLabel(key: KeyInfo): Promise<Change | undefined> {
  return ask(key, l10n.t('Label'), l10n.t('A name to tell keys apart. It is shown; the key never is.'), {
    value: key.label,
    fault: (text) => (text === '' ? l10n.t('A label needs at least one character.') : undefined),
    change: (text) => ({ label: text }),
  });
}

async function editAgents(key: KeyInfo, host: EditorHost): Promise<Change | undefined> {
  const known = [...new Set([...Object.keys(host.state?.agents ?? {}), ...(key.agents ?? [])])];
  const items = known.map((label) => ({ label, picked: key.agents?.includes(label) ?? false }));
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Agents that "{0}" serves', key.label),
    placeHolder: l10n.t('Only the chosen ones may use it; choose none to allow all'),
    canPickMany: true,
  });
  return picked && { agents: picked.length === 0 ? undefined : picked.map(({ label }) => label) };
}

interface Question {
  readonly value: string;
  readonly fault?: (text: string) => string | undefined;
  readonly change: (text: string) => Change;
}

async function ask(key: KeyInfo, title: string, prompt: string, { value, fault, change }: Question): Promise<Change | undefined> {
  const text = await vscode.window.showInputBox({
    title: `${title} ("${key.label}")`,
    prompt,
    value,
    validateInput: (typed) => fault?.(typed.trim()),
  });
  return text === undefined || text.trim() === value ? undefined : change(text.trim());
}

function listOf(text: string): string[] | undefined {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return parts.length === 0 ? undefined : parts;
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Place, Program } from '../../host/agent-setup/program.ts';
import { PROGRAMS, tracesOf } from '../../host/agent-setup/programs.ts';
import type { SetUp } from '../../host/agent-setup/record.ts';
import { pointsAtWords, tracesWords } from './words.ts';

type Item = vscode.QuickPickItem & { readonly program?: Program };

/** One of the programs, those first that are there; 'other' for one that is not in the list. */
export async function pickProgram(place: Place, records: readonly SetUp[]): Promise<Program | 'other' | undefined> {
  const extensions = new Set(vscode.extensions.all.map(({ id }) => id.toLowerCase()));
  const items = PROGRAMS.map((program) => {
    const record = records.find((known) => known.program === program.id);
    const found =
      program.id === 'vscode-custom-endpoint' ? l10n.t('this editor') : tracesWords(program, tracesOf(program, place, extensions));
    const item: Item = {
      label: program.label,
      description: [record && pointsAtWords(record), found].filter(Boolean).join(' · '),
      ...(program.files === undefined && { detail: l10n.t('by hand: it keeps its settings where only it can write them') }),
      program,
    };
    return { item, isThere: found !== undefined };
  });
  const there = items.filter(({ isThere }) => isThere).map(({ item }) => item);
  const others = items.filter(({ isThere }) => !isThere).map(({ item }) => item);
  const picked = await vscode.window.showQuickPick<Item>(
    [
      ...(there.length === 0 ? [] : [separator(l10n.t('found on this machine')), ...there]),
      ...(others.length === 0 ? [] : [separator(l10n.t('not found')), ...others]),
      separator(l10n.t('other')),
      { label: l10n.t('Anything else…'), description: l10n.t('copy the base URL, the token, shell lines or a curl line') },
    ],
    {
      title: l10n.t('Set up which agent?'),
      // A page that a link was pressed in, like the walkthrough, takes the focus back.
      ignoreFocusOut: true,
      placeHolder: l10n.t('The change is shown before anything is written'),
      matchOnDescription: true,
    },
  );
  return picked && (picked.program ?? 'other');
}

function separator(label: string): Item {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Endpoint, Program } from '../../host/agent-setup/program.ts';
import { vscodeEndpoint } from '../../host/agent-setup/vscode-endpoint.ts';
import { posixQuoted } from '../../host/shell-lines.ts';
import type { EditorHost } from '../editor-host.ts';
import { lacksModel } from './endpoint.ts';
import { stepsFor } from './words.ts';

/** For a program whose settings only it can write: the steps, with what has to be pasted on the clipboard. The token is shown nowhere else. */
export async function setUpByHand(host: EditorHost, program: Program, agent: string, endpoint: Endpoint): Promise<void> {
  const { url, token, model } = endpoint;
  const entry = program.id === vscodeEndpoint.id ? listEntry(endpoint) : undefined;
  const command =
    program.id === 'cline'
      ? `cline auth -p openai -b ${posixQuoted(`${url}/v1`)} -k ${posixQuoted(token)} -m ${posixQuoted(model)}`
      : undefined;
  const copies = [
    ...(entry === undefined ? [] : [{ title: l10n.t('Copy Entry'), text: entry }]),
    ...(entry === undefined ? [{ title: l10n.t('Copy Token'), text: token }] : []),
    ...(entry === undefined ? [{ title: l10n.t('Copy Base URL'), text: `${url}/v1` }] : []),
    ...(command === undefined ? [] : [{ title: l10n.t('Copy Command'), text: command }]),
  ];
  const choose = { title: l10n.t('Choose Model'), text: undefined };
  const choices = [...copies, ...(lacksModel(host, agent, program) ? [choose] : [])];
  // Asked again until it is closed: there is more than one thing to paste.
  for (;;) {
    const choice = await vscode.window.showInformationMessage(stepsFor(program, endpoint), ...choices);
    if (choice === undefined) return;
    if (choice.text === undefined) return void vscode.commands.executeCommand('gatehouse.chooseModel', agent);
    await vscode.env.clipboard.writeText(choice.text);
  }
}

function listEntry(endpoint: Endpoint): string {
  const [file] = vscodeEndpoint.files?.({ env: {}, home: '', profile: '' }, endpoint) ?? [];
  const [entry] = (file?.wish(undefined) ?? []) as readonly unknown[];
  return JSON.stringify(entry, undefined, 2);
}

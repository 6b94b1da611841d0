import * as vscode from 'vscode';
import { plainWords } from './plain-words.ts';

/** The output channel. One message is one line, whatever it quotes. */
export function createLog(): vscode.LogOutputChannel {
  const channel = vscode.window.createOutputChannel('Gatehouse', { log: true });
  const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
  // Not a copy: a channel has getters. And not by assignment: it is frozen.
  return Object.create(
    channel,
    Object.fromEntries(levels.map((level) => [level, { value: (text: string) => channel[level](plainWords(text)) }])),
  ) as vscode.LogOutputChannel;
}

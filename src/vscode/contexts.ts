import * as vscode from 'vscode';
import type { EditorHost } from './editor-host.ts';
import { isServed } from './views/agent-rows.ts';

const ANSWERED = 'gatehouse.hasAnswered';

/** What the manifest's menus, welcome texts and walkthrough ask for. */
export function keepContexts(host: EditorHost, memory: vscode.Memento): vscode.Disposable {
  const told = new Map<string, boolean>();
  const tell = (name: string, value: boolean): void => {
    if (told.get(name) === value) return;
    told.set(name, value);
    void vscode.commands.executeCommand('setContext', name, value);
  };
  const settled = host.onSettled((requests) => {
    if (told.get(ANSWERED) === true || !requests.some((request) => request.settled === 'done')) return;
    tell(ANSWERED, true);
    void memory.update(ANSWERED, true);
  });
  tell(ANSWERED, memory.get(ANSWERED, false));
  const changed = host.onChanged(() => {
    const { state, pausedAgents } = host;
    tell('gatehouse.hasPausedAgents', pausedAgents.size > 0);
    tell('gatehouse.needsKey', state !== undefined && !Object.values(state.agents).some(isServed));
    tell('gatehouse.hasKey', (state?.keys.length ?? 0) > 0);
  });
  return vscode.Disposable.from(settled, changed);
}

import * as vscode from 'vscode';
import type { GatehouseApi, GatehouseExports } from '../../../gatehouse.d.ts';

/** The running extension's API, once its gateway listens. */
export async function gatehouse(): Promise<GatehouseApi> {
  const extension = vscode.extensions.getExtension<GatehouseExports>('gatehouse.gatehouse');
  const exports = await extension?.activate();
  if (exports === undefined) throw new Error('the extension is not there');
  const api = exports.getApi(1);
  await eventually('the gateway', () => api.usage({ by: [] }).then(() => true));
  return api;
}

/** Repeats a question until it has an answer; what it threw last is told when time is up. */
export async function eventually<T>(
  what: string,
  ask: () => Thenable<T | undefined | false> | T | undefined | false,
  timeoutMs = 15_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come in time${last instanceof Error ? `: ${last.message}` : ''}`);
}

/** The variables of a terminal that was opened for an agent. */
export async function agentVariables(agent: string): Promise<Readonly<Record<string, string>>> {
  const terminal = await vscode.commands.executeCommand<vscode.Terminal>('gatehouse.openTerminal', agent);
  const { env } = terminal.creationOptions as vscode.TerminalOptions;
  terminal.dispose();
  return env as Record<string, string>;
}

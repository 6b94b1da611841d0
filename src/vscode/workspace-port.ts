import { randomInt } from 'node:crypto';
import type { Memento } from 'vscode';

const NAME = 'gatehouse.port';

/** Those that the manifest's `remote.portsAttributes` keeps a remote editor from forwarding. */
const FIRST = 27_800;
const PORTS = 200;

/** A workspace keeps its port, so that what points at it goes on to. One that is taken is replaced. */
export function portOf(workspace: Memento): number {
  return workspace.get<number>(NAME) ?? FIRST + randomInt(PORTS);
}

export async function rememberPort(workspace: Memento, port: number): Promise<void> {
  await workspace.update(NAME, port);
}

// A network namespace of its own for the agents: nothing but loopback is there, and the kernel counts whatever tries to go elsewhere.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../support/start/child-process.ts';

export type Namespace =
  | { readonly possible: true; readonly enter: (command: readonly string[]) => readonly string[]; remove(): void }
  | { readonly possible: false; readonly why: string };

/** 192.0.2.0/24 is reserved for documentation and routed nowhere. */
const UNREACHABLE_NAMESERVER = '192.0.2.53';

/** As root directly, else through a user namespace, where the system allows one. */
export async function findNamespace(): Promise<Namespace> {
  if (process.platform !== 'linux')
    return { possible: false, why: `network namespaces are a feature of Linux, this is ${process.platform}` };
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-agents-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // A nameserver on loopback would swallow a look-up uncounted; this one makes it a packet without a route.
  const resolver = join(folder, 'resolv.conf');
  writeFileSync(resolver, `nameserver ${UNREACHABLE_NAMESERVER}\noptions timeout:1 attempts:1\n`);

  const setUp = 'mount --bind "$0" /etc/resolv.conf && ip link set lo up && exec "$@"';
  let why = '';
  // With processes in a namespace of their own as well, nothing that an agent started outlives the test.
  const apart = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  for (const unshare of [
    ['unshare', ...apart],
    ['unshare', '--map-root-user', ...apart],
  ]) {
    const enter = (command: readonly string[]): readonly string[] => [...unshare, 'sh', '-c', setUp, resolver, ...command];
    const [program = '', ...args] = enter(['true']);
    const attempt = await runProgram({ command: program, args, timeoutMs: 10_000 }).catch((error: Error) => ({
      code: 1,
      stderr: error.message,
    }));
    if (attempt.code === 0) return { possible: true, enter, remove };
    why = attempt.stderr.trim() || `${program} ended with ${attempt.code}`;
  }
  remove();
  return { possible: false, why };
}

/** How often something in this namespace had no route to where it wanted to go: connections and datagrams, look-ups included. */
export function attemptsToLeave(): number {
  const [names = '', values = ''] = readFileSync('/proc/self/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Ip:'));
  const ipv4 = values.split(' ')[names.split(' ').indexOf('OutNoRoutes')];
  const ipv6 = /^Ip6OutNoRoutes\s+(\d+)/m.exec(readFileSync('/proc/self/net/snmp6', 'utf8'))?.[1];
  return Number(ipv4) + Number(ipv6 ?? 0);
}

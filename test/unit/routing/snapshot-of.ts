import { parseConfig } from '../../../src/core/config/parse.ts';
import type { Random } from '../../../src/core/ports.ts';
import { isGatewayError, type GatewayError } from '../../../src/core/ir/error.ts';
import { resolveAgent, type Agent } from '../../../src/core/routing/agent.ts';
import { buildSnapshot, type HeldKey, type Snapshot, type SnapshotSource } from '../../../src/core/routing/snapshot.ts';

/** A snapshot as both hosts make it: through the schema. Throws on a faulty configuration, so that no test rests on one. */
export function snapshotOf(config: object, rest: Partial<Omit<SnapshotSource, 'config'>> = {}): Snapshot {
  const parsed = parseConfig(config);
  if (parsed.faults !== undefined) throw new Error(JSON.stringify(parsed.faults));
  return buildSnapshot({ config: parsed.config, keys: [], tokens: {}, ...rest });
}

export function agentIn(snapshot: Snapshot, id: string): Agent {
  return snapshot.agents.get(id) ?? resolveAgent(id, {});
}

export function heldKey(id: string, more: Partial<HeldKey> = {}): HeldKey {
  return { id, provider: 'openai', secret: `secret of ${id}`, ...more };
}

export function always(fraction: number): Random {
  return { bytes: (size) => new Uint8Array(size), fraction: () => fraction };
}

export function errorIn(value: object | undefined): GatewayError {
  if (!isGatewayError(value)) throw new Error(`no error: ${JSON.stringify(value)}`);
  return value;
}

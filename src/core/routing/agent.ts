import { AGENT_KINDS, type AgentKind } from '../config/kinds.ts';
import type { AgentConfig } from '../config/schema.ts';

/** A program that asks for completions, as this gateway knows it. */
export interface Agent {
  readonly id: string;
  readonly kind: AgentKind;
  /** `provider/model` that serves every request of this agent. */
  readonly model: string | undefined;
  /** The provider that serves the models it asks for, when `model` is not set. */
  readonly provider: string | undefined;
}

export function resolveAgent(id: string, config: AgentConfig): Agent {
  const kind = config.kind ?? AGENT_KINDS.find((known) => known === id) ?? 'generic';
  return { id, kind, model: config.model, provider: config.provider };
}

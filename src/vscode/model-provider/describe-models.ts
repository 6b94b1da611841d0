import { bareModel } from '../../core/dialects/model-traits.ts';
import { servedName, type GatewayView, type TargetView } from '../gateway-view.ts';

/**
 * A model as the editor's picker takes it. The last two fields are not in the published interface; the editor reads them all
 * the same, and one that does not ignores them.
 */
export interface ModelDescription {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly version: string;
  readonly tooltip: string;
  readonly detail: string;
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
  readonly capabilities: { readonly toolCalling: boolean; readonly imageInput: boolean };
  readonly isUserSelectable: boolean;
  readonly pricing?: string;
}

/** What is assumed of a model that nothing is known of. */
const CONTEXT = 128_000;
const OUTPUT = 8_192;

/** One model for each agent, one for each model of a provider. Nothing while the gateway is off. */
export function describeModels(view: Pick<GatewayView, 'state' | 'agents' | 'models'>): ModelDescription[] {
  if (view.state() === 'off') return [];
  const agents = view
    .agents()
    // Also an agent without a model: a participant cannot run at all while no model can be resolved, and then nobody would tell the
    // user what is missing.
    .map((agent) => describe(`agent/${agent.id}`, `Gatehouse: ${agent.id}`, agent.target));
  const models = view.models().map((model) => describe(model.id, model.id, model));
  return [...agents, ...models];
}

/** Where a model of the picker leads: undefined when there is no such model, or its agent has none. */
export function targetOf(view: Pick<GatewayView, 'agents' | 'models'>, modelId: string): TargetView | undefined {
  if (modelId.startsWith('agent/')) return view.agents().find((agent) => `agent/${agent.id}` === modelId)?.target;
  return view.models().find((model) => model.id === modelId);
}

function describe(id: string, name: string, target: TargetView | undefined): ModelDescription {
  const context = target?.contextTokens ?? CONTEXT;
  // A model that may write as much as it reads would leave no room to read.
  const output = Math.min(target?.outputTokens ?? OUTPUT, Math.floor(context / 2));
  const served = target === undefined ? 'no model chosen yet' : servedName(target);
  const price = target === undefined ? undefined : (target.price ?? 'unpriced');
  const trouble = target?.hasKey === false ? `no key for ${target.provider} yet` : undefined;
  return {
    id,
    name,
    family: target === undefined ? 'gatehouse' : familyOf(target.model),
    version: '1',
    tooltip: [`Served by Gatehouse: ${served}`, price, trouble].filter((line) => line !== undefined).join('\n'),
    detail: trouble ?? (id.startsWith('agent/') ? served : (price ?? '')),
    maxInputTokens: context - output,
    maxOutputTokens: output,
    capabilities: { toolCalling: true, imageInput: target?.imageInput ?? true },
    isUserSelectable: true,
    ...(price === undefined ? {} : { pricing: price }),
  };
}

/** The name without vendor, date and tag: the editor chooses its prompts by how it begins (`claude-`, `gpt-5`, `gemini-3`). */
export function familyOf(model: string): string {
  return (
    bareModel(model)
      .replace(/:.*$/, '')
      .replace(/@.*$/, '')
      .replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2})$/, '')
      .replace(/-latest$/, '') || 'unknown'
  );
}

import * as l10n from '@vscode/l10n';
import { bareModel } from '../../core/dialects/model-traits.ts';
import { servedName, type GatewayView, type TargetView } from '../gateway-view.ts';
import { effortSchema, type ConfigurationSchema } from './effort.ts';

/**
 * A model as the editor's picker takes it. The last three fields are not in the published interface; the editor reads them all
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
  readonly configurationSchema?: ConfigurationSchema;
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
    .map((agent) => describe(`agent/${agent.id}`, l10n.t('Gatehouse: {0}', agent.id), agent.target));
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
  const served = target === undefined ? l10n.t('no model chosen yet') : servedName(target);
  const price = target === undefined ? undefined : (target.price ?? l10n.t('unpriced'));
  const schema = effortSchema(target);
  const trouble = target?.hasKey === false ? l10n.t('no key for {0} yet', target.provider) : undefined;
  return {
    id,
    name,
    family: target === undefined ? 'gatehouse' : familyOf(target.model),
    version: '1',
    tooltip: [l10n.t('Served by Gatehouse: {0}', served), price, trouble].filter((line) => line !== undefined).join('\n'),
    detail: trouble ?? (id.startsWith('agent/') ? served : (price ?? '')),
    maxInputTokens: context - output,
    maxOutputTokens: output,
    // A model without tools is not offered where the editor's own agent needs some.
    capabilities: { toolCalling: target?.toolCalling ?? true, imageInput: target?.imageInput ?? true },
    isUserSelectable: true,
    ...(price === undefined ? {} : { pricing: price }),
    ...(schema === undefined ? {} : { configurationSchema: schema }),
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

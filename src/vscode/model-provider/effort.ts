import * as l10n from '@vscode/l10n';
import { claudeTraits } from '../../core/dialects/anthropic-messages/claude-traits.ts';
import { effortsOf, geminiThinking, takesEffort } from '../../core/dialects/model-traits.ts';
import type { Effort, ReasoningWish } from '../../core/ir/call.ts';
import type { TargetView } from '../gateway-view.ts';

/** The name of the property, in the schema and in what comes back. */
const PROPERTY = 'reasoningEffort';
/** Says nothing to the provider, which then does what it does unasked. */
const UNSAID = 'default';

/**
 * What the editor makes a picker of, beside the model. Not in the published interface (VS Code 1.122 to 1.139 read it), and the chosen
 * value, or the default one, comes with every request.
 */
export interface ConfigurationSchema {
  readonly properties: Readonly<Record<string, object>>;
}

/** The efforts that a model takes, least first; none where it does not think, or cannot be told how much. */
export function effortsFor({ model, dialect }: Pick<TargetView, 'model' | 'dialect'>): readonly Effort[] {
  const claude = claudeTraits(model);
  if (claude.isClaude) {
    if (claude.thinking === 'none') return [];
    const efforts: readonly Effort[] = claude.thinking === 'effort' ? claude.efforts : ['low', 'medium', 'high'];
    return claude.thinksAlways ? efforts : ['none', ...efforts];
  }
  if (geminiThinking(model) !== 'none') return effortsOf(model);
  return takesEffort(model) && dialect !== 'anthropic-messages' ? effortsOf(model) : [];
}

export function effortSchema(target: TargetView | undefined): ConfigurationSchema | undefined {
  const efforts = target === undefined ? [] : effortsFor(target);
  if (efforts.length < 2) return undefined;
  return {
    properties: {
      [PROPERTY]: {
        type: 'string',
        title: l10n.t('Thinking Effort'),
        enum: [UNSAID, ...efforts],
        enumItemLabels: [l10n.t('Usual effort'), ...efforts.map(effortWord)],
        default: UNSAID,
        // What is in this group stands beside the model in the chat's input.
        group: 'navigation',
      },
    },
  };
}

/** What was chosen, as part of a call; undefined where nothing was, or what the model does not take. */
export function effortWish(configuration: unknown, target: TargetView): ReasoningWish | undefined {
  const chosen = (configuration as Readonly<Record<string, unknown>> | null | undefined)?.[PROPERTY];
  const effort = effortsFor(target).find((known) => known === chosen);
  if (effort === undefined) return undefined;
  if (effort === 'none') return { mode: 'off', effort, shown: false };
  // OpenAI shows a summary only to verified organisations, and refuses everybody else.
  return { mode: 'on', effort, shown: target.dialect !== 'openai-responses' };
}

function effortWord(effort: Effort): string {
  switch (effort) {
    case 'none':
      return l10n.t('None');
    case 'minimal':
      return l10n.t('Minimal');
    case 'low':
      return l10n.t('Low');
    case 'medium':
      return l10n.t('Medium');
    case 'high':
      return l10n.t('High');
    case 'xhigh':
      return l10n.t('Very high');
    case 'max':
      return l10n.t('Highest');
    default:
      return effort satisfies never;
  }
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { ask, AskCancelled, AskError } from '../ask.ts';
import { cancellation } from '../cancellation.ts';
import type { GatewayView } from '../gateway-view.ts';
import { attribute } from './attribution.ts';
import { CarryMemory } from './carry-memory.ts';
import { estimateTokens } from './count-tokens.ts';
import { delivery, emptyAnswer, openAiUsage } from './deliver.ts';
import { describeModels, targetOf, type ModelDescription } from './describe-models.ts';
import { effortWish } from './effort.ts';
import { conversationId, toCall, type PartClasses } from './messages.ts';

const VENDOR = 'gatehouse';

// Not in the published interface, but there at run time (VS Code 1.122 to 1.139). Each is optional.
type ResponseOptions = vscode.ProvideLanguageModelChatResponseOptions & {
  readonly requestInitiator?: unknown;
  /** Two names for the same, in different versions. */
  readonly modelConfiguration?: unknown;
  readonly configuration?: unknown;
};
type PrepareOptions = vscode.PrepareLanguageModelChatModelOptions & { readonly configuration?: unknown };
type ThinkingPart = new (value: string, id?: string) => vscode.LanguageModelResponsePart;
const Thinking = (vscode as unknown as { readonly LanguageModelThinkingPart?: ThinkingPart }).LanguageModelThinkingPart;

export const PART_CLASSES: PartClasses = {
  Text: vscode.LanguageModelTextPart,
  ToolCall: vscode.LanguageModelToolCallPart,
  ToolResult: vscode.LanguageModelToolResultPart,
  Data: vscode.LanguageModelDataPart,
  PromptTsx: vscode.LanguageModelPromptTsxPart,
  Thinking,
};

/** Puts every agent and model into the editor's model picker. */
export function registerModelProvider(view: GatewayView): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const carries = new CarryMemory();
  const provider: vscode.LanguageModelChatProvider<ModelDescription> = {
    onDidChangeLanguageModelChatInformation: changed.event,
    // Asked once for each group that a user configured, and once without: answering both shows every model twice.
    provideLanguageModelChatInformation: (options: PrepareOptions) =>
      options.configuration === undefined ? describeModels(view) : [],
    provideLanguageModelChatResponse: (model, messages, options, progress, token) =>
      respond(view, carries, model, messages, options, progress, token),
    provideTokenCount: async (_model, text) => estimateTokens(typeof text === 'string' ? text : text.content),
  };
  const registration = vscode.lm.registerLanguageModelChatProvider(VENDOR, provider);
  // A participant runs only while a model is resolved, and the editor resolves none by itself: without this the first
  // message to @gatehouse fails.
  const prime = () => void vscode.lm.selectChatModels({ vendor: VENDOR }).then(undefined, () => undefined);
  const listening = view.onChange(() => {
    changed.fire();
    prime();
  });
  prime();
  return vscode.Disposable.from(registration, listening, changed);
}

async function respond(
  view: GatewayView,
  carries: CarryMemory,
  model: ModelDescription,
  messages: readonly vscode.LanguageModelChatRequestMessage[],
  options: ResponseOptions,
  progress: vscode.Progress<vscode.LanguageModelResponsePart>,
  token: vscode.CancellationToken,
): Promise<void> {
  const target = targetOf(view, model.id);
  if (target === undefined) {
    throw vscode.LanguageModelError.NotFound(
      model.id.startsWith('agent/')
        ? l10n.t(
            'No model is chosen for "{0}". Run "Gatehouse: Choose Model for Agent", then ask again.',
            model.id.slice('agent/'.length),
          )
        : l10n.t('"{0}" is not configured in Gatehouse any more. Choose another model.', model.id),
    );
  }
  const agent = await payer(view, options.requestInitiator);
  const modelOptions = options.modelOptions ?? {};
  const call = toCall(
    {
      model: model.id,
      messages,
      tools: options.tools ?? [],
      toolsRequired: options.toolMode === vscode.LanguageModelChatToolMode.Required,
      modelOptions,
      reasoning: effortWish(options.modelConfiguration ?? options.configuration, target),
      keptOf: (callId) => carries.get(callId),
    },
    PART_CLASSES,
  );
  const session = conversationId(modelOptions);
  const answer = delivery({
    text: (value) => progress.report(new vscode.LanguageModelTextPart(value)),
    thinking: (value) => {
      if (Thinking !== undefined) progress.report(new Thinking(value));
    },
    toolCall: (callId, name, input, kept) => {
      carries.keep(callId, kept);
      progress.report(new vscode.LanguageModelToolCallPart(callId, name, input));
    },
  });
  const cancelled = cancellation(token);
  try {
    const connection = await view.connect(agent);
    const { usage, stop } = await ask({
      ...connection,
      dialect: target.dialect,
      call,
      servedBy: target.model,
      caller: agent,
      signal: AbortSignal.any([cancelled.signal, view.leaving]),
      onPart: (part) => answer.take(part),
      ...(target.outputTokens === undefined ? {} : { maxOutputTokens: target.outputTokens }),
      ...(target.quirks === undefined ? {} : { quirks: target.quirks }),
      ...(session === undefined ? {} : { session }),
    });
    if (answer.empty) throw new Error(emptyAnswer(stop.reason, stop.raw));
    if (usage !== undefined) progress.report(vscode.LanguageModelDataPart.json(openAiUsage(usage), 'usage'));
  } catch (error) {
    throw asEditorError(error);
  } finally {
    cancelled.dispose();
  }
}

/** The agent that the request is booked on. Throws where the user does not want to pay for this caller. */
async function payer(view: GatewayView, initiator: unknown): Promise<string> {
  const attribution = attribute(initiator);
  if (attribution.kind === 'unnamed' && !view.allowsUnnamedCallers()) {
    throw vscode.LanguageModelError.NoPermissions(
      l10n.t('Gatehouse is set to answer only callers that the editor names, and this one has no name.'),
    );
  }
  if (attribution.kind === 'extension' && !(await view.consent(attribution.extensionId))) {
    throw vscode.LanguageModelError.NoPermissions(
      l10n.t('You have not allowed {0} to use the models of Gatehouse.', attribution.extensionId),
    );
  }
  return attribution.agent;
}

function asEditorError(error: unknown): unknown {
  if (error instanceof AskCancelled) return new vscode.CancellationError();
  if (!(error instanceof AskError)) return error;
  if (error.status === 403) return vscode.LanguageModelError.NoPermissions(error.message);
  if (error.status === 404) return vscode.LanguageModelError.NotFound(error.message);
  if (error.status === 402 || error.status === 429) return vscode.LanguageModelError.Blocked(error.message);
  return new Error(error.message);
}

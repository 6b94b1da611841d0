import * as l10n from '@vscode/l10n';
import { CANCELLED } from '../../core/gateway/upstream-trouble.ts';
import type { ErrorCode } from '../../core/ir/error.ts';
import { AskError } from '../ask.ts';
import { COMMANDS, type AgentView, type GatewayView, type TargetView } from '../gateway-view.ts';
import type { ChatOutput } from './chat-output.ts';

/** A gateway that does not run: what it takes to find out why, and to try again. */
export function gatewayRemedies(out: ChatOutput): void {
  out.button(l10n.t('Restart Gateway'), COMMANDS.restartGateway);
  out.button(l10n.t('Show Log'), COMMANDS.showLog);
}

/** What keeps an agent from being asked at all, with the button that mends it. */
export function troubleWith(agent: AgentView, target: TargetView | undefined, out: ChatOutput): string | undefined {
  if (target === undefined) {
    out.button(l10n.t('Choose Model'), COMMANDS.chooseModel, agent.id);
    out.button(l10n.t('Add Key'), COMMANDS.addKey);
    return l10n.t(
      'No model is chosen for the agent "{0}". Choose one, and add a key for its provider if you have not yet.',
      agent.id,
    );
  }
  if (!target.hasKey) {
    out.button(l10n.t('Add Key'), COMMANDS.addKey, target.provider);
    return l10n.t('There is no key for {0} yet. Add one, then ask again.', target.provider);
  }
  return undefined;
}

/** The buttons that can mend what an answer failed with. */
export async function remedies(
  error: unknown,
  agent: string,
  target: TargetView,
  view: Pick<GatewayView, 'agents' | 'settled'>,
  out: ChatOutput,
): Promise<void> {
  const add = (): void => out.button(l10n.t('Add Key'), COMMANDS.addKey, target.provider);
  const choose = (): void => out.button(l10n.t('Choose Model'), COMMANDS.chooseModel, agent);
  const { status, request } = error instanceof AskError ? error : { status: 0, request: undefined };
  if (status === 0) return gatewayRemedies(out);
  // Another key would not help it.
  if (status === 403 && view.agents().find(({ id }) => id === agent)?.paused === true)
    return out.button(l10n.t('Resume Agent'), COMMANDS.resumeAgent, agent);
  // The status of a refused budget differs with the dialect, and is one that providers use for other things; the book knows.
  const code = request === undefined ? undefined : (await view.settled(request).catch(() => undefined))?.error;
  switch (code as ErrorCode | undefined) {
    case 'budget-spent':
      out.button(l10n.t('Raise Budget'), COMMANDS.raiseBudget);
      return choose();
    case 'no-key':
      return add();
    case 'model-not-found':
    case 'context-too-long':
      return choose();
    case 'out-of-credit':
      add();
      return choose();
    default:
  }
  // Somebody wanted it to end.
  if (code === CANCELLED) return;
  if (status === 401 || status === 402 || status === 403) add();
  if (status === 400 || status === 402 || status === 404 || status === 429 || status >= 500) choose();
  out.button(l10n.t('Show Log'), COMMANDS.showLog);
}

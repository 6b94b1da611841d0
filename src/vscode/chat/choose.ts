import * as l10n from '@vscode/l10n';
import { COMMANDS, servedName, type GatewayView } from '../gateway-view.ts';
import type { ChatOutcome, ChatOutput } from './chat-output.ts';
import type { AnswerMetadata, ChatChoice, FollowUp } from './history.ts';
import { agentTable } from './wording.ts';

/** More would be a list, and that stands above them. */
const MOST_OFFERED = 4;

/** Who answers in this chat from now on: an agent, or a model by its own name. Nothing is written into the settings. */
export function chooseFor(name: string, current: ChatChoice, view: GatewayView, out: ChatOutput): ChatOutcome {
  const agents = view.agents();
  const session = current.session === undefined ? {} : { session: current.session };
  const stay: AnswerMetadata = { ...current, command: true };
  if (name === '') {
    out.markdown(
      `${agentTable(agents, current)}\n${l10n.t('Type `/agent name` to ask as another one in this chat, or `/agent provider/model` to ask a model by its own name.')}\n`,
    );
    out.button(l10n.t('Choose Model'), COMMANDS.chooseModel, current.agent);
    const others = agents.filter(({ id, target }) => id !== current.agent && target?.hasKey === true).slice(0, MOST_OFFERED);
    const followUps = others.map(({ id }): FollowUp => ({ label: l10n.t('Ask as {0}', id), prompt: id, command: 'agent' }));
    return { metadata: { ...stay, followUps } };
  }
  const wanted = agents.find((agent) => agent.id.toLowerCase() === name.toLowerCase());
  if (wanted !== undefined) {
    const target =
      wanted.target === undefined ? l10n.t('It has no model yet.') : l10n.t('It is served by {0}.', servedName(wanted.target));
    out.markdown(`${l10n.t('This chat now asks as **{0}**.', wanted.id)} ${target}\n`);
    if (wanted.target === undefined) out.button(l10n.t('Choose Model'), COMMANDS.chooseModel, wanted.id);
    return { metadata: { agent: wanted.id, ...session, command: true } };
  }
  const target = view.target(name);
  if (target !== undefined) {
    out.markdown(
      `${l10n.t('This chat now goes on with **{0}**. Other chats and the settings stay as they are; `/agent {1}` goes back.', servedName(target), current.agent)}\n`,
    );
    out.button(l10n.t('Choose Model for {0} Everywhere', current.agent), COMMANDS.chooseModel, current.agent);
    return { metadata: { agent: current.agent, ...session, model: name, command: true } };
  }
  out.markdown(agentTable(agents, current));
  return { metadata: stay, error: l10n.t('There is no agent and no model "{0}".', name) };
}

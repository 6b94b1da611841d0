import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import { AskCancelled } from '../ask.ts';
import { COMMANDS, EDITOR_AGENT, type AgentView, type GatewayView } from '../gateway-view.ts';
import { emptyAnswer } from '../model-provider/deliver.ts';
import { buildCall } from './build-call.ts';
import type { Asked, ChatHost, ChatQuestion, Served } from './chat-host.ts';
import type { ChatOutcome, ChatOutput } from './chat-output.ts';
import { chooseFor } from './choose.ts';
import { compare } from './compare.ts';
import { display } from './display.ts';
import { chosenIn, spentIn, type AnswerMetadata, type ChatChoice, type FollowUp } from './history.ts';
import { gatewayRemedies, remedies, troubleWith } from './remedies.ts';
import { explainRoute } from './route.ts';
import { rowsOf, spentOf } from './spent.ts';
import { toolLoop, type LoopEnd, type LoopProgress } from './tool-loop.ts';
import { chooseTools, type ToolBox } from './tools.ts';
import { keptRounds } from './transcripts.ts';
import { answerLine, costList, spentLine } from './wording.ts';

/** Answers one message. Never rejects for what a user can mend: that is an `error` with buttons before it. */
export async function respond(
  question: ChatQuestion,
  host: ChatHost,
  box: ToolBox,
  out: ChatOutput,
  signal: AbortSignal,
): Promise<ChatOutcome> {
  const { view } = host;
  const choice = chosenIn(question.history);
  if (question.command === 'agent') return chooseFor(question.prompt.trim(), choice, view, out);
  if (question.command === 'cost') {
    out.markdown(`${spentLine(spentIn(question.history))}${costList(await view.costToday())}`);
    return { metadata: { ...choice, command: true } };
  }
  const failed = (error: string): ChatOutcome => ({ error, metadata: { ...choice } });
  if (view.state() === 'off') {
    gatewayRemedies(out);
    return failed(
      l10n.t('The Gatehouse gateway is not running. It starts with a trusted workspace; the log says what is missing.'),
    );
  }
  const session = choice.session ?? randomUUID();
  if (question.command === 'compare') return compare(question, { ...choice, session }, host, out, signal);
  const agent = view.agents().find((each) => each.id === choice.agent);
  if (agent === undefined) {
    return failed(
      l10n.t(
        'There is no agent "{0}" any more. Type "/agent" to see which there are, and "/agent name" to choose one.',
        choice.agent,
      ),
    );
  }
  const served = servedIn(choice, agent, view);
  const trouble = troubleWith(agent, served.target, out);
  if (trouble !== undefined || served.target === undefined) return failed(trouble ?? '');
  const asked = { question, choice: { ...choice, session }, served: { ...served, target: served.target } };
  if (question.command === 'route') return explainRoute(asked, host, box, out);
  if (question.prompt.trim() === '' && question.references.length === 0) return failed(l10n.t('Type a question after @gatehouse.'));
  return answer(asked, host, box, out, signal);
}

function servedIn({ model }: ChatChoice, agent: AgentView, view: GatewayView): Served {
  if (model === undefined) return { payer: agent.id, model: `agent/${agent.id}`, target: agent.target };
  return { payer: EDITOR_AGENT, model, target: view.target(model) };
}

async function answer(
  { question, choice, served }: Asked,
  host: ChatHost,
  box: ToolBox,
  out: ChatOutput,
  signal: AbortSignal,
): Promise<ChatOutcome> {
  const { view } = host;
  const { target } = served;
  const { tools, dropped } =
    target.toolCalling === false ? { tools: [], dropped: 0 } : chooseTools(box.all(), question.toolReferences);
  const { call, notes } = await buildCall(
    { ...question, ...host, model: served.model, target, tools, session: choice.session },
    host.reader,
  );
  if (dropped > 0)
    notes.push(l10n.t('There are more tools than a model takes. Not offered: {0}. Name one with # to have it offered.', dropped));
  const shown = display(out);
  const progress: LoopProgress = { requests: [], turns: [] };
  const exchange = randomUUID();
  let end: LoopEnd;
  try {
    const connection = await view.connect(served.payer);
    end = await toolLoop({ connection, target, call, session: choice.session, box, display: shown, out, signal }, progress);
  } catch (error) {
    const spent = spentOf(await rowsOf(progress.requests, view), undefined);
    // What tools have done is done: the next message goes on from there.
    const rounds = keptRounds(progress.turns);
    if (rounds.length > 0) host.transcripts.keep(exchange, progress.turns);
    const metadata: AnswerMetadata = { ...choice, spent, ...(rounds.length > 0 && { exchange, rounds }) };
    // The user stopped it: what was said so far stays, and nothing is reported.
    if (error instanceof AskCancelled || signal.aborted) return { metadata };
    await remedies(error, served.payer, target, view, out);
    return { error: error instanceof Error ? error.message : String(error), metadata };
  }
  const rows = await rowsOf(end.requests, view);
  const line = answerLine(end.answer.target ?? `${target.provider}/${target.model}`, end.usage, rows, end.requests.length);
  const footer = `\n\n---\n${[...notes, ...remarks(end, shown.empty)].map((note) => `${note}  \n`).join('')}${line}\n`;
  out.markdown(footer);
  host.transcripts.keep(exchange, end.turns);
  const rounds = keptRounds(end.turns);
  const spent = spentOf(rows, end.usage, end.requests.length);
  const metadata: AnswerMetadata = {
    ...choice,
    footer,
    exchange,
    followUps: followUpsOf(end),
    ...(rounds.length > 0 && { rounds, said: end.said }),
    spent,
    ...(end.answer.request !== undefined && { request: end.answer.request }),
  };
  if (!shown.empty || end.why !== 'answered') return { metadata };
  out.button(l10n.t('Choose Model'), COMMANDS.chooseModel, choice.agent);
  return { error: emptyAnswer(end.answer.stop.reason, end.answer.stop.raw), metadata };
}

function remarks(end: LoopEnd, empty: boolean): string[] {
  return [
    ...(end.answer.stop.reason === 'max-tokens' && !empty
      ? [l10n.t('The answer reached the output limit and is not complete.')]
      : []),
    ...(end.why === 'rounds' ? [l10n.t('It stopped after {0} rounds with tools. Shall it go on?', end.requests.length)] : []),
    ...(end.why === 'declined' ? [l10n.t('It stopped because you declined a tool.')] : []),
  ];
}

function followUpsOf(end: LoopEnd): readonly FollowUp[] {
  return end.why === 'answered'
    ? [
        { label: l10n.t('What did it cost?'), prompt: '', command: 'cost' },
        { label: l10n.t('Where did it go, and why?'), prompt: '', command: 'route' },
      ]
    : [{ label: l10n.t('Go on'), prompt: l10n.t('Go on.') }];
}

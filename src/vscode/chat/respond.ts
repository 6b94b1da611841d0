import type { Call } from '../../core/ir/call.ts';
import type { Part } from '../../core/ir/parts.ts';
import { ask, AskCancelled, AskError, type Answer } from '../ask.ts';
import { COMMANDS, servedName, type AgentView, type GatewayView, type TargetView } from '../gateway-view.ts';
import { emptyAnswer } from '../model-provider/deliver.ts';
import { chosenAgent, exchanges, turnsWithin, type AnswerMetadata, type HistoryItem } from './history.ts';
import { MAX_REFERENCES, readReferences, type ReferenceReader } from './references.ts';
import { agentTable, answerLine, costTable } from './wording.ts';

/** A message to @gatehouse, as far as it is read. */
export interface ChatQuestion {
  readonly prompt: string;
  readonly command: string | undefined;
  readonly references: readonly unknown[];
  readonly history: readonly HistoryItem[];
}

export interface ChatOutput {
  markdown(text: string): void;
  progress(text: string): void;
  button(title: string, command: string, argument?: string): void;
}

export interface ChatOutcome {
  readonly error?: string;
  readonly metadata: AnswerMetadata;
}

/** What is assumed to fit where nothing is known of a model: 400,000 characters are about 100,000 tokens. */
const DEFAULT_BUDGET = 400_000;
/** Less than the four that a token has on average: code has fewer. */
const CHARACTERS_PER_TOKEN = 3;

const SYSTEM =
  'You answer in the chat panel of a code editor. Answer in Markdown, in the language of the question, and to the point. ' +
  'What the user attached stands before the question.';

/** Answers one message. Never rejects for what a user can mend: that is an `error` with buttons before it. */
export async function respond(
  question: ChatQuestion,
  view: GatewayView,
  reader: ReferenceReader,
  out: ChatOutput,
  signal: AbortSignal,
): Promise<ChatOutcome> {
  const chosen = chosenAgent(question.history);
  if (question.command === 'agent') return chooseAgent(question.prompt.trim(), chosen, view, out);
  if (question.command === 'cost') {
    out.markdown(costTable(await view.costToday()));
    return { metadata: { agent: chosen, command: true } };
  }
  const failed = (error: string, footer = ''): ChatOutcome => ({ error, metadata: { agent: chosen, footer } });
  if (view.state() === 'off') {
    out.button('Show Log', COMMANDS.showLog);
    return failed('The Gatehouse gateway is not running. It starts with a trusted workspace; the log says what is missing.');
  }
  const agent = view.agents().find((each) => each.id === chosen);
  if (agent === undefined)
    return failed(`There is no agent "${chosen}" any more. Type "/agent" to see which there are, and "/agent name" to choose one.`);
  const trouble = troubleWith(agent, out);
  if (trouble !== undefined || agent.target === undefined) return failed(trouble ?? '');
  if (question.prompt.trim() === '' && question.references.length === 0) return failed('Type a question after @gatehouse.');

  const { call, notes } = await buildCall(question, agent, agent.target, reader);
  return answer(agent.id, agent.target, call, notes, view, out, signal);
}

async function answer(
  agent: string,
  target: TargetView,
  call: Call,
  notes: readonly string[],
  view: GatewayView,
  out: ChatOutput,
  signal: AbortSignal,
): Promise<ChatOutcome> {
  const shown = display(out);
  let got: Answer;
  try {
    const connection = await view.connect(agent);
    got = await ask({
      ...connection,
      dialect: target.dialect,
      call,
      servedBy: target.model,
      caller: 'chat',
      signal,
      onPart: shown.take,
      ...(target.outputTokens === undefined ? {} : { maxOutputTokens: target.outputTokens }),
      ...(target.quirks === undefined ? {} : { quirks: target.quirks }),
    });
  } catch (error) {
    // The user stopped it: what was said so far stays, and nothing is reported.
    if (error instanceof AskCancelled) return { metadata: { agent } };
    remedies(error, agent, target, view.agents().find(({ id }) => id === agent)?.paused === true, out);
    return { error: error instanceof Error ? error.message : String(error), metadata: { agent } };
  }
  const row = got.request === undefined ? undefined : await view.settled(got.request).catch(() => undefined);
  const line = answerLine(got.target ?? `${target.provider}/${target.model}`, got.usage, row);
  const cut = got.stop.reason === 'max-tokens' && !shown.empty ? ['The answer reached the output limit and is not complete.'] : [];
  const footer = `\n\n---\n${[...notes, ...cut].map((note) => `${note}  \n`).join('')}${line}\n`;
  out.markdown(footer);
  const metadata: AnswerMetadata = { agent, footer, ...(got.request === undefined ? {} : { request: got.request }) };
  if (!shown.empty) return { metadata };
  out.button('Choose Model', COMMANDS.chooseModel, agent);
  return { error: emptyAnswer(got.stop.reason, got.stop.raw), metadata };
}

/** Thinking is not shown: the editor has no published way to. A line says that it goes on. */
function display(out: ChatOutput): { readonly take: (part: Part) => void; readonly empty: boolean } {
  let empty = true;
  const kinds = new Map<number, string>();
  return {
    get empty() {
      return empty;
    },
    take(part) {
      if (part.type === 'block-start') {
        // Two blocks of text are two paragraphs.
        if (part.block.kind === 'text' && !empty) out.markdown('\n\n');
        if (part.block.kind === 'reasoning') out.progress('Thinking');
        kinds.set(part.at, part.block.kind);
      } else if (part.type === 'block-delta' && kinds.get(part.at) === 'text') {
        empty = empty && part.text.trim() === '';
        out.markdown(part.text);
      }
    },
  };
}

async function buildCall(
  question: ChatQuestion,
  agent: AgentView,
  target: TargetView,
  reader: ReferenceReader,
): Promise<{ readonly call: Call; readonly notes: string[] }> {
  const now = await readReferences(question.references, reader);
  const notes = [...now.notes];
  let left = MAX_REFERENCES - now.content.reduce((sum, part) => sum + (part.kind === 'text' ? part.text.length : 0), 0);
  const earlier = [];
  // A later question still means the files of an earlier one. Newest first, as long as there is room.
  for (const exchange of exchanges(question.history).toReversed()) {
    const read = left > 0 ? await readReferences(exchange.references, reader, left) : { content: [], notes: [] };
    left -= read.content.reduce((sum, part) => sum + (part.kind === 'text' ? part.text.length : 0), 0);
    earlier.unshift({ content: [...read.content, { kind: 'text', text: exchange.prompt } as const], answer: exchange.answer });
  }
  const room =
    target.contextTokens === undefined
      ? undefined
      : target.contextTokens - Math.min(target.outputTokens ?? 8_192, target.contextTokens / 2);
  const budget = room === undefined ? DEFAULT_BUDGET : room * CHARACTERS_PER_TOKEN;
  const { turns, dropped } = turnsWithin(earlier, { content: [...now.content, { kind: 'text', text: question.prompt }] }, budget);
  if (dropped > 0)
    notes.push(`The conversation is longer than the model can read: the first ${dropped} of its questions were left out.`);
  return {
    call: {
      model: `agent/${agent.id}`,
      system: [{ kind: 'text', text: SYSTEM }],
      turns,
      tools: [],
      toolChoice: 'auto',
      maxOutputTokens: undefined,
    },
    notes,
  };
}

function chooseAgent(name: string, current: string, view: GatewayView, out: ChatOutput): ChatOutcome {
  const agents = view.agents();
  const stay = { metadata: { agent: current, command: true } };
  if (name === '') {
    out.markdown(`${agentTable(agents, current)}\nType \`/agent name\` to ask as another one in this chat.\n`);
    out.button('Choose Model', COMMANDS.chooseModel, current);
    return stay;
  }
  const wanted = agents.find((agent) => agent.id.toLowerCase() === name.toLowerCase());
  if (wanted === undefined) {
    out.markdown(agentTable(agents, current));
    return { ...stay, error: `There is no agent "${name}".` };
  }
  const target = wanted.target === undefined ? 'It has no model yet.' : `It is served by ${servedName(wanted.target)}.`;
  out.markdown(`This chat now asks as **${wanted.id}**. ${target}\n`);
  if (wanted.target === undefined) out.button('Choose Model', COMMANDS.chooseModel, wanted.id);
  return { metadata: { agent: wanted.id, command: true } };
}

/** What keeps an agent from being asked at all, with the button that mends it. */
function troubleWith(agent: AgentView, out: ChatOutput): string | undefined {
  const { target } = agent;
  if (target === undefined) {
    out.button('Choose Model', COMMANDS.chooseModel, agent.id);
    out.button('Add Key', COMMANDS.addKey);
    return `No model is chosen for the agent "${agent.id}". Choose one, and add a key for its provider if you have not yet.`;
  }
  if (target.hasKey) return undefined;
  out.button('Add Key', COMMANDS.addKey, target.provider);
  return `There is no key for ${target.provider} yet. Add one, then ask again.`;
}

function remedies(error: unknown, agent: string, target: TargetView, paused: boolean, out: ChatOutput): void {
  const status = error instanceof AskError ? error.status : 0;
  // Another key would not help it.
  if (paused && status === 403) return out.button('Resume Agent', COMMANDS.resumeAgent, agent);
  if (status === 401 || status === 402 || status === 403) out.button('Add Key', COMMANDS.addKey, target.provider);
  if (status === 400 || status === 402 || status === 404 || status === 429) out.button('Choose Model', COMMANDS.chooseModel, agent);
  out.button('Show Log', COMMANDS.showLog);
}

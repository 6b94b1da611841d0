import * as l10n from '@vscode/l10n';
import { ask, AskCancelled, AskError, type Answer } from '../ask.ts';
import { COMMANDS, EDITOR_AGENT, type TargetView } from '../gateway-view.ts';
import { emptyAnswer } from '../model-provider/deliver.ts';
import { AnswerTurn } from './answer-turn.ts';
import { buildCall } from './build-call.ts';
import type { ChatOutcome, ChatOutput } from './chat-output.ts';
import { addSpent, NOTHING_SPENT, type ChatChoice, type FollowUp, type Spent } from './history.ts';
import { Lanes } from './lanes.ts';
import type { ChatHost, ChatQuestion } from './chat-host.ts';
import { remedies } from './remedies.ts';
import { rowsOf, spentOf } from './spent.ts';
import { comparison, plain, type ComparedLine } from './wording.ts';

/** More answers than these are not read, and each is paid for. */
const MOST_MODELS = 6;
/** Of one answer, in the chat's metadata: what the chat can go on with. */
const MOST_KEPT = 60_000;

/** `/compare a, b: question`: the models, each one that can be asked, and the question. No models: they are to be picked. */
export function readComparison(
  prompt: string,
  isModel: (name: string) => boolean,
): { readonly models: readonly string[]; readonly question: string } {
  const [, head = '', question = ''] = /^([^\n]*?):(?:\s+|$)([\s\S]*)$/.exec(prompt.trim()) ?? [];
  const names = [...new Set(head.split(/[\s,]+/).filter((name) => name !== ''))];
  return names.length >= 2 && names.every(isModel)
    ? { models: names, question: question.trim() }
    : { models: [], question: prompt.trim() };
}

/** Asks several models at once and shows their answers one below the other, each as soon as those above it are complete. */
export async function compare(
  question: ChatQuestion,
  choice: ChatChoice & { readonly session: string },
  host: ChatHost,
  out: ChatOutput,
  signal: AbortSignal,
): Promise<ChatOutcome> {
  const { view } = host;
  const command = { ...choice, command: true };
  const read = readComparison(question.prompt, (name) => view.target(name) !== undefined);
  if (read.question === '')
    return {
      error: l10n.t('Type a question after /compare, or "/compare provider/model, provider/model: question".'),
      metadata: command,
    };
  const picked = read.models.length > 0 ? read.models : await host.pickModels();
  if (picked === undefined || picked.length === 0 || signal.aborted) {
    out.markdown(`${l10n.t('No model was picked, so nobody was asked.')}\n`);
    return { metadata: command };
  }
  const models = picked.slice(0, MOST_MODELS);
  if (models.length < picked.length) out.markdown(`${l10n.t('Only the first {0} were asked.', MOST_MODELS)}\n\n`);
  out.progress(l10n.t('Asking {0}', models.join(', ')));
  const lanes = new Lanes(models.length, (text) => out.markdown(text));
  const lines = await Promise.all(
    models.map((model, at) => askOne(model, { ...question, prompt: read.question }, choice.session, host, lanes.lane(at), signal)),
  );
  if (signal.aborted) return { metadata: { ...command, spent: spentBy(lines) } };
  const failed = lines.filter(({ error }) => error !== undefined);
  out.markdown(`\n\n---\n${comparison(lines)}\n`);
  for (const { error, target } of failed.slice(0, 1)) {
    if (error instanceof AskError && target !== undefined) await remedies(error, EDITOR_AGENT, target, view, out);
  }
  for (const provider of new Set(failed.flatMap(({ target }) => (target?.hasKey === false ? [target.provider] : []))))
    out.button(l10n.t('Add Key for {0}', provider), COMMANDS.addKey, provider);
  const answers = lines.flatMap(({ model, text }) => (text === '' ? [] : [{ model, text: text.slice(0, MOST_KEPT) }]));
  const followUps = answers.map(({ model }): FollowUp => ({
    label: l10n.t('Continue with {0}', model),
    prompt: model,
    command: 'agent',
  }));
  const metadata = { ...command, spent: spentBy(lines), compared: { prompt: read.question, answers }, followUps };
  return answers.length > 0 ? { metadata } : { metadata, error: l10n.t('None of the models answered.') };
}

interface Compared extends ComparedLine {
  readonly target: TargetView | undefined;
  readonly error: unknown;
  /** What was said; empty where it failed. */
  readonly text: string;
}

async function askOne(
  model: string,
  question: ChatQuestion,
  session: string,
  host: ChatHost,
  lane: { write(text: string): void; end(): void },
  signal: AbortSignal,
): Promise<Compared> {
  const { view } = host;
  const target = view.target(model);
  const started = performance.now();
  const since = (): number => performance.now() - started;
  let firstMs: number | undefined;
  let got: Answer | undefined;
  let error: unknown;
  const turn = new AnswerTurn();
  lane.write(`### ${plain(model)}\n\n`);
  try {
    if (target === undefined) throw new Error(l10n.t('"{0}" leads nowhere.', model));
    if (!target.hasKey) throw new Error(l10n.t('There is no key for {0} yet.', target.provider));
    const { call } = await buildCall({ ...question, ...host, model, target, tools: [], session }, host.reader);
    let kind: string | undefined;
    got = await ask({
      ...(await view.connect(EDITOR_AGENT)),
      dialect: target.dialect,
      call,
      servedBy: target.model,
      caller: 'chat',
      // Each has its own: what one provider signed is no business of another.
      session: `${session}/${model}`,
      signal,
      onPart: (part) => {
        turn.take(part);
        if (part.type === 'block-start') {
          if (kind === 'text' && part.block.kind === 'text') lane.write('\n\n');
          kind = part.block.kind;
        } else if (part.type === 'block-delta') {
          firstMs ??= since();
          if (kind === 'text') lane.write(part.text);
        }
      },
      ...(target.outputTokens === undefined ? {} : { maxOutputTokens: target.outputTokens }),
      ...(target.quirks === undefined ? {} : { quirks: target.quirks }),
    });
    if (turn.text.trim() === '') throw new Error(emptyAnswer(got.stop.reason, got.stop.raw));
  } catch (thrown) {
    error = thrown;
    if (!(thrown instanceof AskCancelled))
      lane.write(`\n\n**${l10n.t('It failed:')}** ${plain(thrown instanceof Error ? thrown.message : String(thrown))}`);
  }
  const totalMs = since();
  lane.write('\n\n');
  lane.end();
  const request = got?.request ?? (error instanceof AskError ? error.request : undefined);
  const [row] = await rowsOf(request === undefined ? [] : [request], view);
  return {
    model,
    target,
    error,
    failed: error !== undefined,
    text: error === undefined ? turn.text : '',
    firstMs,
    totalMs,
    usage: got?.usage,
    row,
  };
}

function spentBy(lines: readonly Compared[]): Spent {
  return lines
    .map(({ row, usage }) => spentOf(row === undefined ? [] : [row], usage, row === undefined && usage === undefined ? 0 : 1))
    .reduce(addSpent, NOTHING_SPENT);
}

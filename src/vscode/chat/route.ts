import * as l10n from '@vscode/l10n';
import { buildCall } from './build-call.ts';
import type { ChatOutcome, ChatOutput } from './chat-output.ts';
import { lastRequest } from './history.ts';
import type { Asked, ChatHost } from './chat-host.ts';
import { chooseTools, type ToolBox } from './tools.ts';

/** Where the next message would go, and how the last one came to its answer. Asks no provider. */
export async function explainRoute(
  { question, choice, served }: Asked,
  host: ChatHost,
  box: ToolBox,
  out: ChatOutput,
): Promise<ChatOutcome> {
  const { view } = host;
  const { target } = served;
  const { tools } = target.toolCalling === false ? { tools: [] } : chooseTools(box.all(), question.toolReferences);
  const prompt = question.prompt.trim() === '' ? '?' : question.prompt;
  const { call } = await buildCall(
    { ...question, ...host, prompt, model: served.model, target, tools, session: choice.session },
    host.reader,
  );
  const { CODECS } = await import('../../core/dialects/codecs.ts');
  const { body } = CODECS[target.dialect].writeRequest(call, {
    stream: true,
    issuer: target.dialect,
    servedBy: target.model,
    ...(target.quirks === undefined ? {} : { quirks: target.quirks }),
  });
  const asked = { agent: served.payer, model: served.model, dialect: target.dialect, session: choice.session, body };
  out.markdown(`${lower(await view.explain(asked))}\n`);
  const last = lastRequest(question.history);
  const trace = last === undefined ? undefined : await view.trace(last).catch(() => undefined);
  out.markdown(trace === undefined ? `${l10n.t('No message of this chat has been answered yet.')}\n` : `---\n\n${lower(trace)}\n`);
  return { metadata: { ...choice, command: true } };
}

/** The headings of a document are too large for an answer. */
function lower(markdown: string): string {
  return markdown.replace(/^(#{1,3}) /gm, '##$1 ');
}

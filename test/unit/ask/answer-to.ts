import type { ChatHost, ChatQuestion } from '../../../src/vscode/chat/chat-host.ts';
import type { ChatOutcome } from '../../../src/vscode/chat/chat-output.ts';
import type { HistoryItem } from '../../../src/vscode/chat/history.ts';
import { TooLarge, type ReferenceReader } from '../../../src/vscode/chat/references.ts';
import { respond } from '../../../src/vscode/chat/respond.ts';
import type { ToolBox } from '../../../src/vscode/chat/tools.ts';
import { Transcripts } from '../../../src/vscode/chat/transcripts.ts';
import type { GatewayView } from '../../../src/vscode/gateway-view.ts';

const LONGEST = 100_000;

const FILES: Readonly<Record<string, string>> = {
  '/w/a.ts': 'const a = 1;',
  '/w/fence.md': '````\ncode\n````',
  '/w/long.txt': 'x'.repeat(LONGEST + 5),
};

export const READER: ReferenceReader = {
  label: (uri) => uri.path.replace('/w/', ''),
  text: (uri, range) => {
    const text = FILES[uri.path];
    if (uri.path === '/w/huge.bin') return Promise.reject(new TooLarge());
    if (text === undefined) return Promise.reject(new Error('binary'));
    return Promise.resolve(range === undefined ? text : `${text} [${range.start.line}-${range.end.line}]`);
  },
  bytes: () => Promise.resolve(Buffer.from('hi')),
};

const NO_TOOLS: ToolBox = { all: () => [], invoke: () => Promise.reject(new Error('not in this test')) };

export const file = (path: string) => ({ id: path, value: { scheme: 'file', path } });

/** Asks @gatehouse once and collects what it shows. */
export async function answerTo(
  question: Partial<ChatQuestion>,
  view: GatewayView,
  {
    signal = new AbortController().signal,
    box = NO_TOOLS,
    transcripts = new Transcripts(),
    pickModels = () => Promise.resolve(undefined),
    onProgress = () => undefined,
  }: {
    readonly signal?: AbortSignal;
    readonly box?: ToolBox;
    readonly transcripts?: Transcripts;
    readonly pickModels?: ChatHost['pickModels'];
    readonly onProgress?: (text: string) => void;
  } = {},
) {
  const shown: string[] = [];
  const progress: string[] = [];
  const buttons: string[] = [];
  const out = {
    markdown: (text: string) => shown.push(text),
    progress: (text: string) => {
      progress.push(text);
      onProgress(text);
    },
    thinking: () => false,
    button: (title: string, command: string, argument?: string) =>
      buttons.push([title, command, argument].filter(Boolean).join(' | ')),
  };
  const surroundings = { folders: ['/w'], system: 'Linux', today: '2026-11-30' };
  const outcome: ChatOutcome = await respond(
    { prompt: '', command: undefined, references: [], toolReferences: [], history: [], ...question },
    { view, reader: READER, surroundings, transcripts, pickModels },
    box,
    out,
    signal,
  );
  return { ...outcome, shown: shown.join(''), pieces: shown.length, progress, buttons };
}

/** The history as the editor would hand back what was asked and shown. */
export function turn(
  prompt: string,
  shown: string,
  metadata: object,
  command?: string,
  references: readonly unknown[] = [],
): HistoryItem[] {
  return [
    { prompt, command, references },
    {
      response: [{ value: { value: shown } }],
      result: { metadata: JSON.parse(JSON.stringify(metadata)) as Record<string, unknown> },
    },
  ];
}

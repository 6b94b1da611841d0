import { platform } from 'node:os';
import * as vscode from 'vscode';
import { cancellation } from '../cancellation.ts';
import type { GatewayView } from '../gateway-view.ts';
import type { ChatOutput } from './chat-output.ts';
import { editorTools } from './editor-tools.ts';
import type { FollowUp } from './history.ts';
import { pickModels } from './pick-models.ts';
import { TooLarge, type RangeLike, type ReferenceReader, type UriLike } from './references.ts';
import { respond } from './respond.ts';
import type { Surroundings } from './system-prompt.ts';
import { Transcripts } from './transcripts.ts';

const PARTICIPANT = 'gatehouse.gatehouse';

/** Larger files are not opened only to be cut. */
const MAX_FILE_BYTES = 5 * 1024 * 1024;

export function registerChat(view: GatewayView): vscode.Disposable {
  const transcripts = new Transcripts();
  const participant = vscode.chat.createChatParticipant(PARTICIPANT, async (request, context, stream, token) => {
    const cancelled = cancellation(token);
    try {
      const { error, metadata } = await respond(
        {
          prompt: request.prompt,
          command: request.command,
          references: request.references,
          toolReferences: request.toolReferences.map(({ name }) => name),
          history: context.history,
        },
        { view, reader: READER, surroundings: surroundings(), transcripts, pickModels: () => pickModels(view) },
        editorTools(request),
        output(stream),
        AbortSignal.any([cancelled.signal, view.leaving]),
      );
      return error === undefined ? { metadata } : { errorDetails: { message: error }, metadata };
    } finally {
      cancelled.dispose();
    }
  });
  participant.iconPath = new vscode.ThemeIcon('key');
  participant.followupProvider = {
    provideFollowups: (result) => ((result.metadata?.['followUps'] ?? []) as readonly FollowUp[]).map((each) => ({ ...each })),
  };
  return participant;
}

function surroundings(): Surroundings {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, '0');
  return {
    folders: (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => (uri.scheme === 'file' ? uri.fsPath : uri.toString())),
    system: { darwin: 'macOS', win32: 'Windows', linux: 'Linux' }[platform() as string] ?? platform(),
    today: `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`,
  };
}

// Not in the published interface, and refused to most extensions when it is called (VS Code 1.139).
type WithThinking = vscode.ChatResponseStream & { readonly thinkingProgress?: (thinking: { readonly text: string }) => unknown };

function output(stream: WithThinking): ChatOutput {
  return {
    markdown: (text) => stream.markdown(text),
    progress: (text) => stream.progress(text),
    thinking: (text) => showThinking(stream, text),
    button: (title, command, argument) =>
      stream.button(argument === undefined ? { title, command } : { title, command, arguments: [argument] }),
  };
}

/** Only trying tells: the method is there for everybody. */
function showThinking(stream: WithThinking, text: string): boolean {
  try {
    if (typeof stream.thinkingProgress !== 'function') return false;
    stream.thinkingProgress({ text });
    return true;
  } catch {
    return false;
  }
}

const READER: ReferenceReader = {
  label: (uri) => vscode.workspace.asRelativePath(uriOf(uri)),
  async text(uri, range) {
    const wanted = uriOf(uri);
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === wanted.toString());
    if (open === undefined && (await vscode.workspace.fs.stat(wanted)).size > MAX_FILE_BYTES) throw new TooLarge();
    const document = open ?? (await vscode.workspace.openTextDocument(wanted));
    return document.getText(range === undefined ? undefined : rangeOf(range));
  },
  async bytes(uri) {
    return vscode.workspace.fs.readFile(uriOf(uri));
  },
};

// The structural types of references.ts are the editor's own objects, which came from it a moment ago.
function uriOf(uri: UriLike): vscode.Uri {
  return uri as vscode.Uri;
}

function rangeOf(range: RangeLike): vscode.Range {
  return range as vscode.Range;
}

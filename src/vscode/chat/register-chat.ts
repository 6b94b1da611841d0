import * as vscode from 'vscode';
import { cancellation } from '../cancellation.ts';
import type { GatewayView } from '../gateway-view.ts';
import { TooLarge, type RangeLike, type ReferenceReader, type UriLike } from './references.ts';
import { respond, type ChatOutput } from './respond.ts';

const PARTICIPANT = 'gatehouse.gatehouse';

/** Larger files are not opened only to be cut. */
const MAX_FILE_BYTES = 5 * 1024 * 1024;

export function registerChat(view: GatewayView): vscode.Disposable {
  const participant = vscode.chat.createChatParticipant(PARTICIPANT, async (request, context, stream, token) => {
    const cancelled = cancellation(token);
    try {
      const { error, metadata } = await respond(
        {
          prompt: request.prompt,
          command: request.command,
          references: request.references,
          history: context.history,
        },
        view,
        READER,
        output(stream),
        cancelled.signal,
      );
      return error === undefined ? { metadata } : { errorDetails: { message: error }, metadata };
    } finally {
      cancelled.dispose();
    }
  });
  participant.iconPath = new vscode.ThemeIcon('key');
  participant.followupProvider = {
    provideFollowups: (result) =>
      result.errorDetails === undefined && result.metadata?.['request'] !== undefined
        ? [{ prompt: '', command: 'cost', label: 'What did today cost?' }]
        : [],
  };
  return participant;
}

function output(stream: vscode.ChatResponseStream): ChatOutput {
  return {
    markdown: (text) => stream.markdown(text),
    progress: (text) => stream.progress(text),
    button: (title, command, argument) =>
      stream.button(argument === undefined ? { title, command } : { title, command, arguments: [argument] }),
  };
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

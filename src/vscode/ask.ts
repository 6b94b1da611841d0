/**
 * The editor as a client of its own gateway: chat and the model provider ask over HTTP with a local token, like any other
 * agent, so there is one path and one accounting. Nothing here imports `vscode`; it runs and is tested in plain node.
 */
import * as l10n from '@vscode/l10n';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Call } from '../core/ir/call.ts';
import type { DialectId } from '../core/ir/dialect.ts';
import type { Part, StopReason } from '../core/ir/parts.ts';
import type { Usage } from '../core/ir/usage.ts';
import type { DialectQuirks } from '../core/dialects/dialect.ts';
import type { Decoder } from '../core/dialects/decoder.ts';
import { SseScanner } from '../core/wire/sse-scanner.ts';

export interface Ask {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly endpoint: string;
  readonly token: string;
  readonly dialect: DialectId;
  readonly call: Call;
  /** The upstream's model, where `call.model` names a route. */
  readonly servedBy?: string;
  readonly maxOutputTokens?: number;
  readonly quirks?: DialectQuirks;
  /** Who asks inside the editor: `chat`, or an extension id. For the gateway only: its own headers go no further. */
  readonly caller?: string;
  /** Groups the requests of one conversation in the ledger. */
  readonly session?: string;
  readonly signal: AbortSignal;
  readonly onPart: (part: Part) => void;
}

export interface Answer {
  readonly usage: Usage | undefined;
  readonly stop: { readonly reason: StopReason; readonly raw: string };
  /** The gateway's id of this request; the ledger's row has it too. */
  readonly request: string | undefined;
  /** `provider/model` that answered. */
  readonly target: string | undefined;
}

/** What went wrong, as the gateway or the provider put it. `status` is 0 where no answer came at all. */
export class AskError extends Error {
  readonly status: number;
  readonly request: string | undefined;
  readonly target: string | undefined;

  constructor(message: string, status: number, headers: IncomingHttpHeaders = {}) {
    super(message);
    this.name = 'AskError';
    this.status = status;
    this.request = headerText(headers, 'x-gatehouse-request');
    this.target = headerText(headers, 'x-gatehouse-target');
  }
}

/** The user stopped it. Nothing went wrong. */
export class AskCancelled extends Error {
  constructor() {
    super(l10n.t('The request was cancelled.'));
    this.name = 'AskCancelled';
  }
}

const MAX_ERROR_BODY = 64 * 1024;

/** Rejects with AskError, with AskCancelled, or with what `onPart` threw; in each case the upstream call is aborted. */
export async function ask(options: Ask): Promise<Answer> {
  const { signal } = options;
  // Not before somebody asks: the codecs take a seventh of the time in which the extension is loaded.
  const { CODECS } = await import('../core/dialects/codecs.ts');
  const codec = CODECS[options.dialect];
  // The gateway relays what is asked in the provider's own dialect, so opaque state of that dialect is the provider's.
  const issuer = options.dialect;
  const wire = codec.writeRequest(options.call, {
    stream: true,
    issuer,
    ...(options.servedBy === undefined ? {} : { servedBy: options.servedBy }),
    ...(options.maxOutputTokens === undefined ? {} : { maxOutputTokens: options.maxOutputTokens }),
    ...(options.quirks === undefined ? {} : { quirks: options.quirks }),
  });
  if (signal.aborted) throw new AskCancelled();
  const response = await send(options, wire.path, Buffer.from(wire.body));
  try {
    return await readAnswer(
      response,
      { ...options, onPart: (part) => options.onPart(named(part, wire.toolNames)) },
      codec.decoder({ issuer, ...(options.quirks === undefined ? {} : { quirks: options.quirks }) }),
    );
  } catch (error) {
    throw signal.aborted ? new AskCancelled() : error;
  } finally {
    // Closing the socket is what aborts the upstream call; after a whole answer it changes nothing.
    response.destroy();
  }
}

/** A tool whose name the dialect does not take was renamed on the wire: here it is called what the caller calls it. */
function named(part: Part, toolNames: ReadonlyMap<string, string>): Part {
  if (part.type !== 'block-start' || part.block.kind !== 'tool-call') return part;
  const name = toolNames.get(part.block.name);
  return name === undefined ? part : { ...part, block: { ...part.block, name } };
}

function send(options: Ask, path: string, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(new URL(path, options.endpoint), {
      method: 'POST',
      signal: options.signal,
      headers: {
        authorization: `Bearer ${options.token}`,
        'content-type': 'application/json',
        'content-length': body.length,
        accept: 'text/event-stream',
        'user-agent': 'gatehouse-editor',
        ...(options.caller === undefined ? {} : { 'x-gatehouse-caller': printable(options.caller) }),
        ...(options.session === undefined ? {} : { 'x-session-id': printable(options.session) }),
        ...(options.dialect === 'anthropic-messages' ? { 'anthropic-version': '2023-06-01' } : {}),
      },
    });
    request.once('response', resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (options.signal.aborted) reject(new AskCancelled());
      else
        reject(
          new AskError(
            l10n.t('The Gatehouse gateway does not answer ({0}). Restart it, or look at its log.', error.code ?? '?'),
            0,
          ),
        );
    });
    request.end(body);
  });
}

/** Whether a gateway answers at this address, on this machine. */
export function isListening(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = httpRequest(new URL('/healthz', url), { timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.end();
  });
}

async function readAnswer(response: IncomingMessage, options: Ask, decoder: Decoder): Promise<Answer> {
  const status = response.statusCode ?? 0;
  if (status !== 200) throw new AskError(errorMessage(await readText(response), status), status, response.headers);
  if (!(response.headers['content-type'] ?? '').includes('text/event-stream')) {
    const message = errorMessage(await readText(response), status);
    throw new AskError(l10n.t('The provider did not stream its answer. {0}', message), status, response.headers);
  }

  let usage: Usage | undefined;
  let stop: Answer['stop'] | undefined;
  const take = (parts: readonly Part[]) => {
    for (const part of parts) {
      if (part.type === 'usage') usage = part.usage;
      if (part.type === 'response-end') stop = part.stop;
      options.onPart(part);
      if (part.type === 'response-error') throw new AskError(part.error.message, part.error.status, response.headers);
    }
  };
  const scanner = new SseScanner();
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      scanner.push(chunk, (event) => take(decoder.push(event)));
      if (scanner.overflowed)
        throw new AskError(l10n.t('The provider sent a single event of more than 32 MB.'), 502, response.headers);
    }
  } catch (error) {
    // A reset connection is a cut-off answer; what the decoder has to say about it is the better sentence.
    if (error instanceof AskError || options.signal.aborted || !isConnectionError(error)) throw error;
  }
  // One more line end completes a last event that lacks only its blank line, and never a torn one.
  scanner.push(Buffer.from('\n'), (event) => take(decoder.push(event)));
  take(decoder.end());
  if (stop === undefined) throw new AskError(l10n.t('The answer has no end. Try again.'), 502, response.headers);
  return {
    usage,
    stop,
    request: headerText(response.headers, 'x-gatehouse-request'),
    target: headerText(response.headers, 'x-gatehouse-target'),
  };
}

function isConnectionError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'HPE_INVALID_EOF_STATE';
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ERROR_BODY) break;
    }
  } catch {
    // What came before the connection broke may still say what happened.
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The sentence in an error body: each dialect keeps it in `error.message`; Gemini may wrap the whole in a list. */
function errorMessage(body: string, status: number): string {
  try {
    let value: unknown = JSON.parse(body);
    if (Array.isArray(value)) value = value[0];
    const error = (value as { error?: unknown } | null)?.error;
    const message = typeof error === 'string' ? error : (error as { message?: unknown } | undefined)?.message;
    if (typeof message === 'string' && message !== '') return message;
  } catch {
    // Not JSON: a proxy's page, of no use to a reader.
  }
  return l10n.t('The provider answered with status {0} and no message.', status);
}

function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Header values take no control characters, and not every extension id or session is ours. */
function printable(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}

import { randomBytes } from 'node:crypto';
import type { GatewayDeps } from '../core/gateway/deps.ts';
import type { Answer, AnswerHeaders, Exchange } from '../core/gateway/exchange.ts';
import { handle } from '../core/gateway/handle.ts';
import type { AskedRequest } from '../core/gateway/running-requests.ts';
import { CODECS } from '../core/dialects/codecs.ts';
import type { Decoder } from '../core/dialects/decoder.ts';
import { parseRecord } from '../core/dialects/read-json.ts';
import type { DialectId } from '../core/ir/dialect.ts';
import type { Part } from '../core/ir/parts.ts';
import { TokenTable } from '../core/routing/tokens.ts';
import { SseScanner } from '../core/wire/sse-scanner.ts';

/** What an answer is made of, for a person to read. */
export type RetryPiece =
  | { readonly kind: 'text' | 'thinking' | 'arguments'; readonly text: string }
  | { readonly kind: 'tool'; readonly text: string };

export interface RetryListener {
  said(pieces: readonly RetryPiece[]): void;
  /** `trouble`: the sentence of an error; undefined: all went well. Called once. */
  ended(trouble: string | undefined): void;
}

/** The body is unpacked already, and nobody unpacks the answer. */
const NOT_AGAIN: ReadonlySet<string> = new Set(['accept-encoding', 'content-length', 'content-encoding']);

/**
 * Asks once more what was asked before, as the same agent, of a target that a person chose: through the whole pipeline, so limits, budgets,
 * the allow-list and the ledger hold as for any request. Only the agent's own rules, model and fallbacks do not apply. It stops like any
 * request on its way, by its id.
 */
export function retryRequest(deps: GatewayDeps, asked: AskedRequest, target: string, listener: RetryListener): string {
  const id = deps.newId();
  // Good for this one request: the agent's own token may have been rotated since.
  const token = randomBytes(24).toString('hex');
  const tokens = new TokenTable([[asked.agent, token]]);
  const snapshot: GatewayDeps['snapshot'] = once(deps.snapshot, (now) => {
    const agent = now.agents.get(asked.agent);
    const agents = new Map(now.agents);
    if (agent !== undefined) agents.set(asked.agent, { ...agent, model: target, rules: [], fallbacks: [] });
    return { ...now, agents, tokens };
  });
  const answer = new ReadAnswer(asked.dialect, listener);
  void handle({ ...deps, snapshot, newId: () => id }, exchangeOf(asked, token, answer)).then(
    () => answer.over(),
    () => answer.over('The gateway failed on this request. Its log says more.'),
  );
  return id;
}

/** The same for the same. */
function once<T, U>(read: () => T, change: (value: T) => U): () => U {
  let seen: { readonly from: T; readonly to: U } | undefined;
  return () => {
    const from = read();
    if (seen?.from !== from) seen = { from, to: change(from) };
    return seen.to;
  };
}

function exchangeOf({ method, target, rawHeaders, headers, body }: AskedRequest, token: string, answer: Answer): Exchange {
  const isSent = (name: string): boolean => !NOT_AGAIN.has(name.toLowerCase());
  return {
    method,
    target,
    rawHeaders: rawHeaders.filter((_text, at) => isSent(rawHeaders[at - (at % 2)] ?? '')),
    headers: {
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => isSent(name))),
      authorization: `Bearer ${token}`,
    },
    readBody: () => Promise.resolve(body),
    answer,
    // Nobody goes away: it is stopped by its id.
    onGone: () => undefined,
  };
}

/** More of an answer that is no stream is not read. */
const MOST_WHOLE_BYTES = 32 * 1024 * 1024;

/** Reads the answer as a person would. */
class ReadAnswer implements Answer {
  readonly #dialect: DialectId;
  readonly #listener: RetryListener;
  readonly #decoder: Decoder;
  readonly #scanner = new SseScanner();
  #status = 0;
  #streams = false;
  #chunks: Buffer[] = [];
  #size = 0;
  #block: 'text' | 'thinking' | 'arguments' = 'text';
  #trouble: string | undefined;
  #cut = false;
  #isOver = false;

  constructor(dialect: DialectId, listener: RetryListener) {
    this.#dialect = dialect;
    this.#listener = listener;
    this.#decoder = CODECS[dialect].decoder({});
  }

  get begun(): boolean {
    return this.#status !== 0;
  }

  begin(status: number, headers: AnswerHeaders): void {
    if (this.begun) return;
    this.#status = status;
    this.#streams = status < 300 && String(headers['content-type'] ?? '').includes('event-stream');
  }

  write(chunk: Uint8Array | string): boolean {
    const bytes = Buffer.from(chunk);
    if (this.#streams) this.#scanner.push(bytes, (event) => this.#take(this.#decoder.push(event)));
    else if ((this.#size += bytes.length) <= MOST_WHOLE_BYTES) this.#chunks.push(bytes);
    return true;
  }

  onDrain(): void {
    // It is never full.
  }

  end(): void {
    if (this.#streams) {
      this.#scanner.push(Buffer.from('\n'), (event) => this.#take(this.#decoder.push(event)));
      this.#take(this.#decoder.end());
    } else this.#readWhole();
    this.over();
  }

  destroy(): void {
    this.#cut = true;
  }

  over(trouble?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.ended(trouble ?? this.#trouble ?? (this.#cut ? 'The answer was cut off before its end.' : undefined));
  }

  #readWhole(): void {
    const body = parseRecord(Buffer.concat(this.#chunks).toString());
    if (this.#status >= 300) this.#trouble = CODECS[this.#dialect].readError(this.#status, body).message;
    else if (body === undefined) this.#trouble = 'The answer cannot be read.';
    else this.#take(CODECS[this.#dialect].decodeWhole(body, {}));
  }

  #take(parts: readonly Part[]): void {
    const pieces = parts.flatMap((part) => this.#pieceOf(part));
    if (pieces.length > 0) this.#listener.said(pieces);
  }

  #pieceOf(part: Part): readonly RetryPiece[] {
    switch (part.type) {
      case 'block-start': {
        const { block } = part;
        this.#block = block.kind === 'tool-call' ? 'arguments' : block.kind === 'reasoning' ? 'thinking' : 'text';
        return block.kind === 'tool-call' ? [{ kind: 'tool', text: block.name }] : [];
      }
      case 'block-delta':
        return [{ kind: this.#block, text: part.text }];
      case 'response-error':
        this.#trouble = part.error.message;
        return [];
      default:
        return [];
    }
  }
}

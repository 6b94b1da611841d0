import { CODECS } from '../dialects/codecs.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { DialectId } from '../ir/dialect.ts';
import type { Loss } from '../ir/loss.ts';
import { headersToProvider } from '../wire/headers.ts';
import type { AnswerContext, AnswerSink, StreamSink } from './answer-sink.ts';
import type { CarryMemory } from './translate/carry-memory.ts';
import { convertedError } from './translate/converted-error.ts';
import { convertedWhole, type WholeConversion } from './translate/converted-whole.ts';
import { errorAnswer } from './error-answer.ts';
import type { ErrorSink } from './error-sink.ts';
import type { AnswerHeaders, Exchange } from './exchange.ts';
import { relayPassage, type Passage } from './passage.ts';
import type { Translation } from './translate/plan-translation.ts';
import { translatedHeaders } from './translate/headers.ts';
import { StreamAnswer } from './stream-answer.ts';
import { TranslatePassage, translateWhole } from './translate/translate-passage.ts';
import { wholeAnswer } from './whole-answer.ts';

/** How a request is served: what goes to the provider, and what happens to its answer. An attempt is the same for both ways. */
export interface Serving {
  readonly mode: 'relay' | 'translate';
  readonly losses: readonly Loss[];
  /** `addedUsage`: the body asks for a usage event that the agent did not ask for. */
  prepare(includeUsage: boolean): { readonly body: Uint8Array | undefined; readonly addedUsage: boolean };
  /** Without the key. */
  headersToProvider(exchange: Exchange): readonly string[];
  /** Of what the provider sent, what goes to the agent with a stream. */
  streamHeaders(headers: AnswerHeaders): AnswerHeaders;
  streamAnswer(context: AnswerContext, addedUsage: () => boolean): StreamSink;
  wholeAnswer(context: AnswerContext, status: number, headers: AnswerHeaders, askedForStream: boolean): AnswerSink;
  /** `intercept` is called with the whole body before anything is sent; true when somebody else takes it from here. */
  errorAnswer(context: AnswerContext, status: number, headers: AnswerHeaders, intercept: (body: Buffer) => boolean): ErrorSink;
}

/** Same dialect: the body passes but for the model's name (`retarget`; undefined leaves it), and so does the answer. */
export function relaying(dialect: Dialect, raw: Uint8Array | undefined, retarget: string | undefined): Serving {
  return {
    mode: 'relay',
    losses: [],
    prepare(includeUsage) {
      const prepared = raw === undefined ? undefined : dialect.retarget(raw, { model: retarget, includeUsage });
      return { body: prepared?.body, addedUsage: prepared?.edits.includes('include-usage') ?? false };
    },
    headersToProvider: (exchange) => headersToProvider(exchange.rawHeaders),
    streamHeaders: (headers) => headers,
    streamAnswer: (context, addedUsage) => new StreamAnswer(context, (meter) => relayPassage(dialect, meter, addedUsage())),
    wholeAnswer,
    errorAnswer,
  };
}

const STREAM_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' } as const;

/** Another dialect: meaning passes. `list` is Gemini's stream without `alt=sse`, an array of answers in one piece of JSON. */
export function translating(
  translation: Translation,
  to: DialectId,
  memory: CarryMemory,
  asked: { readonly stream: boolean; readonly form: 'stream' | 'whole' | 'list' },
): Serving {
  return {
    mode: 'translate',
    losses: translation.losses,
    prepare: (includeUsage) => ({
      body: Buffer.from(includeUsage || !asked.stream ? translation.wire.body : translation.withoutUsage().body),
      addedUsage: includeUsage,
    }),
    headersToProvider: ({ headers }) => translatedHeaders(to, asked.stream, headers['user-agent']),
    streamHeaders: () => STREAM_HEADERS,
    streamAnswer: (context) => new StreamAnswer(context, () => new TranslatePassage(translation, memory)),
    wholeAnswer: (context, status, headers) =>
      convertedWhole(context, translateWhole(translation, memory, context.spoken, asked.form), status, headers),
    errorAnswer: (context, status, headers, intercept) => convertedError(context, translation.outbound, status, headers, intercept),
  };
}

/** A request and its answer in another form of the same kind: embeddings, completions, token counts. */
export interface Conversion {
  readonly body: string;
  readonly losses: readonly Loss[];
  readonly whole: WholeConversion;
  /** Begun for each stream. */
  readonly passage?: () => Passage;
}

export function converting(conversion: Conversion, to: DialectId, stream: boolean): Serving {
  const codec = CODECS[to];
  return {
    mode: 'translate',
    losses: conversion.losses,
    prepare: () => ({ body: Buffer.from(conversion.body), addedUsage: false }),
    headersToProvider: ({ headers }) => translatedHeaders(to, stream, headers['user-agent']),
    streamHeaders: () => STREAM_HEADERS,
    streamAnswer: (context) => new StreamAnswer(context, () => conversion.passage!()),
    wholeAnswer: (context, status, headers) => convertedWhole(context, conversion.whole, status, headers),
    errorAnswer: (context, status, headers, intercept) => convertedError(context, codec, status, headers, intercept),
  };
}

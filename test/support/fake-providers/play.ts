import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Operation } from '../../../src/core/ir/dialect.ts';
import { type Frame, type FrameData, frameText } from '../../../src/core/providers/demo/answer.ts';
import { tokensOf } from '../../../src/core/providers/demo/compose.ts';
import { answerOf, spellOut, withUsage, withWireUsage } from './compose-answer.ts';
import type { FakeDialect, Memory } from './dialect.ts';
import type { Pace } from './pace.ts';
import type { FakeRequest, Step, StepError } from './script.ts';

export interface Play {
  readonly request: FakeRequest;
  readonly response: ServerResponse;
  readonly dialect: FakeDialect;
  readonly operation: Operation;
  readonly memory: Memory;
  readonly models: readonly string[];
  readonly step: Step;
  /** Of the request; ids are made from it. */
  readonly number: number;
  readonly pace: Pace;
}

/** What it takes to send something. */
type Way = Pick<Play, 'request' | 'response' | 'pace'>;

type Headers = Readonly<Record<string, string | readonly string[]>>;

export async function playAnswer(play: Play): Promise<void> {
  const { request, response, dialect, step } = play;
  if (step.cut === 'before-headers') {
    request.times.ended = performance.now();
    socketOf(response).resetAndDestroy();
    return;
  }
  if (step.stallBeforeHeaders === true) return;
  if (step.delay?.headersMs !== undefined) await play.pace.pause(step.delay.headersMs, response);
  if (request.aborted) return;
  if (step.raw !== undefined) return playRaw(play, step.raw);
  if (step.error !== undefined) return playError(play, step.error);
  if (play.operation !== 'generate') return playJson(play, 200, step.headers ?? {}, otherBody(play));
  const answer = answerOf(play);
  dialect.remember(request, answer, play.memory);
  if (request.read?.stream === true)
    return playStream(
      play,
      dialect.frames(request, answer).map((frame) => withUsage(frame, step)),
    );
  if (step.errorEvent !== undefined) return playError(play, step.errorEvent);
  await playWhole(play, withWireUsage(dialect.whole(request, answer), step));
}

/** A complete JSON answer at once. */
export async function playJson({ request, response, pace }: Way, status: number, headers: Headers, body: unknown): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(body));
  open(request, response, status, { 'content-type': 'application/json', 'content-length': String(bytes.length), ...headers });
  await write(response, bytes, pace);
  end(request, response);
}

function otherBody({ request, dialect, operation, models }: Play): FrameData {
  if (operation === 'models') return dialect.models(request.path.split('?')[0] ?? '', models);
  return operation === 'count' ? dialect.count(request, tokensOf(request.read?.characters ?? 0)) : dialect.embed(request);
}

async function playError(play: Play, error: StepError): Promise<void> {
  const { status, body } = play.dialect.error(error);
  const headers = { ...play.step.headers, ...error.headers, ...moments(error, play.pace.now()) };
  await playJson(play, status, headers, error.body ?? body);
}

function moments(error: StepError, now: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(error.moments ?? {}).map(([name, { inMs, as }]) => {
      const moment = new Date(now + inMs);
      return [name, as === 'http-date' ? moment.toUTCString() : moment.toISOString()];
    }),
  );
}

async function playRaw(play: Play, raw: NonNullable<Step['raw']>): Promise<void> {
  const { request, response, step } = play;
  open(request, response, raw.status ?? 200, { 'content-type': 'text/event-stream', ...raw.headers, ...step.headers });
  await sendChunks(
    play,
    raw.chunks.map((chunk) => Buffer.from(chunk)),
  );
}

async function playWhole({ request, response, step, pace }: Play, body: FrameData): Promise<void> {
  const plain = Buffer.from(spellOut(JSON.stringify(body), step));
  const bytes = step.encoding === 'gzip' ? gzipSync(plain) : plain;
  const encoding = step.encoding === undefined ? {} : { 'content-encoding': step.encoding };
  const length = String(bytes.length);
  open(request, response, 200, { 'content-type': 'application/json', 'content-length': length, ...encoding, ...step.headers });
  const stalls = step.stallAfterEvents !== undefined;
  if (stalls && step.afterBytes === undefined) return;
  if (stalls || step.cut !== undefined) {
    response.flushHeaders();
    await write(response, bytes.subarray(0, step.afterBytes ?? bytes.length >> 1), pace);
    return stalls || step.cut === undefined ? undefined : cut(request, response, step.cut);
  }
  if (step.chunking !== undefined) return sendChunks({ request, response, step, pace }, recut(bytes, step.chunking));
  await write(response, bytes, pace);
  end(request, response);
}

async function playStream(play: Play, answered: readonly Frame[]): Promise<void> {
  const { request, response, dialect, step } = play;
  const frames = repeated(answered, step.repeat);
  const stopAt =
    step.stallAfterEvents ?? (step.cut === undefined && step.errorEvent === undefined ? frames.length : (step.afterEvents ?? 0));
  const sent = frames.slice(0, stopAt);
  const all = step.errorEvent === undefined ? sent : [...sent, ...dialect.errorFrames(step.errorEvent, sent)];
  const asArray = dialect.id === 'gemini' && !/[?&]alt=sse(?:&|$)/.test(request.path);
  const textOf = (frame: Frame): string => spellOut(frameText(frame, step.newline ?? dialect.newline), step);
  const texts = asArray ? jsonArray(all, stopAt === frames.length).map((text) => spellOut(text, step)) : all.map(textOf);
  const bytes = texts.map((text) => Buffer.from(text));
  if (step.afterBytes !== undefined) {
    const rest = Buffer.from(frames.slice(stopAt).map(textOf).join(''));
    bytes.push(rest.subarray(0, step.afterBytes));
  }
  open(request, response, 200, {
    'content-type': asArray ? 'application/json; charset=UTF-8' : 'text/event-stream; charset=utf-8',
    ...(step.encoding === undefined ? {} : { 'content-encoding': step.encoding }),
    ...step.headers,
  });
  // Without this an answer that stalls or dies before its first event would not even show its headers.
  response.flushHeaders();
  if (step.encoding === 'gzip') await sendChunks(play, recut(gzipSync(Buffer.concat(bytes)), step.chunking ?? GZIP_PIECE));
  else await sendChunks(play, step.chunking === undefined ? bytes : recut(Buffer.concat(bytes), step.chunking));
}

/** So that a compressed stream comes in pieces that mean nothing by themselves. */
const GZIP_PIECE = 100;

function repeated(frames: readonly Frame[], which: Step['repeat']): readonly Frame[] {
  if (which === undefined) return frames;
  return which === 'first' ? [...frames.slice(0, 1), ...frames] : [...frames, ...frames.slice(-1)];
}

function jsonArray(frames: readonly Frame[], closed: boolean): readonly string[] {
  return frames.map(
    (frame, at) => `${at === 0 ? '[' : ',\r\n'}${JSON.stringify(frame.data)}${closed && at === frames.length - 1 ? ']' : ''}`,
  );
}

function recut(bytes: Buffer, size: number | 'whole'): readonly Buffer[] {
  if (size === 'whole') return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

async function sendChunks(
  { request, response, step, pace }: Way & { readonly step: Step },
  chunks: readonly Buffer[],
): Promise<void> {
  const { firstEventMs = 0, betweenMs = 0 } = step.delay ?? {};
  for (const [at, chunk] of chunks.entries()) {
    const ms = at === 0 ? firstEventMs : betweenMs;
    if (ms > 0) await pace.pause(ms, response);
    if (request.aborted) return;
    await write(response, chunk, pace);
  }
  if (request.aborted || step.stallAfterEvents !== undefined) return;
  if (step.cut === undefined) end(request, response);
  else await cut(request, response, step.cut);
}

function open(request: FakeRequest, response: ServerResponse, status: number, headers: Headers): void {
  request.status = status;
  request.times.headersSent = performance.now();
  response.writeHead(
    status,
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]])),
  );
}

function end(request: FakeRequest, response: ServerResponse): void {
  if (request.aborted) return;
  request.times.ended = performance.now();
  response.end();
}

async function cut(request: FakeRequest, response: ServerResponse, how: NonNullable<Step['cut']>): Promise<void> {
  request.times.ended = performance.now();
  const socket = socketOf(response);
  // A reset throws away what the kernel has not delivered yet; the client shall see what was sent before it.
  await sleep(10);
  if (how === 'reset') socket.resetAndDestroy();
  else if (response.hasHeader('content-length')) socket.destroy();
  else response.end();
}

/** Waits until the bytes were handed to the operating system, or the client is gone. */
async function write(response: ServerResponse, bytes: Uint8Array, pace: Pace): Promise<void> {
  for (let at = 0; at < bytes.length && !response.destroyed; at += SLICE) {
    const slice = bytes.subarray(at, at + SLICE);
    // The client may be slow to take it: that is its time, not ours.
    await pace.idle(
      new Promise<void>((resolve) => {
        response.once('close', resolve);
        response.write(slice, () => {
          response.off('close', resolve);
          resolve();
        });
      }),
    );
  }
}

/** What Node reads at most in one go; larger pieces would show a virtual clock no progress while they are taken. */
const SLICE = 65_536;

function socketOf(response: ServerResponse): Socket {
  if (response.socket === null) throw new Error('the socket is gone already');
  return response.socket;
}

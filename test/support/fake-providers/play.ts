import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../../../src/core/ir/dialect.ts';
import { type Answer, type AnswerUsage, type Frame, type FrameData, frameText } from '../../../src/core/providers/demo/answer.ts';
import { tokensOf } from '../../../src/core/providers/demo/compose.ts';
import { type FakeDialect, isObject, type Memory } from './dialect.ts';
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
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

const DEFAULT_TEXT = 'This is a scripted answer from a fake provider.';

export async function playAnswer(play: Play): Promise<void> {
  const { request, response, dialect, step } = play;
  if (step.cut === 'before-headers') {
    request.times.ended = performance.now();
    socketOf(response).resetAndDestroy();
    return;
  }
  if (step.delay?.headersMs !== undefined) await pause(step.delay.headersMs, request);
  if (request.aborted) return;
  if (step.raw !== undefined) return playRaw(play, step.raw);
  if (step.error !== undefined) return playError(play, step.error);
  if (play.operation !== 'generate') return playJson(request, response, 200, step.headers ?? {}, otherBody(play));
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
export async function playJson(
  request: FakeRequest,
  response: ServerResponse,
  status: number,
  headers: Headers,
  body: unknown,
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(body));
  open(request, response, status, { 'content-type': 'application/json', 'content-length': String(bytes.length), ...headers });
  await write(response, bytes);
  end(request, response);
}

function otherBody({ request, dialect, operation, models }: Play): FrameData {
  if (operation === 'models') return dialect.models(request.path.split('?')[0] ?? '', models);
  return operation === 'count' ? dialect.count(request, tokensOf(request.read?.characters ?? 0)) : dialect.embed(request);
}

async function playError({ request, response, dialect, step }: Play, error: StepError): Promise<void> {
  const { status, body } = dialect.error(error);
  await playJson(request, response, status, { ...step.headers, ...error.headers }, error.body ?? body);
}

async function playRaw({ request, response, step }: Play, raw: NonNullable<Step['raw']>): Promise<void> {
  open(request, response, raw.status ?? 200, { 'content-type': 'text/event-stream', ...raw.headers, ...step.headers });
  await sendChunks(
    { request, response, step },
    raw.chunks.map((chunk) => Buffer.from(chunk)),
  );
}

async function playWhole({ request, response, step }: Play, body: FrameData): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(body));
  open(request, response, 200, { 'content-type': 'application/json', 'content-length': String(bytes.length), ...step.headers });
  if (step.stallAfterEvents !== undefined) return;
  if (step.cut !== undefined) {
    await write(response, bytes.subarray(0, bytes.length >> 1));
    return cut(request, response, step.cut);
  }
  await write(response, bytes);
  end(request, response);
}

async function playStream(play: Play, frames: readonly Frame[]): Promise<void> {
  const { request, response, dialect, step } = play;
  const stopAt =
    step.stallAfterEvents ?? (step.cut === undefined && step.errorEvent === undefined ? frames.length : (step.afterEvents ?? 0));
  const sent = frames.slice(0, stopAt);
  const all = step.errorEvent === undefined ? sent : [...sent, ...dialect.errorFrames(step.errorEvent, sent)];
  const asArray = dialect.id === 'gemini' && !/[?&]alt=sse(?:&|$)/.test(request.path);
  const texts = asArray ? jsonArray(all, stopAt === frames.length) : all.map((frame) => frameText(frame, dialect.newline));
  open(request, response, 200, {
    'content-type': asArray ? 'application/json; charset=UTF-8' : 'text/event-stream; charset=utf-8',
    ...step.headers,
  });
  // Without this an answer that stalls or dies before its first event would not even show its headers.
  response.flushHeaders();
  const bytes = texts.map((text) => Buffer.from(text));
  await sendChunks(play, step.chunking === undefined ? bytes : recut(Buffer.concat(bytes), step.chunking));
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
  { request, response, step }: Pick<Play, 'request' | 'response' | 'step'>,
  chunks: readonly Buffer[],
): Promise<void> {
  const { firstEventMs = 0, betweenMs = 0 } = step.delay ?? {};
  for (const [at, chunk] of chunks.entries()) {
    const ms = at === 0 ? firstEventMs : betweenMs;
    if (ms > 0) await pause(ms, request);
    if (request.aborted) return;
    await write(response, chunk);
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
async function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  if (response.destroyed || bytes.length === 0) return;
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
    response.write(bytes, () => {
      response.off('close', resolve);
      resolve();
    });
  });
}

/** Sleeps, but never longer than the client stays. */
async function pause(ms: number, request: FakeRequest): Promise<void> {
  const until = performance.now() + ms;
  while (!request.aborted && performance.now() < until) await sleep(Math.min(20, until - performance.now()));
}

function socketOf(response: ServerResponse): Socket {
  if (response.socket === null) throw new Error('the socket is gone already');
  return response.socket;
}

function answerOf({ request, dialect, memory, step, number }: Play): Answer {
  const calls = step.toolCalls ?? [];
  const text = step.text ?? (calls.length > 0 ? '' : DEFAULT_TEXT);
  const id = `Fake${String(number).padStart(20, '0')}`;
  const thinking = step.thinking === undefined ? undefined : think(step, dialect, request, memory, id);
  const toolCalls = calls.map((call, at) => ({
    id: call.id ?? dialect.callId(number * 100 + at),
    name: call.name,
    arguments: typeof call.args === 'string' ? call.args : JSON.stringify(call.args ?? {}),
    custom: call.custom === true,
    ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
  }));
  // Gemini 3 signs the first call of a step even where it shows no thought.
  const signs = dialect.id === 'gemini' && thinking === undefined && calls.length > 0 && /gemini-3/.test(request.read?.model ?? '');
  const shown = signs ? { text: '', token: issue(memory, id, '') } : thinking;
  const characters = text.length + (step.thinking?.length ?? 0) + toolCalls.reduce((sum, call) => sum + call.arguments.length, 0);
  return {
    id,
    model: step.model ?? request.read?.model ?? '',
    created: Math.floor(Date.now() / 1000),
    text,
    ...(shown === undefined ? {} : { thinking: shown }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(step.stop === undefined ? {} : { stop: step.stop }),
    ...(step.pieces === undefined ? {} : { pieces: step.pieces }),
    usage: usageOf(step, tokensOf(request.read?.characters ?? 0), tokensOf(characters)),
  };
}

function think(step: Step, dialect: FakeDialect, request: FakeRequest, memory: Memory, id: string): Answer['thinking'] {
  const full = { text: step.thinking ?? '', token: issue(memory, id, ''), redacted: step.redacted === true };
  const shown = dialect.thinking(request, full);
  // The signature vouches for what was shown, for that is what comes back.
  if (shown?.token !== undefined) memory.issued.set(shown.token, shown.redacted === true ? '' : shown.text);
  return shown;
}

/** A token that only this fake made; base64 alphabet, as all vendors' are. */
function issue(memory: Memory, id: string, text: string): string {
  const token = `${Buffer.from(`fake signature ${memory.name ?? ''} ${id} ${memory.issued.size}`)
    .toString('base64')
    .replace(/=+$/, '')}AA==`;
  memory.issued.set(token, text);
  return token;
}

function usageOf(step: Step, input: number, output: number): AnswerUsage {
  const given = step.usage === 'absent' || (isObject(step.usage) && 'wire' in step.usage) ? {} : (step.usage ?? {});
  return { input, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output, reasoningWithinOutput: 0, ...given };
}

const USAGE_FIELDS = ['usage', 'usageMetadata'];

function withUsage(frame: Frame, step: Step): Frame {
  return typeof frame.data === 'string' ? frame : { ...frame, data: withWireUsage(frame.data, step) };
}

/** Replaces or drops the usage object where a dialect keeps it: at the top, in `message`, in `response`. `null` stays. */
function withWireUsage(data: FrameData, step: Step): FrameData {
  const { usage } = step;
  if (usage !== 'absent' && !(isObject(usage) && 'wire' in usage)) return data;
  return Object.fromEntries(
    Object.entries(data).flatMap(([name, value]) => {
      if (USAGE_FIELDS.includes(name) && value !== null) return usage === 'absent' ? [] : [[name, usage.wire]];
      return [[name, (name === 'message' || name === 'response') && isObject(value) ? withWireUsage(value, step) : value]];
    }),
  );
}

import type { Clock, Upstream, UpstreamCall, UpstreamRequest, UpstreamSink } from '../../ports.ts';
import { respond } from './respond.ts';

const PACE_MS = 20;

const SYSTEM_CLOCK: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/**
 * A provider that lives in this process: it dials nothing and reads no key, so that everything can be tried before a key is there.
 * A stream comes at `paceMs` a chunk, about 30 chunks in all.
 */
export function createDemoUpstream(clock: Clock = SYSTEM_CLOCK, paceMs = PACE_MS): Upstream {
  return { send: (request, sink) => play(request, sink, clock, paceMs) };
}

function play(request: UpstreamRequest, sink: UpstreamSink, clock: Clock, paceMs: number): UpstreamCall {
  const { method, path, body } = request;
  const answer = respond({ method, path, headers: named(request.headers), body }, Math.floor(clock.now() / 1000));
  let next = -1;
  let paused = false;
  let over = false;
  let timer: NodeJS.Timeout | undefined;

  // Only timers call this, so the sink hears nothing before `send` has returned.
  function step(): void {
    timer = undefined;
    if (next === -1) {
      const whole = answer.paced ? {} : { 'content-length': String(Buffer.byteLength(answer.chunks.join(''))) };
      next = 0;
      sink.response(answer.status, { 'content-type': answer.type, ...whole });
    } else {
      const chunk = answer.chunks[next];
      if (chunk === undefined) {
        over = true;
        sink.end();
        return;
      }
      next += 1;
      sink.data(Buffer.from(chunk));
    }
    schedule();
  }

  function schedule(): void {
    if (over || paused || timer !== undefined) return;
    timer = setTimeout(step, answer.paced && next > 0 && next < answer.chunks.length ? paceMs : 0);
  }

  function halt(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  schedule();
  return {
    sent: true,
    pause: () => {
      paused = true;
      halt();
    },
    resume: () => {
      paused = false;
      schedule();
    },
    abort: () => {
      over = true;
      halt();
    },
  };
}

function named(flat: readonly string[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) headers[flat[at]?.toLowerCase() ?? ''] = flat[at + 1] ?? '';
  return headers;
}

import { breaking, EVENTS, type ExpectedKind, type Fault, failing, harmless, WITH_OPENING } from './fault.ts';

/** Bytes of an event that is cut: within its first line. */
const SOME_BYTES = 15;

/** Cut after so many bytes of the body. `right` depends on where that is, and is the caller's to say. */
export function cutAt(bytes: number, how: 'reset' | 'eof', right: ExpectedKind): Fault {
  return at(`cut-at-byte-${bytes}-${how}`, right, 'transient', () => [{ cut: how, afterBytes: bytes }]);
}

/** Silent after so many bytes of the body. */
export function stallAt(bytes: number, right: ExpectedKind): Fault {
  return at(`stall-at-byte-${bytes}`, right, 'timeout', () => [{ stallAfterEvents: 0, afterBytes: bytes }]);
}

function at(name: string, right: ExpectedKind, kind: 'transient' | 'timeout', steps: Fault['steps']): Fault {
  if (right === 'answer') return harmless({ name, steps });
  return right === 'error' ? failing(kind, { name, steps, billable: true }) : breaking({ name, steps });
}

/** So many bytes at a time, so many milliseconds apart. */
export function trickle(bytes: number, milliseconds: number): Fault {
  return harmless({
    name: milliseconds === 0 ? `trickle-${bytes}-bytes` : `trickle-${bytes}-bytes-each-${milliseconds}-ms`,
    slow: milliseconds > 0,
    steps: () => [{ text: 'Tröpfchen 💧 für Tröpfchen', chunking: bytes, delay: { betweenMs: milliseconds } }],
  });
}

export const TRANSPORT_FAULTS: readonly Fault[] = [
  failing('unreachable', { name: 'refuse-connections', steps: () => 'refuse-connections' }),
  failing('transient', { name: 'reset-before-headers', steps: () => [{ cut: 'before-headers' }] }),
  failing('transient', { name: 'reset-after-headers', billable: true, steps: () => [{ cut: 'reset', afterBytes: 0 }] }),
  failing('transient', {
    name: 'cut-in-first-event',
    only: 'stream',
    billable: true,
    steps: () => [{ cut: 'reset', afterBytes: SOME_BYTES }],
  }),
  failing('transient', {
    name: 'cut-before-output',
    dialects: WITH_OPENING,
    only: 'stream',
    billable: true,
    steps: (dialect) => [{ cut: 'reset', afterEvents: EVENTS[dialect].opening }],
  }),
  failing('transient', {
    name: 'clean-end-before-output',
    dialects: WITH_OPENING,
    only: 'stream',
    billable: true,
    steps: (dialect) => [{ cut: 'eof', afterEvents: EVENTS[dialect].opening }],
  }),
  breaking({ name: 'cut-after-output', steps: (dialect) => [{ cut: 'reset', afterEvents: EVENTS[dialect].output }] }),
  breaking({
    name: 'cut-within-output',
    steps: (dialect) => [{ cut: 'reset', afterEvents: EVENTS[dialect].output, afterBytes: SOME_BYTES }],
  }),
  breaking({
    name: 'clean-end-within-output',
    steps: (dialect) => [{ cut: 'eof', afterEvents: EVENTS[dialect].output, afterBytes: SOME_BYTES }],
  }),
  failing('transient', { name: 'cut-within-body', only: 'whole', billable: true, steps: () => [{ cut: 'reset' }] }),
  failing('transient', { name: 'short-body', only: 'whole', billable: true, steps: () => [{ cut: 'eof' }] }),
  // The connection ends as if nothing were missing: only the JSON tells.
  failing('transient', {
    name: 'clean-end-within-body',
    only: 'whole',
    billable: true,
    steps: () => [
      {
        raw: {
          headers: { 'content-type': 'application/json' },
          chunks: ['{"id":"fake-1","model":"fa', 'ke","content":"half an a'],
        },
      },
    ],
  }),

  // What is right for a stall before output holds where the gateway loses patience sooner than it lets the stream go: it keeps headers
  // back for 45 s, and an opening for 10 s. After that a stall breaks the stream.
  failing('timeout', { name: 'stall-before-headers', slow: true, billable: true, steps: () => [{ stallBeforeHeaders: true }] }),
  failing('timeout', {
    name: 'stall-after-headers',
    slow: true,
    billable: true,
    steps: () => [{ stallAfterEvents: 0, afterBytes: 0 }],
  }),
  failing('timeout', {
    name: 'stall-within-first-event',
    only: 'stream',
    slow: true,
    billable: true,
    steps: () => [{ stallAfterEvents: 0, afterBytes: SOME_BYTES }],
  }),
  failing('timeout', {
    name: 'stall-before-output',
    dialects: WITH_OPENING,
    only: 'stream',
    slow: true,
    billable: true,
    steps: (dialect) => [{ stallAfterEvents: EVENTS[dialect].opening }],
  }),
  breaking({ name: 'stall-after-output', slow: true, steps: (dialect) => [{ stallAfterEvents: EVENTS[dialect].output }] }),
  breaking({
    name: 'stall-within-output',
    slow: true,
    steps: (dialect) => [{ stallAfterEvents: EVENTS[dialect].output, afterBytes: SOME_BYTES }],
  }),
  failing('timeout', {
    name: 'stall-within-body',
    only: 'whole',
    slow: true,
    billable: true,
    steps: () => [{ stallAfterEvents: 0, afterBytes: 100 }],
  }),
  // Less than all patience: Gemini CLI gives up on headers after 60 s.
  harmless({
    name: 'slow-first-token',
    slow: true,
    steps: (_dialect, stream) => [{ delay: stream ? { firstEventMs: 20_000 } : { headersMs: 20_000 } }],
  }),
  trickle(1, 0),
  trickle(200, 1500),
];

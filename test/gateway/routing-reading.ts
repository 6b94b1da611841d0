import { gunzipSync } from 'node:zlib';
import { DIALECTS } from '../../src/core/dialects/by-id.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';
import type { StreamState } from '../../src/core/dialects/dialect.ts';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import type { GatewayError } from '../../src/core/ir/error.ts';
import type { Part } from '../../src/core/ir/parts.ts';
import { SseScanner } from '../../src/core/wire/sse-scanner.ts';
import type { Heard } from '../support/faults/hear.ts';

/** What an agent makes of an answer: as its dialect's readers do. */
export interface Read {
  /** `nothing`: neither status nor byte. `open`: half an answer, of which nothing says that it is one. */
  readonly kind: 'answer' | 'error' | 'broken-stream' | 'open' | 'nothing';
  readonly text: string;
  /** Events that begin an answer; 1 for a whole one. */
  readonly openings: number;
  readonly error: GatewayError | undefined;
}

const OPENING: Readonly<Record<DialectId, RegExp>> = {
  'openai-chat': /"role":"assistant"/g,
  'openai-responses': /^event: response\.created/gm,
  'anthropic-messages': /^event: message_start/gm,
  // It has none: the first event is the first word.
  gemini: /^(?=.)/g,
};

export function readAs(dialect: DialectId, stream: boolean, heard: Heard): Read {
  const { status, end, headers } = heard;
  const nothing = { text: '', openings: 0, error: undefined };
  if (status === undefined) return { ...nothing, kind: 'nothing' };
  const body = headers['content-encoding'] === 'gzip' ? gunzipSync(heard.body) : heard.body;
  if (status >= 400) {
    const error = CODECS[dialect].readError(status, JSON.parse(body.toString()));
    return { ...nothing, kind: end === 'clean' ? 'error' : 'open', error };
  }
  if (!stream) {
    if (end !== 'clean') return { ...nothing, kind: 'broken-stream' };
    const parts = CODECS[dialect].decodeWhole(JSON.parse(body.toString()), {});
    return { ...read(parts), openings: 1, kind: parts.at(-1)?.type === 'response-end' ? 'answer' : 'open' };
  }
  const meter = DIALECTS[dialect].streamMeter({});
  const decoder = CODECS[dialect].decoder({});
  const parts: Part[] = [];
  const scanner = new SseScanner();
  // Readers take a last event without its blank line for one, but no half event.
  scanner.push(end === 'clean' ? Buffer.concat([body, Buffer.from('\n\n')]) : body, (event) => {
    meter.observe(event);
    parts.push(...decoder.push(event));
  });
  parts.push(...decoder.end());
  return {
    ...read(parts),
    openings: (body.toString().match(OPENING[dialect]) ?? []).length,
    kind: kindOf(meter.state, parts.at(-1), end),
  };
}

function kindOf({ phase }: StreamState, last: Part | undefined, end: Heard['end']): Read['kind'] {
  if (phase === 'finished') return end === 'clean' && last?.type === 'response-end' ? 'answer' : 'open';
  return phase === 'failed' || end === 'cut' ? 'broken-stream' : 'open';
}

function read(parts: readonly Part[]): Pick<Read, 'text' | 'error'> {
  const last = parts.at(-1);
  return {
    text: parts.map((part) => (part.type === 'block-delta' ? part.text : '')).join(''),
    error: last?.type === 'response-error' ? last.error : undefined,
  };
}

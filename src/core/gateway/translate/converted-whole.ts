import type { Metered } from '../../dialects/dialect.ts';
import { CODECS } from '../../dialects/codecs.ts';
import { parseRecord, recordAt, textAt, type JsonRecord } from '../../dialects/read-json.ts';
import { gatewayError, isGatewayError, type GatewayError } from '../../ir/error.ts';
import { undoContentEncoding } from '../../wire/content-encoding.ts';
import type { AnswerContext, AnswerSink } from '../answer-sink.ts';
import type { AnswerHeaders } from '../exchange.ts';
import { isRefused, refusedContent } from '../content-refusal.ts';
import { CLIENT_CLOSED, type Outcome } from '../outcome.ts';
import { untold } from '../untold.ts';
import { truncatedError } from '../upstream-trouble.ts';

/** A converted answer is held until it is whole: all of it has to be known to be written anew. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** What an agent gets for a whole answer of another form. */
export interface Converted {
  readonly type: 'application/json' | 'text/event-stream';
  readonly text: string;
  readonly metered: Metered | undefined;
}

export interface WholeConversion {
  json(answer: JsonRecord, body: Uint8Array): Converted | GatewayError;
  /** Where a stream came although none was asked for. */
  events?(bytes: Buffer): Converted | GatewayError;
}

export function convertedWhole(
  context: AnswerContext,
  conversion: WholeConversion,
  status: number,
  headers: AnswerHeaders,
): AnswerSink {
  const { answer, spoken, quirks, provider } = context;
  const chunks: Buffer[] = [];
  let size = 0;

  const broken = (what: string): Outcome =>
    untold(context, gatewayError('upstream-broken', `"${provider}" ${what} Try again, or check its base URL.`));

  const convert = (bytes: Buffer): Converted | Outcome => {
    if (conversion.events !== undefined && String(headers['content-type'] ?? '').includes('text/event-stream')) {
      const converted = conversion.events(bytes);
      return isGatewayError(converted) ? untold(context, converted) : converted;
    }
    const json = parseRecord(bytes.toString());
    if (json === undefined) {
      // JSON that does not end in a bracket was cut, however politely its connection was closed.
      if (/[}\]>]\s*$/.test(bytes.subarray(-16).toString('latin1'))) return broken('answered with something that is no JSON.');
      return untold(context, truncatedError(provider), { settled: 'truncated', billable: true });
    }
    const error = recordAt(json, 'error') ?? textAt(json, 'error');
    // A failed Response is an answer of its own, and says more.
    if (error !== undefined && textAt(json, 'object') !== 'response') {
      return untold(context, CODECS[spoken.id].readError(status, json));
    }
    if (context.refusalMoves && isRefused(spoken.id, json)) return refusedContent(context, spoken.meterWhole(bytes, quirks));
    const converted = conversion.json(json, bytes);
    return isGatewayError(converted) ? untold(context, converted, { metered: spoken.meterWhole(bytes, quirks) }) : converted;
  };

  return {
    data(chunk) {
      size += chunk.length;
      if (size <= MAX_ANSWER_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    },
    end() {
      if (size === 0) return broken(`answered with status ${status} and nothing else.`);
      if (size > MAX_ANSWER_BYTES) return broken('answered with more than can be translated.');
      const encoding = headers['content-encoding'];
      const body = undoContentEncoding(Buffer.concat(chunks), encoding && String(encoding), MAX_ANSWER_BYTES);
      if (typeof body === 'string') return broken('answered in an encoding that cannot be read.');
      const converted = convert(Buffer.from(body.buffer, body.byteOffset, body.length));
      if ('settled' in converted) return converted;
      const text = Buffer.from(converted.text);
      answer.begin(status, {
        'content-type': converted.type,
        'content-length': String(text.length),
        ...context.ownHeaders(),
      });
      context.write(text);
      answer.end();
      return { settled: 'done', status, metered: converted.metered, billable: true };
    },
    breakOff: ({ error, failure, settled }) => untold(context, error, { settled: settled(size > 0), billable: true, failure }),
    gone: () => ({ settled: 'aborted', status: CLIENT_CLOSED, billable: true }),
  };
}

import { gatewayError } from '../../ir/error.ts';
import type { Part } from '../../ir/parts.ts';
import { AnswerParts } from '../answer-parts.ts';
import type { DecodeOptions } from '../codec.ts';
import { providerError } from '../decoder.ts';
import type { StreamMeter } from '../dialect.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';
import { answerBlocks } from './answer-blocks.ts';
import { meteredOf, takeUsage } from './usage.ts';

export function decodeWhole(body: JsonRecord, options: DecodeOptions): readonly Part[] {
  const parts = new AnswerParts(wholeMeter(body), options.usedCallIds);
  const error = recordAt(body, 'error');
  if (error !== undefined || !Array.isArray(body['content'])) {
    parts.fail(error === undefined ? notAMessage() : providerError(error));
    return parts.take();
  }
  parts.start(textAt(body, 'id') ?? '', textAt(body, 'model') ?? '');
  const blocks = answerBlocks(parts, options.issuer);
  for (const [index, block] of listAt(body, 'content').entries()) {
    blocks.open(index, asRecord(block) ?? {});
    blocks.close(index);
  }
  blocks.end(textAt(body, 'stop_reason'));
  return parts.take();
}

/** A meter that has read everything already. */
function wholeMeter(body: JsonRecord): StreamMeter {
  const counters = takeUsage(undefined, recordAt(body, 'usage'), false);
  const metered = counters && meteredOf(counters, textAt(body, 'model'), true);
  return { observe: () => undefined, state: { phase: 'finished' }, total: () => metered };
}

function notAMessage() {
  return gatewayError('upstream-broken', 'The provider answered with something that is not a message. Check its base URL.');
}

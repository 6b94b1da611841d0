import type { GatewayError } from '../../ir/error.ts';
import type { StreamMeter } from '../dialect.ts';
import { ResponsesMeter } from './meter.ts';

export { renderError } from '../openai-chat/errors.ts';

/** `server_error` whatever happened: it is the code after which Codex sends the turn again; most others it takes as final. */
export function renderStreamError(error: GatewayError, meter: StreamMeter | undefined): string {
  const seen = meter instanceof ResponsesMeter ? meter : undefined;
  const event = {
    type: 'response.failed',
    sequence_number: seen?.nextSequenceNumber ?? 0,
    response: {
      id: seen?.responseId ?? 'resp_unknown',
      object: 'response',
      created_at: 0,
      status: 'failed',
      error: { code: 'server_error', message: error.message },
      incomplete_details: null,
      model: seen?.model ?? '',
      output: [],
      usage: null,
    },
  };
  return `event: response.failed\ndata: ${JSON.stringify(event)}\n\n`;
}

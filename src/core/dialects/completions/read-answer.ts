import { gatewayError, type GatewayError } from '../../ir/error.ts';
import { providerError } from '../decoder.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';

/** What one chunk of a stream, or a whole answer, says. */
export interface CompletionPiece {
  readonly text: string;
  readonly finish: CompletionFinish | undefined;
  /** As the provider wrote it: both shapes count in the same words. */
  readonly usage: JsonRecord | undefined;
}

export type CompletionFinish = 'stop' | 'length' | 'content_filter';

const FINISHES: Readonly<Record<string, CompletionFinish>> = {
  length: 'length',
  // Mistral: the model's context is full, rather than the request's own limit.
  model_length: 'length',
  content_filter: 'content_filter',
};

/** An answer that ends like this has broken off. */
const BROKEN: Readonly<Record<string, GatewayError>> = {
  error: gatewayError('upstream-error', 'The provider broke off its answer with an error. Try again.'),
  abort: gatewayError('upstream-broken', 'The provider broke off its answer. Try again.'),
  // DeepSeek.
  insufficient_system_resource: gatewayError(
    'upstream-overloaded',
    'The provider is overloaded and broke off its answer. Try again.',
  ),
};

/** Reads every form: no field of one means something else in another. */
export function readPiece(body: JsonRecord): CompletionPiece | GatewayError {
  // Older vLLM: the error is the chunk itself.
  const error = body['object'] === 'error' ? body : (recordAt(body, 'error') ?? textAt(body, 'error'));
  if (error !== undefined) return providerError(error);
  const choice = listAt(body, 'choices')
    .map(asRecord)
    .find((each) => each !== undefined && (each['index'] ?? 0) === 0);
  const raw = textAt(choice, 'finish_reason');
  if (raw !== undefined && Object.hasOwn(BROKEN, raw)) return BROKEN[raw]!;
  const said = recordAt(choice, 'delta') ?? recordAt(choice, 'message');
  return {
    text: textAt(choice, 'text') ?? contentOf(said),
    finish: raw === undefined ? undefined : Object.hasOwn(FINISHES, raw) ? FINISHES[raw] : 'stop',
    usage: recordAt(body, 'usage'),
  };
}

/** Mistral may write its content as a list of typed pieces. */
function contentOf(message: JsonRecord | undefined): string {
  const pieces = listAt(message, 'content').map(asRecord);
  const texts = pieces.flatMap((piece) => (piece?.['type'] === 'text' ? [textAt(piece, 'text') ?? ''] : []));
  return textAt(message, 'content') ?? texts.join('');
}

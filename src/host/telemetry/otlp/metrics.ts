import type { Meter } from '@opentelemetry/api';
import { totalInput } from '../../../core/ir/usage.ts';
import type { SettledRequest } from '../../../core/ledger/records.ts';
import { commonAttributes, errorType, isTimedToFirst, named, usd, type ProviderAt } from './attributes.ts';
import { TIME_BUCKETS, TOKEN_BUCKETS } from './conventions.ts';

export type RecordMetrics = (request: SettledRequest) => void;

export function createMetrics(meter: Meter, providerAt: ProviderAt): RecordMetrics {
  const seconds = { unit: 's', advice: { explicitBucketBoundaries: TIME_BUCKETS } };
  const duration = meter.createHistogram('gen_ai.client.operation.duration', {
    ...seconds,
    description: 'How long requests took, with all their attempts.',
  });
  const firstChunk = meter.createHistogram('gen_ai.client.operation.time_to_first_chunk', {
    ...seconds,
    description: 'From a request to the first piece of its answer; streams only.',
  });
  const tokens = meter.createHistogram('gen_ai.client.token.usage', {
    unit: '{token}',
    advice: { explicitBucketBoundaries: TOKEN_BUCKETS },
    description: 'Tokens of requests as providers reported them.',
  });
  const cost = meter.createCounter('gatehouse.cost', { unit: 'USD', description: 'What requests cost, estimates included.' });
  const unpriced = meter.createCounter('gatehouse.unpriced_requests', {
    unit: '{request}',
    description: 'Requests to models without a known price.',
  });

  return (request) => {
    const { usage, costNano, key, provider, model, workspace, estimated } = request;
    const common = commonAttributes(request, providerAt);
    duration.record(request.totalMs / 1000, { ...common, ...errorType(request) });
    if (isTimedToFirst(request)) firstChunk.record(request.firstByteMs / 1000, common);
    // The conventions want no guesses here; the request's span has them, marked.
    if (!estimated) {
      const input = totalInput(usage);
      if (input > 0) tokens.record(input, { ...common, 'gen_ai.token.type': 'input' });
      if (usage.output > 0) tokens.record(usage.output, { ...common, 'gen_ai.token.type': 'output' });
    }
    const payer = {
      ...common,
      ...(key === undefined ? {} : { 'gatehouse.key': key }),
      'gatehouse.target': named(`${provider}/${model}`),
      'gatehouse.workspace': workspace,
      'gatehouse.estimated': estimated,
    };
    if (costNano === undefined) unpriced.add(1, payer);
    else if (costNano > 0) cost.add(usd(costNano), payer);
  };
}

import type { Secret } from '../providers/secret.ts';
import type { Place } from '../routing/health/health.ts';
import type { AttemptPlan } from './attempt.ts';
import type { GatewayDeps } from './deps.ts';
import { isHeldAgainstKey } from './key-values.ts';
import type { Outcome } from './outcome.ts';

/** What an attempt has shown of the place where it was made. `refusedBefore`: values of its key that this request was refused with. */
export function reportHealth(
  { snapshot, routing: { health } }: Pick<GatewayDeps, 'snapshot' | 'routing'>,
  agentId: string,
  planned: AttemptPlan,
  place: Place,
  { failure, settled }: Outcome,
  refusedBefore: readonly Secret[],
  saidSomething: boolean,
): void {
  if (failure !== undefined) {
    if (isHeldAgainstKey(snapshot(), agentId, planned, failure.class, refusedBefore)) health.failed(place, failure);
    else health.released(place);
  } else if (!saidSomething) {
    if (settled === 'done') health.succeeded(place, undefined);
    else health.released(place);
  }
}

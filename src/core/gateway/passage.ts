import type { Dialect, StreamMeter } from '../dialects/dialect.ts';
import type { GatewayError } from '../ir/error.ts';
import type { SseEvent } from '../wire/sse-event.ts';

/** What happens to the events of a stream between provider and agent. */
export interface Passage {
  /** Undefined: bytes pass as they come. Else what the agent gets for an event; empty for nothing. */
  readonly event: ((event: SseEvent) => Uint8Array | string) | undefined;
  /** The rest, once the provider has finished. */
  end(): string;
  /** Set when the answer turned out to be broken in a way that only its meaning shows. */
  readonly broken: GatewayError | undefined;
  /** The bytes that end an answer with an error the agent heeds; undefined where it heeds none. */
  fail(error: GatewayError): string | undefined;
}

/** Same dialect: bytes pass. With `removesUsage` the usage event that the agent did not ask for is taken out, so events pass one by one. */
export function relayPassage(dialect: Dialect, meter: StreamMeter, removesUsage: boolean): Passage {
  return {
    event: removesUsage ? (event) => (dialect.isAddedUsageEvent(event) ? '' : event.raw) : undefined,
    end: () => '',
    broken: undefined,
    fail: (error) => dialect.renderStreamError(error, meter),
  };
}

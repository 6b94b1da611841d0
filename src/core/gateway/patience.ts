import type { Provider } from '../providers/provider.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { Patience } from './attempt-guard.ts';

/** What is said for a provider goes before what is said for all. */
export function patienceFor({ timeouts }: Snapshot, provider: Provider): Patience {
  const own = provider.timeouts;
  return {
    // Nobody tells when the connection stands; how long that may take has a limit of its own.
    firstByte: timeouts.connect + timeouts.firstByte,
    idle: own.idle ?? timeouts.idle,
    firstOutput: own.firstToken ?? timeouts.firstToken,
    tokensPerSecond: own.minTokensPerSecond ?? timeouts.minTokensPerSecond,
  };
}

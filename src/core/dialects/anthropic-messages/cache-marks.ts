import type { Loss } from '../../ir/loss.ts';
import type { Json, Message } from './write-messages.ts';

/** More are refused. */
const MOST_MARKS = 4;

export interface Marked {
  readonly tools: readonly Json[];
  readonly system: readonly Json[];
  readonly messages: readonly Message[];
}

/**
 * Puts the call's own marks right: four at most, and none that lasts longer than one before it. Of too many the last stay, which
 * reach furthest. False where there are none.
 */
export function keepCacheRules(marked: Marked, shortOnly: boolean, losses: Set<Loss>): boolean {
  const holders = inOrder(marked).filter((block) => block['cache_control'] !== undefined);
  const surplus = holders.length - MOST_MARKS;
  let short = false;
  for (const [n, block] of holders.entries()) {
    const long = (block['cache_control'] as Json)['ttl'] === '1h';
    if (n < surplus) {
      delete block['cache_control'];
      losses.add('cache-marks');
    } else if (!long || shortOnly || short) {
      if (long) losses.add('cache-marks');
      // Five minutes are the default: imitations that know no lifetimes take it this way.
      block['cache_control'] = { type: 'ephemeral' };
      short = true;
    }
  }
  return holders.length > 0;
}

/**
 * Our own marks. Tools and system change least; the last two user turns are what one round of an agent adds: the older of them is
 * what the previous request wrote, and is read back now.
 */
export function setBreakpoints({ tools, system, messages }: Marked): void {
  const users = messages.filter((each) => each.role === 'user').slice(-2);
  for (const block of [tools.at(-1), system.at(-1), ...users.map((each) => each.content.at(-1))]) {
    if (block !== undefined) block['cache_control'] = { type: 'ephemeral' };
  }
}

/** Everything that can hold a mark, in the order in which the provider counts. A result's content comes after the result here. */
function inOrder({ tools, system, messages }: Marked): Json[] {
  const contents = messages.flatMap((message) =>
    message.content.flatMap((block) => [block, ...(Array.isArray(block['content']) ? (block['content'] as Json[]) : [])]),
  );
  return [...tools, ...system, ...contents];
}

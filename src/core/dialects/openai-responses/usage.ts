import { tokenCount, unitsOf, type Usage } from '../../ir/usage.ts';
import { withoutCached } from '../cached-input.ts';
import { mediaUnits } from '../media-units.ts';
import { billOf } from '../provider-bill.ts';
import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../read-json.ts';

export interface ResponseUsage {
  readonly counts: Omit<Usage, 'source'>;
  /** Both ends were counted. Where one is missing or was refused it is 0 here, and the ledger estimates it. */
  readonly whole: boolean;
  readonly bill: { readonly billedNano?: number };
}

/** The output of a whole answer is parsed only where it holds a call that is billed. */
export function tellsOfSearches(body: Buffer): boolean {
  return body.includes('"web_search_call"') || body.includes('"file_search_call"');
}

/**
 * Reads a response object, that of a stream's last event as well as a whole answer. Cached and cache-write tokens are inside the input,
 * reasoning inside the output. Undefined where nothing usable is said.
 */
export function readUsage(response: JsonRecord | undefined): ResponseUsage | undefined {
  const usage = recordAt(response, 'usage');
  const total = tokenCount(usage?.['input_tokens']);
  const output = tokenCount(usage?.['output_tokens']);
  if (total === undefined && output === undefined) return undefined;
  const sent = recordAt(usage, 'input_tokens_details');
  const made = recordAt(usage, 'output_tokens_details');
  const written = tokenCount(sent?.['cache_write_tokens']) ?? 0;
  const { input, cacheRead } = withoutCached(total ?? 0, tokenCount(sent?.['cached_tokens']) ?? 0, written);
  const buckets = { input, cacheRead, output: output ?? 0 };
  return {
    counts: {
      input,
      cacheRead,
      cacheWrite5m: written,
      cacheWrite1h: 0,
      output: buckets.output,
      reasoningWithinOutput: Math.min(tokenCount(made?.['reasoning_tokens']) ?? 0, buckets.output),
      units: {
        ...mediaUnits(
          buckets,
          { sent: tokenCount(sent?.['audio_tokens']), made: tokenCount(made?.['audio_tokens']) },
          { sent: tokenCount(sent?.['image_tokens']), made: tokenCount(made?.['image_tokens']) },
        ),
        ...searches(response),
      },
    },
    whole: output !== undefined && input + cacheRead + written > 0,
    bill: billOf(usage),
  };
}

/** The usage does not count searches, the output shows them. Opening a page and looking through it cost nothing of their own. */
function searches(response: JsonRecord | undefined): Usage['units'] {
  let [webSearches, fileSearches] = [0, 0];
  for (const item of listAt(response, 'output').map(asRecord)) {
    const type = textAt(item, 'type');
    if (type === 'web_search_call' && isSearch(item)) webSearches++;
    else if (type === 'file_search_call') fileSearches++;
  }
  return unitsOf({ webSearches, fileSearches });
}

/** The first models said nothing of the action, and did nothing but search. */
function isSearch(item: JsonRecord | undefined): boolean {
  return (textAt(recordAt(item, 'action'), 'type') ?? 'search') === 'search';
}

import { tokenCount, type Usage } from '../../ir/usage.ts';
import { withoutCached } from '../cached-input.ts';
import type { DialectQuirks } from '../dialect.ts';
import { mediaUnits } from '../media-units.ts';
import { billOf } from '../provider-bill.ts';
import { asRecord, listAt, recordAt, type JsonRecord } from '../read-json.ts';

export interface ChatUsage {
  readonly counts: Omit<Usage, 'source'>;
  /** Both ends were counted. Where one is missing or was refused it is 0 here, and the ledger estimates it. */
  readonly whole: boolean;
  readonly bill: { readonly billedNano?: number };
}

/** Groq keeps it in a field of its own while it streams, Moonshot in the choice that finishes (pi #2017). */
export function usageIn(chunk: JsonRecord | undefined): JsonRecord | undefined {
  return (
    recordAt(chunk, 'usage') ??
    recordAt(recordAt(chunk, 'x_groq'), 'usage') ??
    recordAt(asRecord(listAt(chunk, 'choices')[0]), 'usage')
  );
}

/** One reading for streams and whole answers, and for every provider that speaks Chat. Undefined where nothing usable is said. */
export function readUsage(usage: JsonRecord | undefined, quirks: DialectQuirks): ChatUsage | undefined {
  if (usage === undefined) return undefined;
  const hit = tokenCount(usage['prompt_cache_hit_tokens']);
  const miss = tokenCount(usage['prompt_cache_miss_tokens']);
  const prompt =
    tokenCount(usage['prompt_tokens']) ?? (hit === undefined && miss === undefined ? undefined : (hit ?? 0) + (miss ?? 0));
  const output = outputOf(usage, prompt, quirks);
  if (prompt === undefined && output === undefined) return undefined;
  const written = cacheWrites(usage);
  const { input, cacheRead } = withoutCached(prompt ?? 0, cacheReads(usage, hit), written.all);
  const buckets = { input, cacheRead, output: output ?? 0 };
  const details = recordAt(usage, 'prompt_tokens_details');
  const made = recordAt(usage, 'completion_tokens_details');
  return {
    counts: {
      input,
      cacheRead,
      // OpenAI has one kind of cache write; the price book keeps it under the short one.
      cacheWrite5m: written.all - written.long,
      cacheWrite1h: written.long,
      output: buckets.output,
      reasoningWithinOutput: Math.min(reasoningOf(usage), buckets.output),
      units: {
        ...mediaUnits(
          buckets,
          { sent: tokenCount(details?.['audio_tokens']), made: tokenCount(made?.['audio_tokens']) },
          { sent: tokenCount(details?.['image_tokens']), made: tokenCount(made?.['image_tokens']) },
        ),
        ...searches(usage),
      },
    },
    // No request has an empty prompt: servers that do not count write zeros.
    whole: output !== undefined && input + cacheRead + written.all > 0,
    bill: billOf(usage),
  };
}

/** OpenAI and most others; DeepSeek; Moonshot; proxies that keep Anthropic's names. */
function cacheReads(usage: JsonRecord, hit: number | undefined): number {
  return (
    tokenCount(recordAt(usage, 'prompt_tokens_details')?.['cached_tokens']) ??
    hit ??
    tokenCount(usage['cached_tokens']) ??
    tokenCount(usage['cache_read_input_tokens']) ??
    0
  );
}

/** OpenRouter says `cache_write_tokens`, Qwen and LiteLLM Anthropic's name among the details, with the split by lifetime where there is one. */
function cacheWrites(usage: JsonRecord): { readonly all: number; readonly long: number } {
  const details = recordAt(usage, 'prompt_tokens_details');
  const split = recordAt(details, 'cache_creation') ?? recordAt(details, 'cache_creation_token_details');
  const long = tokenCount(split?.['ephemeral_1h_input_tokens']) ?? 0;
  const short = tokenCount(split?.['ephemeral_5m_input_tokens']) ?? 0;
  const all =
    tokenCount(details?.['cache_write_tokens']) ??
    tokenCount(details?.['cache_creation_input_tokens']) ??
    tokenCount(details?.['cache_creation_tokens']) ??
    tokenCount(usage['cache_creation_input_tokens']) ??
    0;
  return { all: Math.max(all, short + long), long };
}

/** OpenRouter runs searches for any model and counts them as Anthropic does. */
function searches(usage: JsonRecord): Usage['units'] {
  const count = tokenCount(recordAt(usage, 'server_tool_use')?.['web_search_requests']) ?? 0;
  return count > 0 ? { webSearches: count } : {};
}

function reasoningOf(usage: JsonRecord): number {
  return tokenCount(recordAt(usage, 'completion_tokens_details')?.['reasoning_tokens']) ?? 0;
}

function outputOf(usage: JsonRecord, prompt: number | undefined, quirks: DialectQuirks): number | undefined {
  const completion = tokenCount(usage['completion_tokens']);
  const total = tokenCount(usage['total_tokens']);
  const reasoning = reasoningOf(usage);
  const rest = total === undefined || prompt === undefined || total < prompt ? undefined : total - prompt;
  if (completion === undefined) return rest;
  if (quirks.outputIsTotalMinusPrompt === true) return rest ?? completion + reasoning;
  // The same habit shows in the numbers where nobody told us: a part cannot be larger than its whole, and a sum proves it.
  if (reasoning > completion || (reasoning > 0 && rest === completion + reasoning)) return rest ?? completion + reasoning;
  return completion;
}

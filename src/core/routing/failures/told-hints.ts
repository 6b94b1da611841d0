import type { Failure, FailureClass } from './failure.ts';

/** Over 60 s Claude Code gives up, and Continue, Qwen Code and Cline ignore the time and hammer on. */
const LONGEST_SECONDS = 60;

/**
 * Repeating is useless until a person did something, or for hours. Faults of the request (400, 404, 413) are not here: no agent repeats
 * them as they are, and what Claude Code tries instead, with a field left out, should not be forbidden to it.
 */
const USELESS: ReadonlySet<FailureClass> = new Set(['key-rejected', 'out-of-credit', 'quota']);

/**
 * What an agent is told about coming again, to be laid over the headers of the error that it gets. `carried` are the headers that the
 * answer has already, with lower-case names; of these only what would mislead is replaced.
 *
 * - Useless, or not before more than 60 s: `x-should-retry: false`, which Claude Code and the SDKs of OpenAI and Anthropic obey. Where a
 *   time is known, Codex, OpenCode and others, which do not know that header but wait for any time they are told, come back after 60 s at
 *   most: they give up after some such waits, where the provider's hour of silence would look like a hang.
 * - Otherwise the provider's time, in the one form that all of them read: whole seconds, rounded up.
 */
export function toldHints(
  failure: Failure,
  carried: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): Readonly<Record<string, string>> {
  const seconds = failure.waitMs === undefined ? undefined : Math.max(1, Math.ceil(failure.waitMs / 1000));
  if (isUseless(failure, seconds)) {
    const bounded = seconds === undefined ? undefined : Math.min(LONGEST_SECONDS, seconds);
    return {
      'x-should-retry': 'false',
      ...(bounded === undefined ? {} : { 'retry-after': String(bounded) }),
      // Some read this one first.
      ...(bounded === undefined || carried['retry-after-ms'] === undefined ? {} : { 'retry-after-ms': String(bounded * 1000) }),
    };
  }
  return seconds === undefined || carried['retry-after'] !== undefined ? {} : { 'retry-after': String(seconds) };
}

function isUseless({ class: kind, waitMs, shouldRetry }: Failure, seconds: number | undefined): boolean {
  if (shouldRetry === false || USELESS.has(kind) || (seconds ?? 0) > LONGEST_SECONDS) return true;
  // No key, or no dialect in common: only limits of ours pass, and these name a time.
  return kind === 'not-servable' && waitMs === undefined;
}

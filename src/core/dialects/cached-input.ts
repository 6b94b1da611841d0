/** Input tokens in disjoint buckets. */
export interface InputBuckets {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

/**
 * For providers whose input count holds what was read from the cache or written to it. A source that says it read more than its
 * input counts the other way, whatever its dialect's rule: then the input is already without.
 */
export function withoutCached(total: number, cacheRead: number, cacheWrite: number): InputBuckets {
  const cached = cacheRead + cacheWrite;
  return { input: cached > total ? total : total - cached, cacheRead, cacheWrite };
}

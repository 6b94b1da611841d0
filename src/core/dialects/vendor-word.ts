import { asRecord, listAt, recordAt, textAt, type JsonRecord } from './read-json.ts';

/**
 * The vendor's own word for what went wrong, the most telling one where several stand in an error: `context_length_exceeded`. The `code`
 * alone is not enough: Google's says 429 to a spent minute and a spent day alike, and Anthropic's type is `rate_limit_error` also where
 * the month's money is gone.
 */
export function vendorWord(error: JsonRecord | undefined): string | undefined {
  return (
    googleReason(error) ??
    textAt(recordAt(error, 'details'), 'error_code') ??
    textAt(error, 'code') ??
    textAt(recordAt(error, 'innererror'), 'code') ??
    textAt(recordAt(error, 'metadata'), 'limit_source')
  );
}

/** Only what its status does not say already: a wrong key comes as 400, and which quota is spent stands in the name of the quota. */
function googleReason(error: JsonRecord | undefined): string | undefined {
  for (const detail of listAt(error, 'details').map(asRecord)) {
    if (textAt(detail, 'reason') === KEY_REFUSED) return KEY_REFUSED;
    for (const violation of listAt(detail, 'violations').map(asRecord)) {
      const quota = textAt(violation, 'quotaId');
      if (quota?.includes('PerDay') === true) return quota;
    }
  }
  return undefined;
}

/** Google's word for a key that is not valid. */
export const KEY_REFUSED = 'API_KEY_INVALID';

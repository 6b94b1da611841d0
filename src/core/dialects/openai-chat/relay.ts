import { lastMember, memberRanges, parseMember, replaceRanges, scanMembers } from '../../wire/json-members.ts';
import type { JsonObjectBytes, Replacement } from '../../wire/json-members.ts';
import type { RequestFacts, Retargeted } from '../dialect.ts';

export function readRequest(body: Uint8Array): RequestFacts | undefined {
  const object = scanMembers(body);
  if (object === undefined) return undefined;
  const model = parseMember(body, object, 'model');
  return {
    model: typeof model === 'string' ? model : undefined,
    stream: parseMember(body, object, 'stream') === true,
    session: undefined,
  };
}

export function retarget(
  body: Uint8Array,
  change: { readonly model: string | undefined; readonly includeUsage: boolean },
): Retargeted {
  const object = change.model === undefined && !change.includeUsage ? undefined : scanMembers(body);
  if (object === undefined) return { body, edits: [] };
  const edits: string[] = [];
  const replacements: Replacement[] = [];
  if (change.model !== undefined && parseMember(body, object, 'model') !== change.model) {
    edits.push('model');
    replacements.push(...memberRanges(object, [{ key: 'model', json: JSON.stringify(change.model) }]));
  }
  // Asking for usage without a stream is an error with most providers.
  if (change.includeUsage && parseMember(body, object, 'stream') === true) {
    const asked = askForUsage(body, object);
    if (asked.length > 0) edits.push('include-usage');
    replacements.push(...asked);
  }
  return { body: replaceRanges(body, replacements), edits };
}

/** Sets `stream_options.include_usage`, leaving other options as they are. */
function askForUsage(body: Uint8Array, object: JsonObjectBytes): readonly Replacement[] {
  const member = lastMember(object, 'stream_options');
  const options = member === undefined ? undefined : scanMembers(body, member.start, member.end);
  if (options !== undefined) {
    if (parseMember(body, options, 'include_usage') === true) return [];
    return memberRanges(options, [{ key: 'include_usage', json: 'true' }]);
  }
  // Neither object nor null: for the provider to refuse.
  if (member !== undefined && parseMember(body, object, 'stream_options') !== null) return [];
  return memberRanges(object, [{ key: 'stream_options', json: '{"include_usage":true}' }]);
}
